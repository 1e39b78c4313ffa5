from __future__ import annotations

import pytest
from edge_world import behaviour, distribution, items
from hypothesis import given
from hypothesis import strategies as st

from harness.edge.behaviours import choose, matches, normalise
from harness.edge.distribution import parse_distribution

pytestmark = pytest.mark.unit


def naive(pattern: str, path: str) -> bool:
    """Path patterns by their definition, one character at a time."""
    if not pattern:
        return not path
    if pattern[0] == "*":
        return naive(pattern[1:], path) or (bool(path) and naive(pattern, path[1:]))
    return bool(path) and pattern[0] in ("?", path[0]) and naive(pattern[1:], path[1:])


@given(st.text("ab/.*?+[", max_size=7), st.text("ab/.+[", max_size=9))
def test_patterns_match_as_defined(pattern: str, path: str) -> None:
    rooted = pattern if pattern.startswith("/") else f"/{pattern}"
    assert matches(pattern, f"/{path}") == naive(rooted, f"/{path}")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("images/*.jpg", "/images/a/b.jpg", True),
        ("/images/*.jpg", "/images/b.jpg", True),
        ("*.jpg", "/deep/down/b.jpg", True),
        ("*.jpg", "/b.JPG", False),
        ("a??.jpg", "/a1.jpg", False),
        ("a??.jpg", "/a12.jpg", True),
        ("images", "/images/", False),
        ("*", "/a\nb", True),
    ],
)
def test_documented_examples(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/../admin/x", "/admin/x"),
        ("//a///b", "/a/b"),
        ("/a/./b/", "/a/b/"),
        ("/a/..", "/"),
        ("/../..", "/"),
        ("/.well-known/x", "/.well-known/x"),
    ],
)
def test_paths_are_normalised_before_they_are_compared(path: str, expected: str) -> None:
    assert normalise(path) == expected


def test_first_match_in_order_wins_and_the_default_comes_last() -> None:
    ordered = items(
        behaviour(PathPattern="assets/*.css"),
        behaviour(PathPattern="assets/*"),
        behaviour(PathPattern="*.css"),
    )
    parsed = parse_distribution(distribution(CacheBehaviors=ordered))
    chosen = [choose(parsed, p).pattern for p in ("/assets/a.css", "/assets/a.js", "/b.css", "/b")]
    assert chosen == ["assets/*.css", "assets/*", "*.css", "*"]


def test_behaviours_are_chosen_by_the_normalised_path() -> None:
    ordered = items(behaviour(PathPattern="/admin/*"))
    parsed = parse_distribution(distribution(CacheBehaviors=ordered))
    assert choose(parsed, "/open/../admin/x").pattern == "/admin/*"
    assert choose(parsed, "//admin//x").pattern == "/admin/*"
