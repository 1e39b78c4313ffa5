"""Which incidents a site has, and which of the drills that ship with sitedrill fit it.

    Fitting(site, settings, catalogue).why_not(wanted_of(["staging serves the newest release", ...]))

A site without a second environment, with fewer methods, or with other files still gets the drills that
apply to it. Its own features are never looked at: there, what does not fit is an error.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.errors import ConfigError
from harness.incidents import Catalogue, ContentEdit, Fault, Incident, edit_content, load_incidents
from harness.injection import configurations
from harness.resources import incidents_dir
from harness.settings import FILE_NAME, SiteSettings

#: Scenarios with this tag hold a site to rules of its own, such as the length of a reason.
RULES_TAG = "refusals"
_ENVIRONMENT = re.compile(r"^(\S+) serves ")
_SHIPPED = re.compile(r'ships with "(.+)"$')
_DRIFTED = re.compile(r'drifts into "(.+)"$')
_METHOD = re.compile(r"rolls back by (\w+)")


def site_incidents(site: Path, settings: SiteSettings) -> Catalogue:
    """The incidents that a site can be drilled with: those that ship, and its own.

    Raises:
        ConfigError: an incident's file is wrong, or the settings name one that there is not.
    """
    shipped = load_incidents(incidents_dir())
    every, origin = dict(shipped.incidents), shipped.origin
    if settings.incidents.folder is not None:
        own = load_incidents(site / settings.incidents.folder)
        every, origin = {**every, **own.incidents}, own.origin
    named = [
        *(("incidents.use", name) for name in settings.incidents.use or ()),
        *((f"incidents.ship.{name}", name) for name in settings.incidents.ship),
    ]
    for key, name in named:
        if name not in every:
            raise ConfigError(
                file=FILE_NAME, key=key, value=name, expected="one of " + ", ".join(sorted(every))
            )
    chosen = settings.incidents.use
    kept = every if chosen is None else {name: every[name] for name in chosen}
    return Catalogue(kept, origin)


@dataclass(frozen=True)
class Wanted:
    """What a scenario needs of a site; None and empty where it needs nothing of that kind.

    `response` is a method, or `hotfix`; `rules` says whether it holds the site to rules of its own.
    """

    environment: str = ""
    incident: str = ""
    via: str = ""
    response: str = ""
    rules: bool = False


def wanted_of(steps: Sequence[str], tags: Collection[str] = ()) -> Wanted:
    """What a scenario of these steps needs."""

    def first(pattern: re.Pattern[str]) -> str:
        return next((match[1] for step in steps if (match := pattern.search(step))), "")

    shipped, drifted = first(_SHIPPED), first(_DRIFTED)
    hotfix = any("a hotfix" in step for step in steps)
    return Wanted(
        environment=first(_ENVIRONMENT),
        incident=shipped or drifted,
        via="release" if shipped else "drift" if drifted else "",
        response="hotfix" if hotfix else first(_METHOD),
        rules=RULES_TAG in tags,
    )


class Fitting:
    """Says of a drill why it does not fit a site."""

    def __init__(self, site: Path, settings: SiteSettings, catalogue: Catalogue) -> None:
        """Read nothing yet.

        Args:
            site: the site's folder.
            settings: the site's.
            catalogue: its incidents.
        """
        self._site = site
        self._settings = settings
        self._catalogue = catalogue
        self._fits: dict[tuple[str, str], str] = {}

    def why_not(self, wanted: Wanted) -> str:
        """Why a scenario does not fit, in a few words; empty when it does."""
        settings = self._settings
        if wanted.environment and wanted.environment not in settings.environments:
            return f"no environment {wanted.environment}"
        form = settings.workflows.emergency
        if wanted.response and not form.offers(wanted.response):
            return f"no {wanted.response}"
        if wanted.rules and not settings.features.refusals:
            return "no rules to refuse by (features.refusals)"
        return self._why_not_the_incident(wanted) if wanted.incident else ""

    def _why_not_the_incident(self, wanted: Wanted) -> str:
        incident = self._catalogue.incidents.get(wanted.incident)
        if incident is None:
            return f"{wanted.incident} is not in use"
        section = self._settings.environments.get(wanted.environment)
        if incident.fault.distribution and section and section.serves == "website":
            return f"no CloudFront for {incident.id}"
        if incident.fault.website and section and section.serves != "website":
            return f"no website of a bucket for {incident.id}"
        key = (incident.id, wanted.via)
        if key not in self._fits:
            self._fits[key] = self._why_not_broken(incident, wanted.via)
        return self._fits[key]

    def _why_not_broken(self, incident: Incident, via: str) -> str:
        ship = self._settings.incidents.ship
        if via == "release":
            if incident.id in ship:
                return ""
            if not all((self._site / file).is_file() for file in configurations(incident.fault)):
                return f"nothing says how {incident.id} is shipped (incidents.ship)"
        if self._settings.site.build and via == "drift":
            # What is built need not be named as its source is; its words come from there.
            edits = tuple(_anywhere(edit) for edit in incident.fault.content)
        else:
            edits = incident.fault.content
        if edits and not _changes(edits, self._sources):
            return f"nothing that {incident.id} could break"
        return ""

    @cached_property
    def _sources(self) -> dict[str, bytes]:
        folder = self._site / self._settings.site.content
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and "node_modules" not in path.parts
        }


def _anywhere(edit: ContentEdit) -> ContentEdit:
    return edit.model_copy(update={"files": "*"})


def _changes(edits: tuple[ContentEdit, ...], sources: dict[str, bytes]) -> bool:
    try:
        edit_content(Fault(content=edits), sources)
    except ConfigError:
        return False
    return True
