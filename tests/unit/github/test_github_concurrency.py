"""Concurrency groups: the rules by themselves, and across the runs and jobs of a repository."""

from __future__ import annotations

import pytest
from github_world import SOON, ScriptedCrew, commit, control_of
from hypothesis import given
from hypothesis import strategies as st

from harness.github.concurrency import LONGEST_QUEUE, Member, enter, next_of
from harness.github.control import ControlPlane
from harness.github.origin import Origin
from harness.github.protection import Rules
from harness.github.runs import Done, Group, Run

pytestmark = pytest.mark.unit

groups = st.builds(
    Group,
    name=st.just("g"),
    cancel_in_progress=st.booleans(),
    queue=st.just("single"),
)
moves = st.lists(st.one_of(st.just("end"), groups, st.just(Group(name="g", queue="max"))))


@given(moves)
def test_whoever_comes_there_is_one_at_a_time_and_nobody_is_forgotten(
    moves: list[Group | str],
) -> None:
    """A group as its members see it: who holds it, who waits in which order, who was ended."""
    holding: list[int] = []
    waiting: list[int] = []
    ended: set[int] = set()
    came = 0
    for move in moves:
        if isinstance(move, str):
            # Whoever holds it ends: by itself, or because it was asked to.
            ended.update(holding)
            holding.clear()
            turn = next_of([Member(who, holds=False) for who in waiting])
            assert turn == (waiting[0] if waiting else None)
            if turn is not None:
                holding.append(waiting.pop(0))
            continue
        came += 1
        members = [Member(who, holds=True) for who in holding]
        members += [Member(who, holds=False) for who in waiting]
        ruling = enter(move, members)
        assert ruling.enters == (not holding and not (move.queue == "max" and waiting))
        if move.queue == "single":
            assert set(ruling.ends) >= set(waiting)
            ended.update(waiting)
            waiting.clear()
        assert set(holding) <= set(ruling.ends) or not move.cancel_in_progress
        assert not set(ruling.ends) & set(holding) or move.cancel_in_progress
        (holding if ruling.enters else waiting).append(came)
        assert len(holding) <= 1
    everybody = {*holding, *waiting, *ended}
    assert everybody == set(range(1, came + 1))


def test_a_long_queue_is_full_at_last() -> None:
    queue = Group(name="g", queue="max")
    members = [Member(0, holds=True), *(Member(n, holds=False) for n in range(1, LONGEST_QUEUE))]
    assert not enter(queue, members).refused
    assert enter(queue, [*members, Member(LONGEST_QUEUE, holds=False)]).refused


def test_whoever_waits_for_something_else_lets_others_pass() -> None:
    members = [Member("reviewed", holds=False, ready=False), Member("next", holds=False)]
    assert next_of(members) == "next"
    assert next_of([*members, Member("first", holds=True)]) is None


WORKFLOW = """\
name: {name}
on:
  workflow_dispatch:
    inputs: {{to: {{default: prod}}}}
{run}
jobs:
  {job}:
    runs-on: ubuntu-latest
    {of_job}
"""


def workflow(name: str, *, run: str = "", job: str = "") -> dict[str, str]:
    text = WORKFLOW.format(name=name, run=run, job=name.lower(), of_job=job)
    return {f".github/workflows/{name.lower()}.yml": text}


DEPLOY = "concurrency: {group: 'deploy-${{ inputs.to }}'}"


def start(control: ControlPlane, name: str, to: str = "prod") -> Run:
    return control.dispatch(f"{name}.yml", ref="main", inputs={"to": to}, actor="on-call")


def status(control: ControlPlane, *runs: Run) -> list[str]:
    now = [control.run(run.id) for run in runs]
    return [str(run.conclusion or run.status) for run in now]


def test_two_workflows_share_a_group_and_another_group_goes_on(origin: Origin) -> None:
    commit(origin, {**workflow("Emergency", run=DEPLOY), **workflow("Run", run=DEPLOY)})
    control = control_of(origin)
    crew = ScriptedCrew(held=("emergency",))
    with control.staffed(crew):
        first, second, other = (
            start(control, "emergency"),
            start(control, "run", "PROD"),
            start(control, "run", "staging"),
        )
        control.wait(other, within=SOON)
        assert status(control, second, other) == ["pending", "success"]
        crew.wait_for("emergency")
        crew.held["emergency"].set()
        control.settle(within=SOON)
    assert status(control, first, second, other) == ["success", "success", "success"]
    orders = [(order.job.name, order.run.id) for order in crew.orders]
    assert orders.index(("emergency", first.id)) < orders.index(("run", second.id))


def test_the_newest_takes_the_place_of_whoever_waits(origin: Origin) -> None:
    commit(origin, workflow("A", run=DEPLOY))
    control = control_of(origin)
    crew = ScriptedCrew(held=("a",))
    with control.staffed(crew):
        first, second, third = (start(control, "a") for _ in range(3))
        assert status(control, second, third) == ["cancelled", "pending"]
        assert "took its place" in control.run(second.id).cause
        assert control.archive.jobs_of(second) == []
        crew.wait_for("a")
        crew.held["a"].set()
        control.settle(within=SOON)
    assert status(control, first, second, third) == ["success", "cancelled", "success"]


def test_all_wait_where_the_queue_is_long(origin: Origin) -> None:
    commit(origin, workflow("A", run=f"{DEPLOY[:-1]}, queue: max}}"))
    control = control_of(origin)
    crew = ScriptedCrew(held=("a",))
    with control.staffed(crew):
        runs = [start(control, "a") for _ in range(4)]
        assert status(control, *runs)[1:] == ["pending"] * 3
        crew.wait_for("a")
        crew.held["a"].set()
        control.settle(within=SOON)
    assert [order.run.id for order in crew.orders] == [run.id for run in runs]


def test_a_newcomer_may_end_who_runs(origin: Origin) -> None:
    commit(origin, workflow("A", run=f"{DEPLOY[:-1]}, cancel-in-progress: true}}"))
    control = control_of(origin)
    crew = ScriptedCrew(held=("a",))
    with control.staffed(crew):
        first = start(control, "a")
        crew.wait_for("a")
        second = start(control, "a")
        control.wait(first, within=SOON)
        crew.held["a"].set()
        control.wait(second, within=SOON)
    assert status(control, first, second) == ["cancelled", "success"]


def test_jobs_have_groups_of_their_own(origin: Origin) -> None:
    job = "concurrency: deploy-prod"
    commit(origin, {**workflow("A", job=job), **workflow("B", run=DEPLOY)})
    control = control_of(origin)
    crew = ScriptedCrew(held=("a",))
    with control.staffed(crew):
        first = start(control, "a")
        crew.wait_for("a")
        second = start(control, "b")
        assert status(control, second) == ["pending"]
        crew.held["a"].set()
        control.settle(within=SOON)
    assert crew.names == ["a", "b"]
    assert status(control, first, second) == ["success", "success"]


def test_a_job_that_waits_for_a_review_gives_way_and_holds_up_nobody(origin: Origin) -> None:
    job = "concurrency: deploy-prod\n    environment: prod"
    commit(origin, {**workflow("A", job=job), **workflow("B", job="concurrency: deploy-prod")})
    control = control_of(origin, rules={"prod": Rules("prod", reviewers=("owner",))})
    with control.staffed(ScriptedCrew()):
        first = start(control, "a")
        second = start(control, "a")
        control.wait(first, within=SOON)
        assert status(control, first, second) == ["cancelled", "waiting"]
        third = control.wait(start(control, "b"), within=SOON)
        assert status(control, third, second) == ["success", "cancelled"]


def test_a_group_that_a_run_and_its_job_share_is_a_deadlock(origin: Origin) -> None:
    commit(origin, workflow("A", run=DEPLOY, job="concurrency: deploy-prod"))
    control = control_of(origin)
    with control.staffed(ScriptedCrew()):
        run = control.wait(start(control, "a"), within=SOON)
    assert run.conclusion == "cancelled"
    assert "deadlock" in run.cause


@pytest.mark.parametrize("how", ["failure", "cancelled"])
def test_however_a_run_ends_the_next_has_its_turn(origin: Origin, how: str) -> None:
    commit(origin, workflow("A", run=DEPLOY))
    control = control_of(origin)
    crew = ScriptedCrew({"a": Done("failure")}, held=("a",))
    with control.staffed(crew):
        first = start(control, "a")
        crew.wait_for("a")
        second = start(control, "a")
        if how == "cancelled":
            control.cancel(first)
            control.wait(first, within=SOON)
        crew.held["a"].set()
        control.settle(within=SOON)
    assert status(control, first, second) == [how, "failure"]


def test_a_queue_outlives_the_process(origin: Origin) -> None:
    commit(origin, workflow("A", run=DEPLOY))
    control = control_of(origin)
    first, second = start(control, "a"), start(control, "a")
    assert status(control, first, second) == ["queued", "pending"]
    control.archive.close()
    again = control_of(origin)
    crew = ScriptedCrew()
    with again.staffed(crew):
        again.settle(within=SOON)
    assert [order.run.id for order in crew.orders] == [first.id, second.id]
