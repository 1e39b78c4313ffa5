"""What a push starts, whoever pushes, and whenever we were killed."""

from __future__ import annotations

import pytest
from github_world import SOMEBODY, SOON, WHEN, ScriptedCrew, commit, control_of

from harness.github.control import ControlPlane
from harness.github.git import git
from harness.github.origin import Origin
from harness.github.pushes import UNKNOWN, Pusher
from harness.journal import read_journal

pytestmark = pytest.mark.unit

JOBS = "jobs: {j: {runs-on: ubuntu-latest}}\n"
PUSH = f"name: P\non:\n  push: {{branches: [main], paths: ['src/**']}}\n{JOBS}"
TAGS = f"name: T\non: {{push: {{tags: ['v*']}}}}\n{JOBS}"
HAND = f"name: H\non: workflow_dispatch\n{JOBS}"


@pytest.fixture
def control(origin: Origin) -> ControlPlane:
    files = {"p": PUSH, "t": TAGS, "h": HAND}
    commit(origin, {f".github/workflows/{name}.yml": text for name, text in files.items()})
    return control_of(origin)


def names(control: ControlPlane) -> list[str]:
    return [run.name for run in control.archive.runs.find()]


def test_the_past_starts_nothing(control: ControlPlane) -> None:
    assert control.pushes.pushed(Pusher("octo")) == []


def test_a_branch_and_a_tag_start_what_asks_for_them(control: ControlPlane) -> None:
    sha = commit(control.origin, {"src/a.txt": "1"})
    control.origin.tag_release("v1.0.0", sha, author=SOMEBODY, when=WHEN)
    runs = control.pushes.pushed(Pusher("octo", role="inject"))
    assert sorted(run.name for run in runs) == ["P", "T"]
    for run in runs:
        assert (run.sha, run.actor, run.role, run.event_name) == (sha, "octo", "inject", "push")
        assert run.event["head_commit"]["message"] == "A change"
        assert run.title == "A change"
    assert control.pushes.pushed(Pusher("octo")) == []


def test_a_change_elsewhere_starts_nothing(control: ControlPlane) -> None:
    commit(control.origin, {"README.md": "1"})
    commit(control.origin, {"src/a.txt": "1"}, branch="other")
    assert control.pushes.pushed(Pusher("octo")) == []


def test_what_a_run_pushes_with_its_own_token_starts_nothing_and_is_written_down(
    control: ControlPlane,
) -> None:
    run = control.dispatch("h.yml", ref="main", inputs={}, actor="octo")
    sha = commit(control.origin, {"src/a.txt": "1"})
    control.origin.tag_release("v1.0.0", sha, author=SOMEBODY, when=WHEN)
    assert control.pushes.pushed(Pusher("octo", run)) == []
    assert names(control) == ["H"]
    (tag,) = [r.data for r in read_journal(control.journal.path) if r.kind == "tag"]
    assert (tag["run"], tag["name"], tag["commit"]) == (run.key, "v1.0.0", sha)


@pytest.mark.parametrize("announced", [True, False])
def test_a_push_during_which_we_were_killed_is_caught_up_with(
    control: ControlPlane, announced: bool
) -> None:
    if announced:
        control.pushes.announce(Pusher("octo"))
    commit(control.origin, {"src/a.txt": "1"})
    control.archive.close()
    again = control_of(control.origin)
    with again.staffed(ScriptedCrew()):
        again.settle(within=SOON)
    (run,) = again.archive.runs.find()
    assert (run.name, run.conclusion) == ("P", "success")
    assert run.actor == ("octo" if announced else UNKNOWN)
    again.archive.close()
    third = control_of(control.origin)
    with third.staffed(ScriptedCrew()):
        assert names(third) == ["P"]


def test_a_run_that_was_killed_while_it_pushed_starts_nothing(control: ControlPlane) -> None:
    run = control.dispatch("h.yml", ref="main", inputs={}, actor="octo")
    control.pushes.announce(Pusher("octo", run))
    commit(control.origin, {"src/a.txt": "1"})
    control.archive.close()
    again = control_of(control.origin)
    with again.staffed(ScriptedCrew()):
        again.settle(within=SOON)
    assert names(again) == ["H"]


def test_a_branch_that_is_gone_starts_nothing(control: ControlPlane) -> None:
    commit(control.origin, {"src/b.txt": "1"}, branch="other")
    control.pushes.unseen()
    git(control.origin.path, "branch", "-D", "other")
    assert control.pushes.pushed(Pusher("octo")) == []
