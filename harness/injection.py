"""Puts an incident into a live environment: as a bad release, or as drift.

A bad release goes the way every release goes: a commit, a tag, the site's own deployment. Drift
changes the live environment behind the pipeline's back, as a person with access would.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.github.actors import Actor, Cast
from harness.github.changes import add_harmless_change
from harness.github.history import Release
from harness.incidents import (
    ContentEdit,
    Fault,
    Incident,
    edit_content,
    patch_distribution,
    patch_website,
)
from harness.live import changes_of, forget, make
from harness.pipeline import deploy
from harness.places import Environment
from harness.settings import FILE_NAME, SiteSettings
from harness.settings.sections import ShipEdit
from harness.world import World

#: The files in which a fault of a configuration is shipped, where the settings do not say otherwise.
DISTRIBUTION_FILE = Path("infra") / "distribution.json"
WEBSITE_FILE = Path("infra") / "website.json"


Patch = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Shipped:
    """A bad release that is live now: how its deployment ended does not matter, what it broke does."""

    release: Release
    conclusion: str
    cause: str


def ship(
    world: World,
    incident: Incident,
    environment: Environment,
    *,
    after: Release,
    cast: Cast,
    author: Actor,
) -> Shipped:
    """Commit the fault with a harmless change, tag it as the next release and deploy it.

    Args:
        world: whose origin gets it.
        incident: what is wrong with it.
        environment: where it is deployed.
        after: the release it follows.
        cast: makes up what is said.
        author: of the commit, who also deploys.

    Raises:
        ConfigError: the fault does not fit the site.
        SitedrillError: the deployment ended before it changed anything.
    """
    origin, settings = world.origin, world.settings
    tag = settings.releases.pattern.after(after.tag)
    when = origin.next_time()
    news = cast.news()

    def change(tree: Path) -> None:
        add_harmless_change(tree, settings.site.content, tag, news)
        break_site(tree, incident, settings)

    commit = origin.commit(change, message=cast.commit_message(), author=author, when=when)
    origin.tag_release(tag, commit, author=author, when=when)
    # The push of the branch is not what is drilled.
    world.control.pushes.unseen()
    release = Release(tag, commit)
    ran = deploy(world, release, environment=environment.name, actor=author.handle, role="inject")
    return Shipped(release, ran.conclusion, ran.cause)


def break_site(tree: Path, incident: Incident, settings: SiteSettings) -> None:
    """Put the fault into a checkout of the site: as its settings say, or else as the incident does.

    Raises:
        ConfigError: the fault does not fit the site.
    """
    edits = settings.incidents.ship.get(incident.id)
    if edits is not None:
        _edit_files(tree, incident.id, edits)
        return
    fault, content = incident.fault, settings.site.content
    for file, patch in configurations(fault).items():
        _break_configuration(tree / file, incident, patch)
    if fault.content:
        _write(tree / content, edit_content(fault, _read(tree / content)))


def configurations(fault: Fault) -> dict[Path, Patch]:
    """The files of the site that a fault patches when it is shipped, and what it makes of each."""
    patches: dict[Path, Patch] = {}
    if fault.distribution:
        patches[DISTRIBUTION_FILE] = partial(patch_distribution, fault)
    if fault.website:
        patches[WEBSITE_FILE] = partial(patch_website, fault)
    return patches


def _break_configuration(file: Path, incident: Incident, patch: Patch) -> None:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            file=file,
            key=file.stem,
            expected=f"the {file.stem}'s configuration as JSON",
            hint=f"if the site keeps it elsewhere, {FILE_NAME} can say how the fault is "
            f'shipped: [[incidents.ship."{incident.id}"]]',
        ) from error
    file.write_text(json.dumps(patch(config), indent=2) + "\n")


def _edit_files(tree: Path, incident: str, edits: Sequence[ShipEdit]) -> None:
    for number, edit in enumerate(edits):
        given = edit.model_dump(exclude={"file"}, exclude_none=True)
        fault = Fault(content=(ContentEdit(files=edit.file, **given),))
        try:
            changed = edit_content(fault, _read(tree))
        except ConfigError as error:
            raise ConfigError(
                file=FILE_NAME,
                key=f"incidents.ship.{incident}.{number}",
                value=edit.file,
                expected="an edit that changes at least one file of the site",
            ) from error
        _write(tree, changed)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(folder).parts[:1]:
            yield path


def _read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}


def _write(folder: Path, changed: dict[str, bytes | None]) -> None:
    for name, body in changed.items():
        if body is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(body)


def drift(world: World, incident: Incident, environment: Environment) -> None:
    """Change the live environment directly, and let the caches forget what they hold.

    Without the invalidation the fault would show only as each page's time to live runs out.

    Raises:
        ConfigError: the fault does not fit the site.
        SitedrillError: somebody else changed the same at the same moment.
    """
    clients = world.clients("drift")
    distribution = world.find_distribution(environment)
    changes = changes_of(incident, clients, bucket=environment.bucket, distribution=distribution)
    for change in changes:
        make(clients, change)
    if distribution is not None:
        forget(clients, distribution, f"drift-{incident.id}")


def fix(world: World, incident: Incident, good: str, *, cast: Cast, author: Actor) -> str:
    """Commit the mending of a bad release on top of it, for a hotfix; returns the commit.

    The files that the fault touched are taken back, the others stay. Drift has nothing to mend in
    the repository: there the commit is a harmless one.

    Args:
        world: whose origin gets the commit.
        incident: what is to be mended.
        good: the commit from which the broken files are taken back.
        cast: makes up the commit's message.
        author: of the commit.
    """
    origin = world.origin
    news = cast.news()
    settings = world.settings

    def change(tree: Path) -> None:
        scratch = tree.with_name(f"{tree.name}.good")
        origin.export(good, scratch)
        try:
            for file in _broken_files(scratch, incident, settings):
                (tree / file).parent.mkdir(parents=True, exist_ok=True)
                (tree / file).write_bytes((scratch / file).read_bytes())
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        add_harmless_change(tree, settings.site.content, "hotfix", news)

    commit = origin.commit(
        change, message=f"Fix: {cast.commit_message()}", author=author, when=origin.next_time()
    )
    world.control.pushes.unseen()
    return commit


def _broken_files(good: Path, incident: Incident, settings: SiteSettings) -> list[Path]:
    """The files that shipping the incident changes, in a checkout in which they are whole."""
    edits = settings.incidents.ship.get(incident.id)
    if edits is not None:
        globs = [ContentEdit(files=edit.file, delete=True) for edit in edits]
        return _touched(good, good, globs)
    files = list(configurations(incident.fault))
    return [*files, *_touched(good, good / settings.site.content, incident.fault.content)]


def _touched(root: Path, folder: Path, edits: Iterable[ContentEdit]) -> list[Path]:
    return sorted(
        path.relative_to(root)
        for path in _files(folder)
        if any(edit.applies_to(path.relative_to(folder).as_posix()) for edit in edits)
    )
