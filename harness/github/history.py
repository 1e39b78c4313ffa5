"""Gives a site a past: the releases that were live before the night the drill is about.

Either they are the repository's own, its two newest tags that are releases; or they are made from HEAD
with seeded changes, so that the two can be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import ConfigError
from harness.github.actors import Actor, Cast
from harness.github.changes import add_harmless_change, add_larger_change, describe_infrastructure
from harness.github.origin import Origin
from harness.github.source import clone_of, copy_files, has_commits, is_repository
from harness.settings import SiteSettings
from harness.settings.sections import ReleasesSection

#: When the made-up past begins: fixed, so that commits come out with the same ids.
BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_LATER = timedelta(days=14)


@dataclass(frozen=True)
class Release:
    """A release of the site: its tag and commit."""

    tag: str
    commit: str


def open_history(
    site: Path, path: Path, *, settings: SiteSettings, cast: Cast, author: Actor
) -> tuple[Origin, tuple[Release, Release]]:
    """The site's origin, with the two releases that a drill begins after.

    Args:
        site: a repository, or a folder of files without a history.
        path: where the origin goes.
        settings: say what a release is, and where the past comes from.
        cast: makes up what has to be made up.
        author: of what is made up.

    Raises:
        ConfigError: there is no such site, or it has not the past that its settings ask for.
    """
    if not site.is_dir():
        raise ConfigError(file=site, key="site", expected="a folder holding a site")
    releases = settings.releases
    content = settings.site.content
    if not (is_repository(site) and has_commits(site)):
        if releases.history == "tags":
            raise _too_few_tags(site, releases, found=[])
        origin = Origin.create(path, branch=settings.site.branch)
        return origin, build_history(
            site, origin, content=content, cast=cast, author=author, releases=releases
        )
    origin = clone_of(site, path, branch=settings.site.branch)
    tags = {tag.name: tag.commit for tag in origin.tags()}
    names = releases.pattern.releases(tags)
    if releases.history == "tags" or (releases.history == "auto" and len(names) >= 2):
        if len(names) < 2:
            raise _too_few_tags(site, releases, found=names)
        earlier, live = (Release(name, tags[name]) for name in names[-2:])
        return origin, (earlier, live)
    return origin, build_history(
        None, origin, content=content, cast=cast, author=author, releases=releases
    )


def build_history(
    site: Path | None,
    origin: Origin,
    *,
    content: str,
    cast: Cast,
    author: Actor,
    releases: ReleasesSection | None = None,
) -> tuple[Release, Release]:
    """Make two releases, after whatever the origin already holds: `v1.0.0`, then `v1.1.0`.

    They differ in content (news, a style, a file more) and, where a file describes it, in
    infrastructure, so that a rollback to the wrong one shows.

    Args:
        site: the files to begin with; None when the origin has a history to go on from.
        origin: gets the commits and tags.
        content: the folder in which releases differ.
        cast: makes up the words.
        author: of the commits.
        releases: what their tags look like; `v*` when not given.

    Raises:
        ConfigError: the site has not the files that are to be changed.
    """
    if site is not None and not site.is_dir():
        raise ConfigError(file=site, key="site", expected="a folder holding a site")
    first_tag, second_tag = _names(origin, releases or ReleasesSection())
    beginning = BEGINNING if site is not None else origin.next_time()

    def first(tree: Path) -> None:
        if site is not None:
            copy_files(site, tree)
        add_harmless_change(tree, content, first_tag, cast.news())
        describe_infrastructure(tree, first_tag)

    def second(tree: Path) -> None:
        add_larger_change(tree, content, second_tag, cast.news())
        describe_infrastructure(tree, second_tag)

    made = []
    changes = ((first_tag, first, beginning), (second_tag, second, None))
    for tag, change, at in changes:
        when = at or (beginning + _LATER if site is not None else origin.next_time())
        commit = origin.commit(change, message=cast.commit_message(), author=author, when=when)
        origin.tag_release(tag, commit, author=author, when=when)
        made.append(Release(tag, commit))
    return made[0], made[1]


def _names(origin: Origin, releases: ReleasesSection) -> tuple[str, str]:
    """The tags of the two releases that are made: after those that there are."""
    pattern = releases.pattern
    there = pattern.releases(tag.name for tag in origin.tags())
    first = pattern.after(there[-1]) if there else releases.first or pattern.first()
    return first, pattern.after(first)


def _too_few_tags(site: Path, releases: ReleasesSection, *, found: list[str]) -> ConfigError:
    return ConfigError(
        file=site,
        key="releases.history",
        value=releases.history,
        expected=f"two tags that match {releases.tags}, there is {' and '.join(found) or 'none'}",
        hint='fetch all tags, or say history = "made"',
    )
