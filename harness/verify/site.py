"""The site that workflows belong to: which of them is the emergency's, and what its inputs mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Any

from harness.errors import ConfigError
from harness.settings import FILE_NAME, SiteSettings, load_settings
from harness.survey.files import Text, texts
from harness.survey.inputs import deploy_form, emergency_form
from harness.survey.workflows import read_workflows, the_deployment, the_emergency
from harness.verify.jobs import Input, form_of, triggers
from harness.verify.source import Source

_LIKE_EMERGENCY = re.compile(r"emergency|roll-?back|hot-?fix|incident|break-?glass", re.I)
_LIKE_PROD = re.compile(r"(?<![a-z])(?:prod[a-z]*|live|www)(?![a-z])", re.I)
#: So many ways of filling in a form are looked at, at most.
_MOST = 768


@dataclass(frozen=True, eq=False)
class Role:
    """A workflow, with what its inputs are called: our word (`reason`), theirs."""

    source: Source
    words: Mapping[str, str]

    @cached_property
    def form(self) -> dict[str, Input]:
        """Its inputs."""
        return form_of(self.source)

    def input(self, word: str) -> Input | None:
        """The input that we have this word for."""
        return self.form.get(self.words.get(word, ""))

    @cached_property
    def ways(self) -> list[dict[str, Any]]:
        """Every way of filling in its choices and boxes, as far as there are not too many."""
        values = {
            name: list(one.choices) if one.type == "choice" else [True, False]
            for name, one in self.form.items()
            if one.type in ("choice", "boolean") and (one.choices or one.type == "boolean")
        }
        known = set(self.words.values())
        # The ones that we know the meaning of come first; the rest stays unknown when it is too much.
        names = sorted(values, key=lambda name: name not in known)
        while names and _count(values, names) > _MOST:
            names.pop()
        ways = product(*(values[name] for name in names))
        events = {event for event, _ in triggers(self.source)}
        dispatched = [
            {
                "github.event_name": "workflow_dispatch",
                **{f"inputs.{name.lower()}": one for name, one in zip(names, way, strict=True)},
            }
            for way in ways
        ]
        # Of what starts it otherwise nothing is known.
        return (dispatched if "workflow_dispatch" in events else []) + (
            [{}] if events != {"workflow_dispatch"} else []
        )


@dataclass(frozen=True, eq=False)
class Site:
    """What rules look at.

    Attributes:
        root: the site's folder.
        sources: its workflows, as far as they can be read.
        settings: its settings, where it has any.
        emergency: the emergency workflow, where there is one.
        deploy: the workflow that deploys a release, where there is one.
    """

    root: Path
    sources: tuple[Source, ...]
    settings: SiteSettings | None
    emergency: Role | None
    deploy: Role | None
    files: Mapping[str, str] = field(repr=False, default_factory=dict)

    def source(self, file: str) -> Source | None:
        """The workflow with this path in the repository."""
        return next((one for one in self.sources if one.file == file), None)

    @cached_property
    def has_cloudfront(self) -> bool:
        """Whether viewers get the site through CloudFront."""
        if self.settings is not None:
            return any(one.serves == "cloudfront" for one in self.settings.environments.values())
        return any("cloudfront" in text.lower() for text in self.files.values())

    def is_prod(self, environment: str) -> bool:
        """Whether this is what viewers see, as far as its name tells."""
        return bool(_LIKE_PROD.search(environment))


def read_site(
    root: Path, sources: Sequence[Source], broken: Sequence[Source], settings: Path | None
) -> Site:
    """The site, by its settings where there are any, else as far as it can be told.

    Raises:
        ConfigError: its settings are wrong.
    """
    found = load_settings(root, settings) if settings or (root / FILE_NAME).is_file() else None
    files = {one.path: one.text for one in texts(root)}
    if found is not None:
        file = settings or root / FILE_NAME
        emergency, deploy = _by_settings(found, file, sources, broken)
    else:
        emergency, deploy = _guessed(sources, broken)
    return Site(root, tuple(sources), found, emergency, deploy, files)


def _by_settings(
    settings: SiteSettings, file: Path, sources: Sequence[Source], broken: Sequence[Source]
) -> tuple[Role | None, Role | None]:
    by_name = {PurePosixPath(one.file).name: one for one in sources}
    there = {*by_name, *(PurePosixPath(one.file).name for one in broken)}
    found: dict[str, Role | None] = {}
    for word in ("emergency", "deploy"):
        workflow = getattr(settings.workflows, word)
        if workflow.file not in there:
            raise ConfigError(
                file=file,
                key=f"workflows.{word}.file",
                value=workflow.file,
                expected="one of the site's workflows: " + ", ".join(sorted(there)),
            )
        words = {ours: name for ours, name in workflow.inputs.model_dump().items() if name}
        source = by_name.get(workflow.file)
        found[word] = Role(source, words) if source else None
    return found["emergency"], found["deploy"]


def _guessed(
    sources: Sequence[Source], broken: Sequence[Source]
) -> tuple[Role | None, Role | None]:
    candidates, _ = read_workflows(Text(one.file, one.text) for one in sources)
    by_file = {one.file: one for one in sources}
    emergency = next(iter(the_emergency(candidates)), None)
    if any(_LIKE_EMERGENCY.search(one.file) for one in broken):
        # It is most likely the one that cannot be read: no other takes its place.
        emergency = None
    rest = [one for one in candidates if one is not emergency]
    deploy = next(iter(the_deployment(rest)), None)
    roles: list[Role | None] = []
    for one, form in ((emergency, emergency_form), (deploy, deploy_form)):
        source = by_file.get(one.workflow.file) if one else None
        roles.append(Role(source, form(one.workflow.inputs).inputs) if one and source else None)
    return roles[0], roles[1]


def _count(values: Mapping[str, Sequence[Any]], names: Sequence[str]) -> int:
    count = 1
    for name in names:
        count *= len(values[name])
    return count


def roles(site: Site) -> Iterator[Role]:
    """The workflows that change what viewers see."""
    if site.emergency:
        yield site.emergency
    if site.deploy and (not site.emergency or site.deploy.source is not site.emergency.source):
        yield site.deploy
