"""The control plane starts what GitHub would start, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from github_world import REPOSITORY, SOMEBODY, SOON, WHEN, ScriptedCrew, Site, commit, control_of

from harness.errors import DispatchError
from harness.github.control import ControlPlane
from harness.github.following import LONGEST_CHAIN
from harness.github.origin import Origin
from harness.github.runs import Done, Run, Use

pytestmark = pytest.mark.unit

GIVEN = {"environment": "prod", "reason": "the site is down"}


def dispatch(control: ControlPlane, *, ref: str = "main", name: str = "deploy.yml") -> Run:
    return control.dispatch(name, ref=ref, inputs=GIVEN, actor="on-call")


def test_an_accepted_dispatch_is_a_run(control: ControlPlane) -> None:
    run = dispatch(control)
    head = control.origin.head()
    assert (run.id, run.key, run.attempt, run.event_name) == (1, "1", 1, "workflow_dispatch")
    assert (run.ref, run.ref_name, run.sha) == ("refs/heads/main", "main", head)
    assert (run.actor, run.repository, run.file) == ("on-call", REPOSITORY, "deploy.yml")
    assert (run.inputs["environment"], run.inputs["loud"]) == ("prod", "true")
    assert run.event["inputs"] == run.inputs
    assert run.title == "Deploy prod by on-call"
    assert control.run(1) == run


def test_booleans_are_real_ones_in_the_title(control: ControlPlane) -> None:
    for dry, end in ((True, "on-call, dry"), (False, "on-call")):
        run = control.dispatch(
            "deploy.yml", ref="main", inputs={**GIVEN, "dry": dry}, actor="on-call"
        )
        assert run.title.endswith(end)


class Quay:
    """Keeps one variable."""

    def variables(self, environment: str) -> dict[str, str]:
        return {"WHERE": "the quay"}

    def secrets(self, environment: str) -> dict[str, str]:
        return {}


def test_variables_are_seen_in_the_title(origin: Origin) -> None:
    text = "on: workflow_dispatch\nrun-name: to ${{ vars.WHERE }}"
    commit(origin, {".github/workflows/w.yml": text})
    control = control_of(origin, vault=Quay())
    assert control.dispatch("w.yml", ref="main", inputs={}, actor="a").title == "to the quay"


def test_a_title_that_comes_out_empty_is_the_workflows_name(origin: Origin) -> None:
    text = "name: W\non: workflow_dispatch\nrun-name: ${{ vars.NONE }}"
    commit(origin, {".github/workflows/w.yml": text})
    assert control_of(origin).dispatch("w.yml", ref="main", inputs={}, actor="a").title == "W"


@pytest.mark.parametrize("ref", ["no-such", "refs/heads/no-such", "HEAD", ""])
def test_an_unknown_ref_is_refused(control: ControlPlane, ref: str) -> None:
    with pytest.raises(DispatchError, match=f"No ref found for: {ref}") as caught:
        dispatch(control, ref=ref)
    assert caught.value.status == 422


def test_a_commit_is_no_ref(control: ControlPlane) -> None:
    with pytest.raises(DispatchError, match="No ref found"):
        dispatch(control, ref=control.origin.head())


def test_an_unknown_workflow_is_not_found(control: ControlPlane) -> None:
    with pytest.raises(DispatchError, match=r"no workflow other\.yml") as caught:
        dispatch(control, name="other.yml")
    assert caught.value.status == 404


def test_a_workflow_that_the_default_branch_lost_is_not_found(control: ControlPlane) -> None:
    origin = control.origin
    origin.tag_release("v1.0.0", origin.head(), author=SOMEBODY, when=WHEN)
    dispatch(control, ref="v1.0.0")
    origin.commit(
        lambda tree: (tree / ".github/workflows/deploy.yml").unlink(),
        message="Lose it",
        author=SOMEBODY,
        when=WHEN,
    )
    with pytest.raises(DispatchError) as caught:
        dispatch(control, ref="v1.0.0")
    assert caught.value.status == 404


def test_the_file_at_the_ref_counts(control: ControlPlane) -> None:
    origin = control.origin
    old = origin.head()
    origin.tag_release("v1.0.0", old, author=SOMEBODY, when=WHEN)
    commit(origin, {".github/workflows/deploy.yml": "on: workflow_dispatch"})
    with pytest.raises(DispatchError, match="Unexpected inputs"):
        dispatch(control)
    run = dispatch(control, ref="v1.0.0")
    assert (run.ref, run.ref_name, run.sha) == ("refs/tags/v1.0.0", "v1.0.0", old)


def test_a_workflow_that_does_not_parse_is_refused_with_the_line(control: ControlPlane) -> None:
    broken = "on: workflow_dispatch\nenv:\n  A: ${{\n    true\n  }}\n"
    commit(control.origin, {".github/workflows/deploy.yml": broken})
    with pytest.raises(DispatchError, match="line 5, column 3") as caught:
        dispatch(control)
    assert caught.value.status == 422
    assert "cannot be started" in caught.value.hint


def test_a_refused_dispatch_is_no_run(control: ControlPlane) -> None:
    with pytest.raises(DispatchError):
        control.dispatch("deploy.yml", ref="main", inputs={}, actor="on-call")
    assert control.archive.runs.count() == 0


def executed(control: ControlPlane, run: Run, conclusion: str = "success") -> list[Run]:
    """Every run there is, the oldest first, once all jobs have ended like this."""
    ends = {name: Done(conclusion) for name in ("a", "Build", "Test", "Deploy")}  # type: ignore[arg-type]
    with control.staffed(ScriptedCrew(ends)):
        control.settle(within=SOON)
    return control.archive.runs.find()


def test_build_test_and_run_follow_one_another(site: Site) -> None:
    control = control_of(site.origin)
    build = control.dispatch(
        "build.yml", ref="v1.1.0", inputs={"environment": "prod"}, actor="on-call"
    )
    assert build.title == "BUILD v1.1.0 for prod"
    build, test, deploy = executed(control, build)
    assert (test.file, test.title) == ("test.yml", "TEST v1.1.0 for prod")
    assert (test.event_name, test.actor, test.inputs) == ("workflow_run", "on-call", {})
    # a run started by another is always one of the default branch
    assert (test.ref, test.sha) == ("refs/heads/main", site.origin.head())
    started_by = test.event["workflow_run"]
    assert started_by["head_branch"] == "v1.1.0"
    assert started_by["head_sha"] == site.second.commit
    assert (started_by["name"], started_by["conclusion"]) == ("BUILD", "success")
    assert deploy.file == "run.yml"
    assert " ".join(deploy.title.split()) == "RUN TEST v1.1.0 for prod"
    assert (build.depth, test.depth, deploy.depth) == (0, 1, 2)
    (job,) = control.archive.jobs_of(deploy)
    assert job.environment == Use(name="prod")


def test_by_default_the_chain_is_for_staging(site: Site) -> None:
    control = control_of(site.origin)
    build = control.dispatch("build.yml", ref="v1.0.0", inputs={}, actor="on-call")
    assert build.title == "BUILD v1.0.0 for staging"
    assert build.sha == site.first.commit
    assert executed(control, build)[1].title == "TEST v1.0.0 for staging"


def test_what_follows_learns_how_the_run_before_ended(site: Site) -> None:
    control = control_of(site.origin)
    build = control.dispatch("build.yml", ref="main", inputs={}, actor="on-call")
    _, test = executed(control, build, "failure")[:2]
    assert test.event["workflow_run"]["conclusion"] == "failure"
    assert test.conclusion == "skipped"


def test_nothing_follows_the_emergency(site: Site) -> None:
    control = control_of(site.origin)
    inputs = {"environment": "staging", "operation": "rollback", "reason": "the site is down"}
    run = control.dispatch("emergency.yml", ref="main", inputs=inputs, actor="on-call")
    assert run.title == "rollback of staging by on-call"
    assert len(executed(control, run)) == 1


JOBS = "\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
FIRST = {".github/workflows/a.yml": f"name: A\non: workflow_dispatch{JOBS}"}
ENDED = "    types: [completed]\n"


def follower(name: str, after: str, extra: str = "") -> dict[str, str]:
    text = f"name: {name}\non:\n  workflow_run:\n    workflows: [{after}]\n{extra}{JOBS}"
    return {f".github/workflows/{name.lower()}.yml": text}


def test_a_chain_has_at_most_three_levels(origin: Origin) -> None:
    files = dict(FIRST)
    for name, after in zip("BCDEF", "ABCDE", strict=True):
        files |= follower(name, after, ENDED)
    commit(origin, files)
    control = control_of(origin)
    run = control.dispatch("a.yml", ref="main", inputs={}, actor="a")
    assert [run.name for run in executed(control, run)] == ["A", "B", "C", "D"]
    assert LONGEST_CHAIN == 3


def test_a_follower_chooses_branches_and_types(origin: Origin) -> None:
    files = {
        **FIRST,
        **follower("MAIN", "A", f"{ENDED}    branches: [main]"),
        **follower("OFF", "A", f"{ENDED}    branches-ignore: [other, 'm*']"),
        **follower("TAGS", "A", f"{ENDED}    branches: ['v*']"),
        **follower("ENDED", "A", ENDED),
        **follower("ASKED", "A", "    types: [requested]"),
        **follower("OTHER", "B"),
    }
    origin.tag_release("v1.0.0", commit(origin, files), author=SOMEBODY, when=WHEN)
    control = control_of(origin)
    cases = {
        "main": ["ASKED", "A", "ENDED", "MAIN"],
        "v1.0.0": ["ASKED", "A", "ENDED", "OFF", "TAGS"],
    }
    before = 0
    for ref, expected in cases.items():
        run = control.dispatch("a.yml", ref=ref, inputs={}, actor="a")
        names = [run.name for run in executed(control, run)][before:]
        assert sorted(names) == sorted(expected)
        before += len(names)


def test_a_follower_that_names_no_types_follows_each(origin: Origin) -> None:
    commit(origin, {**FIRST, **follower("ANY", "A")})
    control = control_of(origin)
    run = control.dispatch("a.yml", ref="main", inputs={}, actor="a")
    runs = [run for run in executed(control, run) if run.name == "ANY"]
    actions = [run.event["action"] for run in runs]
    assert actions == ["requested", "in_progress", "completed"]


def test_followers_are_those_of_the_default_branch(origin: Origin) -> None:
    old = commit(origin, {**FIRST, **follower("B", "A")})
    origin.tag_release("v1.0.0", old, author=SOMEBODY, when=WHEN)
    other: dict[str, Any] = follower("B", "OTHER")
    commit(origin, {**other, ".github/workflows/notes.txt": "not: a workflow"})
    control = control_of(origin)
    run = control.dispatch("a.yml", ref="v1.0.0", inputs={}, actor="a")
    assert len(executed(control, run)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        "name: B\non: push\nenv:\n  A: ${{\n    true\n  }}\n",
        f"name: B\nrun-name: ${{{{ nope( }}}}\non:\n  workflow_run:\n    workflows: [A]{JOBS}",
    ],
    ids=["file", "run-name"],
)
def test_a_broken_workflow_does_not_stop_the_others(origin: Origin, broken: str) -> None:
    files = {
        **FIRST,
        ".github/workflows/b.yml": broken,
        **follower("C", "A", ENDED),
    }
    commit(origin, files)
    control = control_of(origin)
    run = control.dispatch("a.yml", ref="main", inputs={}, actor="a")
    assert [run.name for run in executed(control, run)] == ["A", "C"]


def test_a_title_that_does_not_parse_is_a_refusal(origin: Origin) -> None:
    text = "on: workflow_dispatch\nrun-name: ${{ nope( }}"
    commit(origin, {".github/workflows/w.yml": text})
    with pytest.raises(DispatchError, match="run-name: ") as caught:
        control_of(origin).dispatch("w.yml", ref="main", inputs={}, actor="a")
    assert caught.value.status == 422
