from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from edge_world import ManualClock
from hypothesis import given
from hypothesis import strategies as st

from harness.edge.cache import Cache, invalidates
from harness.edge.policies import CacheKey

pytestmark = pytest.mark.unit

PATHS = st.text("ab/.*ü %", max_size=6).map(lambda text: f"/{text}")


def put(cache: Cache, path: str, *, distribution: str = "E1", epoch: int | None = None) -> CacheKey:
    key: CacheKey = (distribution, path, "", ())
    now = cache.epoch if epoch is None else epoch
    cache.put(key, status=200, headers={}, body=b"", seconds=10, is_error=False, epoch=now)
    return key


@given(PATHS, PATHS, st.booleans())
def test_invalidation_paths_match_as_defined(path: str, named: str, wildcard: bool) -> None:
    encoded = quote(named, safe="/") + ("*" if wildcard else "")
    pattern = re.escape(named) + (".*" if wildcard else "")
    assert invalidates(encoded, path) == (re.fullmatch(pattern, path, re.DOTALL) is not None)


@pytest.mark.parametrize(
    ("named", "path", "query", "expected"),
    [
        ("/*", "/", "", True),
        ("/*", "/a/b", "x=1", True),
        ("/a*", "/a/b", "", True),
        ("/a/*", "/a", "", False),
        ("/a*c", "/abc", "", False),
        ("/a*c", "/a*c", "", True),
        ("/A", "/a", "", False),
        ("a", "/a", "", False),
        ("*", "/a", "", False),
        ("/a%20b", "/a b", "", True),
        ("/%C3%BC.html", "/ü.html", "", True),
        ("/a", "/a", "x=1", False),
        ("/a?x=1", "/a", "x=1", True),
        ("/a?x=2", "/a", "x=1", False),
        ("/a*", "/a", "x=1", True),
        ("/", "/index.html", "", False),
    ],
)
def test_what_an_invalidation_names(named: str, path: str, query: str, expected: bool) -> None:
    assert invalidates(named, path, query) is expected


def test_only_the_distribution_that_was_invalidated_loses_its_objects() -> None:
    cache = Cache(ManualClock())
    ours, theirs = put(cache, "/a"), put(cache, "/a", distribution="E2")
    assert cache.invalidate("E1", ["/*"]) == 1
    assert cache.get(ours) is None
    assert cache.get(theirs) is not None


def test_time_makes_objects_stale() -> None:
    clock = ManualClock()
    cache = Cache(clock)
    key = put(cache, "/a")
    clock.sleep(9.5)
    found = cache.get(key)
    assert found is not None
    assert found[1]
    clock.sleep(0.5)
    found = cache.get(key)
    assert found is not None
    assert not found[1]


def test_what_was_fetched_before_an_invalidation_is_not_stored_after_it() -> None:
    cache = Cache(ManualClock())
    before = cache.epoch
    cache.invalidate("E1", ["/other"])
    put(cache, "/a", epoch=before)
    assert len(cache) == 0
    cache.clear()
    put(cache, "/a", epoch=before + 1)
    assert len(cache) == 0
