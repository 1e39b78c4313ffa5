"""Which tags start a workflow, by GitHub's filter patterns."""

from __future__ import annotations

from pathlib import Path

import pytest
from github_world import SOMEBODY, WHEN, commit, control_of

from harness.errors import DispatchError
from harness.github.filters import matches
from harness.github.origin import Origin
from harness.github.pushes import Pusher
from harness.github.workflow import parse_workflow

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "patterns", "expected"),
    [
        ("v1.2", ("v1.*",), True),
        ("v12", ("v1.*",), False),
        ("releases/10", ("releases/**",), True),
        ("releases/a/b", ("releases/*",), False),
        ("v2", ("v[12]",), True),
        ("v10", ("v[0-9]+",), True),
        ("v1.9.1", ("v[12].[0-9]+.[0-9]+",), True),
        ("release-0.1", ("release-*", "!release-0*"), False),
        ("release-0.1", ("release-*", "!release-0*", "release-0.1"), True),
        ("main", (), False),
        ("a[", ("a[",), True),
        ("x+", ("+",), False),
    ],
)
def test_patterns_mean_what_github_says(
    name: str, patterns: tuple[str, ...], expected: bool
) -> None:
    assert matches(name, patterns) is expected


@pytest.mark.parametrize(
    ("on", "starts"),
    [
        ("on: push", True),
        ("on: {push: {tags: [release-*]}}", True),
        ("on: {push: {tags: [v*]}}", False),
        ("on: {push: {tags-ignore: [release-*]}}", False),
        ("on: {push: {tags-ignore: [v*]}}", True),
        ("on: {push: {branches: [main]}}", False),
        ("on: {push: {branches: [main], tags: ['*']}}", True),
        ("on: workflow_dispatch", False),
    ],
)
def test_a_tag_starts_what_asks_for_it(on: str, starts: bool, origin: Origin) -> None:
    made = commit(origin, {".github/workflows/go.yml": f"name: Go\n{on}\njobs: {{}}\n"})
    origin.tag_release("release-1", made, author=SOMEBODY, when=WHEN)
    commit(origin, {".github/workflows/later.yml": "name: Later\non: push\njobs: {}\n"})
    control = control_of(origin)
    runs = control.pushes.pushed_tag("release-1", Pusher("octo"))
    assert [run.name for run in runs] == (["Go"] if starts else [])
    assert control.archive.runs.find() == runs
    for run in runs:
        assert (run.event_name, run.ref, run.sha) == ("push", "refs/tags/release-1", made)
        assert run.event["ref"] == "refs/tags/release-1"
        assert run.event["pusher"] == {"name": "octo"}


def test_a_tag_that_is_not_there_starts_nothing(origin: Origin) -> None:
    commit(origin, {"a.txt": "1"})
    with pytest.raises(DispatchError, match="No ref found"):
        control_of(origin).pushes.pushed_tag("release-1", Pusher("octo"))


def test_a_push_that_is_no_mapping_is_told(tmp_path: Path) -> None:
    assert parse_workflow("a.yml", "on: {push: }\njobs: {}").push is not None
