"""Releases are told by their tags, and counted on."""

from __future__ import annotations

import pytest

from harness.settings import TagPattern

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("glob", "tag", "numbers"),
    [
        ("v*", "v1.10.0", (1, 10, 0)),
        ("v*", "v2", (2,)),
        ("v*", "v0.0.0-rollback.20260101T000000Z", None),
        ("v*", "v1.0.0-rc.1", None),
        ("v*", "V1.0.0", None),
        ("release-*", "release-12", (12,)),
        ("release-*", "release-", None),
        ("release-*", "prerelease-12", None),
        ("site/*", "site/1.2", (1, 2)),
        ("live-*-*-*", "live-2026-01-05", (2026, 1, 5)),
        ("v*+web", "v1.2+web", (1, 2)),
    ],
)
def test_a_release_is_told_by_its_tag(glob: str, tag: str, numbers: tuple[int, ...] | None) -> None:
    assert TagPattern(glob).numbers(tag) == numbers


def test_releases_are_ordered_by_their_numbers() -> None:
    tags = ["v1.9.0", "v1.10.0", "v1.2.0", "v0.0.0-hotfix.1", "latest"]
    assert TagPattern("v*").releases(tags) == ["v1.2.0", "v1.9.0", "v1.10.0"]


@pytest.mark.parametrize(
    ("glob", "tag", "following"),
    [
        ("v*", "v1.1.0", "v1.2.0"),
        ("v*", "v1.9.7", "v1.10.0"),
        ("v*", "v1.2", "v1.3"),
        ("release-*", "release-41", "release-42"),
        ("release-*", "release-009", "release-010"),
        ("r*", "r2026.05.31", "r2026.05.32"),
        ("r-*-*-*", "r-2026-05-09", "r-2026-05-10"),
    ],
)
def test_the_release_that_follows_is_newer(glob: str, tag: str, following: str) -> None:
    pattern = TagPattern(glob)
    assert pattern.after(tag) == following
    assert (pattern.numbers(following) or ()) > (pattern.numbers(tag) or ())


@pytest.mark.parametrize(("glob", "first"), [("v*", "v1.0.0"), ("live-*-*-*", "live-1-1-1")])
def test_a_first_release_can_be_named(glob: str, first: str) -> None:
    assert TagPattern(glob).first() == first
    assert TagPattern(glob).numbers(first)


@pytest.mark.parametrize("glob", ["release", "", "v *", "v*\n", "v?*"])
def test_a_pattern_that_cannot_name_releases_is_refused(glob: str) -> None:
    with pytest.raises(ValueError, match="dotted numbers"):
        TagPattern(glob)
