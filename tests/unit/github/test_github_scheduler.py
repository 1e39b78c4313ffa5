"""Jobs come to be, wait and end as on GitHub; act is not needed to see it."""

from __future__ import annotations

from textwrap import dedent

import pytest
from github_world import SOON, ScriptedCrew, commit, control_of

from harness.github.control import ControlPlane
from harness.github.origin import Origin
from harness.github.projection import Need
from harness.github.runs import Done, Job, Run

pytestmark = pytest.mark.unit

BAD = Done("failure", cause="it broke")


def write(origin: Origin, jobs: str, *, name: str = "w.yml", head: str = "") -> None:
    text = f"name: {name[0].upper()}\non: workflow_dispatch\n{dedent(head)}jobs:\n"
    body = dedent(jobs).strip("\n").splitlines()
    commit(origin, {f".github/workflows/{name}": text + "\n".join(f"  {line}" for line in body)})


def start(control: ControlPlane, name: str = "w.yml") -> Run:
    return control.dispatch(name, ref="main", inputs={}, actor="on-call")


def ran(origin: Origin, crew: ScriptedCrew, jobs: str, *, head: str = "") -> tuple[Run, list[Job]]:
    """How a run of these jobs ended, and its jobs."""
    write(origin, jobs, head=head)
    control = control_of(origin)
    with control.staffed(crew):
        run = control.wait(start(control), within=SOON)
    return run, control.archive.jobs_of(run)


def ends(jobs: list[Job]) -> dict[str, str | None]:
    return {job.name: job.conclusion for job in jobs}


def test_jobs_come_after_those_that_they_need(origin: Origin) -> None:
    crew = ScriptedCrew({"a": Done("success", {"said": "x ${{ y }}"})})
    run, jobs = ran(
        origin,
        crew,
        """
        c: {needs: [a, b], runs-on: ubuntu-latest}
        b: {needs: a, runs-on: ubuntu-latest}
        a: {runs-on: ubuntu-latest}
        """,
    )
    assert (run.status, run.conclusion) == ("completed", "success")
    assert crew.names == ["a", "b", "c"]
    assert ends(jobs) == {"a": "success", "b": "success", "c": "success"}
    assert [step.name for step in jobs[0].steps] == ["Work"]
    (file,) = crew.orders[1].files.values()
    assert "fromJSON" in file  # what a said, taken as it is


def test_what_needs_a_failed_job_is_skipped_unless_it_says_otherwise(origin: Origin) -> None:
    crew = ScriptedCrew({"a": BAD})
    run, jobs = ran(
        origin,
        crew,
        """
        a: {runs-on: ubuntu-latest}
        skipped: {needs: a, runs-on: ubuntu-latest}
        failure: {needs: a, if: failure(), runs-on: ubuntu-latest}
        always:
          needs: skipped
          if: always() && needs.skipped.result == 'skipped'
          runs-on: ubuntu-latest
        after: {needs: always, runs-on: ubuntu-latest}
        """,
    )
    assert (run.conclusion, run.cause) == ("failure", "it broke")
    assert ends(jobs) == {
        "a": "failure",
        "skipped": "skipped",
        "failure": "success",
        "always": "success",
        # what it needs is well, but not what that needs: https://github.com/actions/runner/issues/491
        "after": "skipped",
    }


def test_a_failure_that_is_forgiven_does_not_fail_the_run(origin: Origin) -> None:
    run, jobs = ran(
        origin,
        ScriptedCrew({"a": BAD}),
        """
        a: {continue-on-error: true, runs-on: ubuntu-latest}
        b: {needs: a, runs-on: ubuntu-latest}
        """,
    )
    assert run.conclusion == "success"
    assert ends(jobs) == {"a": "failure", "b": "success"}


def test_a_run_of_which_nothing_ran_is_skipped(origin: Origin) -> None:
    run, jobs = ran(
        origin, ScriptedCrew(), "a: {if: \"github.actor == 'x'\", runs-on: ubuntu-latest}"
    )
    assert (run.conclusion, ends(jobs)) == ("skipped", {"a": "skipped"})


def test_a_matrix_is_a_job_for_each_leg(origin: Origin) -> None:
    crew = ScriptedCrew({"a (1, x)": Done("success", {"said": "one"})})
    run, jobs = ran(
        origin,
        crew,
        """
        first:
          runs-on: ubuntu-latest
        a:
          needs: first
          strategy: {matrix: {number: [1, 2], letter: [x]}}
          runs-on: ubuntu-latest
        b: {needs: a, if: "needs.a.outputs.said == 'one'", runs-on: ubuntu-latest}
        """,
    )
    assert run.conclusion == "success"
    assert list(ends(jobs)) == ["first", "a (1, x)", "a (2, x)", "b"]
    assert [(job.leg, job.legs) for job in jobs] == [(0, 1), (0, 2), (1, 2), (0, 1)]
    assert ends(jobs)["b"] == "success"


def test_a_failing_leg_ends_the_others(origin: Origin) -> None:
    crew = ScriptedCrew({"a (1)": BAD}, held=("a (2)", "a (1)"))
    write(origin, "a: {strategy: {matrix: {n: [1, 2]}}, runs-on: ubuntu-latest}")
    control = control_of(origin)
    with control.staffed(crew):
        run = start(control)
        crew.wait_for("a (2)")
        crew.wait_for("a (1)")
        crew.held["a (1)"].set()
        run = control.wait(run, within=SOON)
    assert ends(control.archive.jobs_of(run)) == {"a (1)": "failure", "a (2)": "cancelled"}
    assert run.conclusion == "failure"


def test_legs_that_do_not_fail_fast_go_on(origin: Origin) -> None:
    _, jobs = ran(
        origin,
        ScriptedCrew({"a (1)": BAD}),
        "a: {strategy: {fail-fast: false, matrix: {n: [1, 2]}}, runs-on: ubuntu-latest}",
    )
    assert ends(jobs) == {"a (1)": "failure", "a (2)": "success"}


@pytest.mark.parametrize(
    ("job", "cause"),
    [
        ('{if: "${{ nope( }}", runs-on: ubuntu-latest}', "unexpected"),
        ("{strategy: {matrix: {n: []}}, runs-on: ubuntu-latest}", "n is no list of values"),
        ("{runs-on: windows-latest}", "no runner has the labels it asks for (windows-latest)"),
        ("{uses: ./.github/workflows/no.yml}", "no workflow no.yml"),
        ("{uses: ./.github/workflows/w.yml}", "it has no 'on: workflow_call'"),
        ("{uses: other/repository/.github/workflows/x.yml@v1}", "is in another repository"),
    ],
)
def test_a_job_that_cannot_be_fails_and_says_why(origin: Origin, job: str, cause: str) -> None:
    run, jobs = ran(origin, ScriptedCrew(), f"a: {job}")
    assert run.conclusion == "failure"
    assert cause in jobs[0].cause == run.cause


def test_a_called_workflow_is_part_of_the_run(origin: Origin) -> None:
    called = """\
        name: Called
        on:
          workflow_call:
            inputs: {what: {type: string, required: true}, loud: {type: boolean, default: true}}
            outputs: {said: {value: "${{ jobs.two.outputs.said }}"}}
        jobs:
          one: {runs-on: ubuntu-latest}
          two: {needs: one, name: "Two ${{ inputs.what }}", runs-on: ubuntu-latest}
    """
    commit(origin, {".github/workflows/called.yml": dedent(called)})
    crew = ScriptedCrew({"call / Two 7": Done("success", {"said": "well"})})
    run, jobs = ran(
        origin,
        crew,
        """
        zero: {runs-on: ubuntu-latest}
        call: {needs: zero, uses: ./.github/workflows/called.yml, with: {what: 7}}
        after: {needs: call, if: "needs.call.outputs.said == 'well'", runs-on: ubuntu-latest}
        """,
    )
    assert run.conclusion == "success"
    assert crew.names == ["zero", "call / one", "call / Two 7", "after"]
    paths = {job.path: job.calls for job in jobs}
    assert paths == {
        "zero": False,
        "call": True,
        "call/one": False,
        "call/two": False,
        "after": False,
    }
    caller, inner = crew.orders[2].files.items()
    assert caller[0] == "w.yml"
    assert '"what": "7"' in caller[1]
    assert '"loud": true' in caller[1]
    assert inner[0] == "called/called.yml"


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ("{}", "Input what is required, but not provided"),
        ("{what: a, other: b}", "Invalid input, other is not defined"),
        ("{what: a, loud: perhaps}", "which is no boolean"),
    ],
)
def test_a_call_that_does_not_fit_fails(origin: Origin, given: str, cause: str) -> None:
    called = "on: {workflow_call: {inputs: {what: {required: true}, loud: {type: boolean}}}}\n"
    commit(origin, {".github/workflows/c.yml": f"{called}jobs: {{x: {{runs-on: ubuntu-latest}}}}"})
    run, _ = ran(origin, ScriptedCrew(), f"a: {{uses: ./.github/workflows/c.yml, with: {given}}}")
    assert run.conclusion == "failure"
    assert cause in run.cause


def test_a_cancelled_run_begins_nothing_but_what_asks_for_it(origin: Origin) -> None:
    crew = ScriptedCrew(held=("a",))
    write(
        origin,
        """
        a: {runs-on: ubuntu-latest}
        b: {needs: a, runs-on: ubuntu-latest}
        tidy: {needs: a, if: cancelled(), runs-on: ubuntu-latest}
        """,
    )
    control = control_of(origin)
    with control.staffed(crew):
        run = start(control)
        crew.wait_for("a")
        control.cancel(run)
        run = control.wait(run, within=SOON)
    assert ends(control.archive.jobs_of(run)) == {
        "a": "cancelled",
        "b": "skipped",
        "tidy": "success",
    }
    assert (run.conclusion, run.cause) == ("cancelled", "The run was canceled.")


def test_a_job_that_always_runs_is_not_cancelled_unless_by_force(origin: Origin) -> None:
    write(origin, "a: {if: always(), runs-on: ubuntu-latest}")
    control = control_of(origin)
    for force, expected in ((False, "success"), (True, "cancelled")):
        crew = ScriptedCrew(held=("a",))
        with control.staffed(crew):
            run = start(control)
            crew.wait_for("a")
            control.cancel(run, force=force)
            crew.held["a"].set() if not force else None
            run = control.wait(run, within=SOON)
        assert ends(control.archive.jobs_of(run)) == {"a": expected}


def test_a_workflow_that_is_lost_meanwhile_is_a_failure_to_start(origin: Origin) -> None:
    follower = "name: B\non: {workflow_run: {workflows: [W], types: [completed]}}\n"
    broken = f"{follower}concurrency: {{group: '${{{{ nope( }}}}'}}\njobs: {{x: {{runs-on: x}}}}"
    commit(origin, {".github/workflows/b.yml": broken})
    write(origin, "a: {runs-on: ubuntu-latest}")
    control = control_of(origin)
    with control.staffed(ScriptedCrew()):
        start(control)
        control.settle(within=SOON)
    _, run = control.archive.runs.find()
    assert (run.name, run.conclusion) == ("B", "startup_failure")
    assert "nope" in run.cause


def test_what_went_well_is_kept_when_what_failed_is_run_again(origin: Origin) -> None:
    crew = ScriptedCrew({"a": Done("success", {"said": "x"}), "b": BAD})
    write(
        origin,
        """
        a: {runs-on: ubuntu-latest}
        b: {needs: a, runs-on: ubuntu-latest}
        c: {needs: b, runs-on: ubuntu-latest}
        """,
    )
    control = control_of(origin)
    with control.staffed(crew):
        run = control.wait(start(control), within=SOON)
        crew.ends["b"] = Done("success")
        run = control.wait(control.rerun(run, actor="other", failed_only=True), within=SOON)
        assert (run.attempt, run.conclusion, run.triggering_actor) == (2, "success", "other")
        assert run.actor == "on-call"
        assert crew.names == ["a", "b", "b", "c"]
        run = control.wait(control.rerun(run, actor="other"), within=SOON)
    assert run.attempt == 3
    assert crew.names[4:] == ["a", "b", "c"]
    needs = {"a": Need("success", {"said": "x"})}
    assert ends(control.archive.jobs_of(run)) == {"a": "success", "b": "success", "c": "success"}
    assert needs["a"].outputs == control.archive.jobs_of(run)[0].outputs


def test_a_killed_process_loses_what_a_runner_had_and_nothing_else(origin: Origin) -> None:
    write(
        origin,
        """
        a: {runs-on: ubuntu-latest}
        b: {needs: a, if: always(), runs-on: ubuntu-latest}
        """,
    )
    write(origin, "c: {runs-on: ubuntu-latest}", name="x.yml")
    control = control_of(origin)
    lost, waiting = start(control), start(control, "x.yml")
    with control.changing():
        (job,) = control.archive.jobs_of(lost)
        control.scheduler.job_begins(job, runner="gone")
    control.archive.close()
    again = control_of(origin)
    crew = ScriptedCrew()
    with again.staffed(crew):
        lost = again.wait(lost, within=SOON)
        waiting = again.wait(waiting, within=SOON)
    assert sorted(crew.names) == ["b", "c"]
    assert (lost.conclusion, waiting.conclusion) == ("failure", "success")
    assert "lost communication" in lost.cause
