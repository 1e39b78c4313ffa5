"""What a rollback should leave behind, by its method, the incident's way in, and what was typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.baseline import Baseline
from harness.github.actors import Actor
from harness.github.history import Release
from harness.responses import rollback

pytestmark = pytest.mark.unit

FIRST, GOOD, BAD = (Release(f"v1.{n}.0", f"{n}" * 40) for n in range(3))
PAST = Baseline("staging", Path("nowhere"), "", (FIRST, GOOD), Actor("somebody"), {})


def tags(method: str, *, live: Release, target: str | None = None) -> tuple[str, str]:
    """The tags of the content and of the infrastructure that should be live."""
    found = rollback(method, baseline=PAST, live=live, target_commit=target).target
    assert found.infrastructure is not None
    return found.content.tag, found.infrastructure.tag


@pytest.mark.parametrize(
    ("method", "content", "infrastructure"),
    [
        ("last_known_good", "v1.1.0", "v1.1.0"),
        ("specific_commit", "v1.1.0", "v1.1.0"),
        ("infrastructure_only", "v1.2.0", "v1.1.0"),
        ("content_only", "v1.1.0", "v1.2.0"),
    ],
)
def test_after_a_bad_release_the_one_before_it_is_wanted(
    method: str, content: str, infrastructure: str
) -> None:
    assert tags(method, live=BAD) == (content, infrastructure)


@pytest.mark.parametrize(
    ("method", "content", "infrastructure"),
    [
        ("last_known_good", "v1.0.0", "v1.0.0"),
        ("specific_commit", "v1.1.0", "v1.1.0"),
        ("infrastructure_only", "v1.1.0", "v1.0.0"),
        ("content_only", "v1.0.0", "v1.1.0"),
    ],
)
def test_after_drift_the_release_before_the_live_one_is_wanted(
    method: str, content: str, infrastructure: str
) -> None:
    assert tags(method, live=GOOD) == (content, infrastructure)


@pytest.mark.parametrize("target", [BAD.commit, BAD.tag])
def test_a_release_that_was_named_is_where_any_method_goes(target: str) -> None:
    assert tags("specific_commit", live=BAD, target=target) == ("v1.2.0", "v1.2.0")
    assert tags("content_only", live=GOOD, target=FIRST.commit) == ("v1.0.0", "v1.1.0")


def test_what_names_no_release_changes_nothing() -> None:
    assert tags("content_only", live=BAD, target="0123456") == ("v1.1.0", "v1.2.0")


def test_where_nothing_was_before_the_first_release_stays() -> None:
    first = Baseline("staging", Path("nowhere"), "", (FIRST,), Actor("somebody"), {})
    found = rollback("last_known_good", baseline=first, live=FIRST, target_commit=None).target
    assert (found.content, found.infrastructure) == (FIRST, FIRST)
