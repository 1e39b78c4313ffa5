"""A team's own repository becomes a drill's origin, and stays as it was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from github_world import SOMEBODY, WHEN, write

from harness.errors import ConfigError
from harness.github.actors import Cast
from harness.github.git import git, signature
from harness.github.history import Release, open_history
from harness.github.origin import Origin
from harness.github.source import commit_of, is_repository, uncommitted
from harness.settings import SiteSettings, read_settings

pytestmark = pytest.mark.unit

SETTINGS = """\
[site]
repository = "acme/website"
content = "pages"
{}
[releases]
tags = "release-*"
{}
[environments.staging]
alias = "staging.acme.example"
bucket = "acme-staging"
"""
PAGE = "<html><head></head><body>{}</body></html>"


def settings(releases: str = "", site: str = "") -> SiteSettings:
    return read_settings(SETTINGS.format(site, releases), file=Path("sitedrill.toml"))


class Repository:
    """A team's working copy."""

    def __init__(self, path: Path, branch: str = "trunk") -> None:
        self.path = path
        path.mkdir()
        git(path, "init", "--quiet", f"--initial-branch={branch}")
        self._count = 0

    def commit(self, text: str, *tags: str) -> str:
        write({"pages/index.html": PAGE.format(text)}, self.path)
        self._count += 1
        who = signature("dev", "dev@acme.example", WHEN + timedelta(days=self._count))
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--message", text, env=who)
        for tag in tags:
            git(self.path, "tag", tag)
        return git(self.path, "rev-parse", "HEAD")


@pytest.fixture
def team(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "team")


def opened(
    team: Repository, path: Path, settings: SiteSettings
) -> tuple[Origin, tuple[Release, Release]]:
    return open_history(team.path, path, settings=settings, cast=Cast(1), author=SOMEBODY)


def test_the_two_newest_tags_are_the_past(team: Repository, tmp_path: Path) -> None:
    team.commit("one", "release-9", "v7.0.0")
    second = team.commit("two", "release-10")
    third = team.commit("three", "release-11", "latest")
    head = team.commit("four")
    before = git(team.path, "for-each-ref")
    origin, releases = opened(team, tmp_path / "o.git", settings())
    assert releases == (Release("release-10", second), Release("release-11", third))
    assert (origin.default_branch, origin.head()) == ("trunk", head)
    assert {tag.name for tag in origin.tags()} == {
        "release-9", "release-10", "release-11", "v7.0.0", "latest"
    }  # fmt: skip
    assert git(origin.path, "remote") == ""
    assert git(team.path, "for-each-ref") == before


@pytest.mark.parametrize(("tags", "names"), [
    ((), ("release-1.0.0", "release-1.1.0")),
    (("release-7",), ("release-8", "release-9")),
])  # fmt: skip
def test_without_two_tags_the_past_is_made_from_head(
    team: Repository, tmp_path: Path, tags: tuple[str, ...], names: tuple[str, str]
) -> None:
    head = team.commit("one", *tags)
    origin, releases = opened(team, tmp_path / "o.git", settings())
    assert tuple(release.tag for release in releases) == names
    assert git(origin.path, "rev-list", "trunk").split() == [
        releases[1].commit, releases[0].commit, head
    ]  # fmt: skip
    pages = [origin.read_file(release.commit, "pages/index.html") for release in releases]
    assert len({*pages, PAGE.format("one")}) == 3
    assert git(team.path, "rev-parse", "HEAD") == head


def test_a_past_can_be_made_though_there_are_tags(team: Repository, tmp_path: Path) -> None:
    team.commit("one", "release-1", "release-2")
    _, releases = opened(team, tmp_path / "o.git", settings('history = "made"'))
    assert [release.tag for release in releases] == ["release-3", "release-4"]


def test_a_first_release_can_be_named(team: Repository, tmp_path: Path) -> None:
    team.commit("one")
    _, releases = opened(team, tmp_path / "o.git", settings('first = "release-41"'))
    assert [release.tag for release in releases] == ["release-41", "release-42"]


def test_tags_that_are_asked_for_must_be_there(team: Repository, tmp_path: Path) -> None:
    team.commit("one", "release-1")
    with pytest.raises(ConfigError, match=r"two tags that match release-\*, there is release-1"):
        opened(team, tmp_path / "o.git", settings('history = "tags"'))


def test_what_is_drilled_is_head_even_detached(team: Repository, tmp_path: Path) -> None:
    first = team.commit("one", "release-1")
    team.commit("two", "release-2")
    git(team.path, "checkout", "--quiet", "--detach", first)
    origin, _ = opened(team, tmp_path / "o.git", settings(site='branch = "live"'))
    assert (origin.default_branch, origin.head()) == ("live", first)


def test_what_is_not_committed_is_told(team: Repository) -> None:
    team.commit("one")
    assert uncommitted(team.path) == []
    write({"pages/index.html": "changed", "new.txt": ""}, team.path)
    assert uncommitted(team.path) == ["pages/index.html", "new.txt"]


def test_a_folder_in_a_repository_is_no_repository(team: Repository) -> None:
    team.commit("one")
    assert is_repository(team.path)
    assert not is_repository(team.path / "pages")


def test_the_commit_that_is_drilled(tmp_path: Path) -> None:
    site = Repository(tmp_path / "site")
    assert commit_of(tmp_path) is None
    first = site.commit("one")
    assert commit_of(site.path) == first
    write({"pages/index.html": "not committed"}, site.path)
    assert commit_of(site.path) == first  # what is not committed is not drilled
    # A folder of another repository is drilled as it lies there.
    assert commit_of(site.path / "pages") is None
    second = site.commit("two")
    write({"other/notes.txt": "of something else"}, site.path)
    assert commit_of(site.path / "pages") == second
