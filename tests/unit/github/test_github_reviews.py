"""Protected environments: what waits, who may let it go, and what is left of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from github_world import SOON, ScriptedCrew, commit, control_of

from harness.errors import DispatchError
from harness.github.control import ControlPlane
from harness.github.origin import Origin
from harness.github.protection import PATIENCE, Rules
from harness.github.runs import Done, Run
from harness.journal import read_journal

pytestmark = pytest.mark.unit

WORKFLOW = """\
name: W
on:
  workflow_dispatch:
    inputs: {where: {default: prod}}
jobs:
  before: {runs-on: ubuntu-latest}
  deploy:
    needs: before
    runs-on: ubuntu-latest
    environment: {name: "${{ inputs.where }}", url: "https://${{ inputs.where }}.example"}
  after: {needs: deploy, runs-on: ubuntu-latest}
  always: {needs: deploy, if: always(), runs-on: ubuntu-latest}
"""
TEAMS = {"acme/ops": ("Octo-Ops", "Hub-Ops")}


class SlowClock:
    """Stands still but when it is told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        self.seconds += 0.001
        return self.seconds

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits here: {seconds}")


def github(origin: Origin, **rules: object) -> ControlPlane:
    commit(origin, {".github/workflows/w.yml": WORKFLOW})
    return control_of(
        origin,
        rules={"prod": Rules("prod", **rules)},  # type: ignore[arg-type]
        resolve=lambda name: TEAMS.get(name, (name,)),
    )


def waiting(control: ControlPlane, *, by: str = "on-call", **inputs: str) -> Run:
    run = control.dispatch("w.yml", ref="main", inputs=inputs, actor=by)
    return control.wait(run, within=SOON, until=lambda one: one.over or one.status == "waiting")


def ends(control: ControlPlane, run: Run) -> dict[str, str | None]:
    return {job.name: job.conclusion for job in control.archive.jobs_of(run)}


def test_a_protected_environment_is_waited_for_and_an_approval_lets_go(origin: Origin) -> None:
    control = github(origin, reviewers=("acme/ops",))
    crew = ScriptedCrew()
    with control.staffed(crew):
        run = waiting(control)
        assert (run.status, crew.names) == ("waiting", ["before"])
        (pending,) = control.reviews.pending(run)
        assert (pending.rules.name, [job.name for job in pending.jobs]) == ("prod", ["deploy"])
        (deployment,) = control.archive.deployments.find()
        assert (deployment.environment, deployment.state) == ("prod", "waiting")
        approved = control.reviews.review(
            run, ["prod"], "approved", by="hub-ops", comment="go ahead"
        )
        assert [one.id for one in approved] == [deployment.id]
        run = control.wait(run, within=SOON)
    assert run.conclusion == "success"
    assert crew.names[:2] == ["before", "deploy"]
    (review,) = control.reviews.history(run)
    assert (review.by, review.state, review.comment) == ("hub-ops", "approved", "go ahead")
    states = [status.state for status in control.ledger.get(deployment.id).statuses]
    assert states == ["waiting", "queued", "in_progress", "success"]
    told = [r.data for r in read_journal(control.journal.path) if r.kind == "review"]
    kinds = [(one["state"], one["by"]) for one in told]
    assert kinds == [("approved", "hub-ops")]


def test_a_rejection_fails_the_job_and_nothing_of_it_runs(origin: Origin) -> None:
    control = github(origin, reviewers=("acme/ops",))
    crew = ScriptedCrew()
    with control.staffed(crew):
        run = waiting(control)
        control.reviews.review(run, ["prod"], "rejected", by="Octo-Ops", comment="not tonight")
        run = control.wait(run, within=SOON)
    assert crew.names == ["before", "always"]
    assert ends(control, run) == {
        "before": "success",
        "deploy": "failure",
        "after": "skipped",
        "always": "success",
    }
    assert run.cause == "the deployment to prod was rejected by Octo-Ops: not tonight"
    (deployment,) = control.archive.deployments.find()
    assert deployment.state == "failure"


@pytest.mark.parametrize("who", ["Octo", "octo-ops-2", "stranger", "acme/ops", ""])
def test_who_is_no_reviewer_may_not_decide(origin: Origin, who: str) -> None:
    control = github(origin, reviewers=("acme/ops", "owner"))
    with control.staffed(ScriptedCrew()):
        run = waiting(control)
        with pytest.raises(DispatchError, match="not permitted to review") as caught:
            control.reviews.review(run, ["prod"], "approved", by=who, comment="")
        assert caught.value.status == 422
        assert control.run(run.id).status == "waiting"


def test_a_reviewer_may_approve_of_their_own_run_unless_that_is_forbidden(origin: Origin) -> None:
    allowed = github(origin, reviewers=("owner",))
    with allowed.staffed(ScriptedCrew()):
        run = waiting(allowed, by="Owner")
        allowed.reviews.review(run, ["prod"], "approved", by="owner", comment="")
        assert allowed.wait(run, within=SOON).conclusion == "success"


def test_where_it_is_forbidden_nobody_approves_of_their_own_run(origin: Origin) -> None:
    control = github(origin, reviewers=("owner", "acme/ops"), prevent_self_review=True)
    with control.staffed(ScriptedCrew()):
        run = waiting(control, by="Owner")
        with pytest.raises(DispatchError, match="of a run of their own"):
            control.reviews.review(run, ["prod"], "approved", by="owner", comment="")
        control.reviews.review(run, ["prod"], "approved", by="Hub-Ops", comment="")
        assert control.wait(run, within=SOON).conclusion == "success"


def test_what_does_not_wait_cannot_be_reviewed(origin: Origin) -> None:
    control = github(origin, reviewers=("owner",))
    with control.staffed(ScriptedCrew()):
        run = waiting(control, where="staging")
        assert run.conclusion == "success"
        for environments in (["prod"], ["staging"], []):
            with pytest.raises(DispatchError, match="no pending deployment requests"):
                control.reviews.review(run, environments, "approved", by="owner", comment="")


def test_a_timer_has_to_run_down(origin: Origin) -> None:
    control = github(origin, wait_minutes=30, reviewers=("owner",))
    with control.staffed(ScriptedCrew()):
        run = waiting(control)
        control.reviews.review(run, ["prod"], "approved", by="owner", comment="")
        control.reviews.let_pass(timedelta(minutes=29))
        assert control.run(run.id).status == "waiting"
        control.reviews.let_pass(timedelta(minutes=1))
        assert control.wait(run, within=SOON).conclusion == "success"


def test_a_timer_runs_down_by_itself(origin: Origin) -> None:
    control = github(origin, wait_minutes=30)
    with control.staffed(ScriptedCrew()):
        run = waiting(control)
        # But for half a second, the half hour is over.
        control.reviews.let_pass(timedelta(minutes=30, seconds=-1))
        assert control.wait(run, within=SOON).conclusion == "success"


def test_nobody_waits_longer_than_thirty_days(origin: Origin) -> None:
    control = github(origin, reviewers=("owner",))
    with control.staffed(ScriptedCrew()):
        run = waiting(control)
        control.reviews.let_pass(PATIENCE)
        run = control.wait(run, within=SOON)
    assert run.conclusion == "failure"
    assert run.cause == "nobody approved of the deployment to prod within 30 days"


@pytest.mark.parametrize(
    ("branches", "conclusion"),
    [(None, "success"), (("main",), "success"), (("release/*", "v*"), "failure"), ((), "failure")],
)
def test_only_some_branches_may_deploy(
    origin: Origin, branches: tuple[str, ...] | None, conclusion: str
) -> None:
    control = github(origin, branches=branches)
    with control.staffed(ScriptedCrew()):
        run = waiting(control)
    assert run.conclusion == conclusion
    if conclusion == "failure":
        assert run.cause.startswith('Branch "main" is not allowed to deploy to prod')


def test_a_review_is_waited_for_again_by_another_process(origin: Origin) -> None:
    first = github(origin, reviewers=("owner",))
    with first.staffed(ScriptedCrew()):
        run = waiting(first)
    first.close()
    second = control_of(origin, rules={"prod": Rules("prod", reviewers=("owner",))})
    crew = ScriptedCrew()
    with second.staffed(crew):
        assert second.run(run.id).status == "waiting"
        second.reviews.review(run, ["prod"], "approved", by="owner", comment="")
        assert second.wait(run, within=SOON).conclusion == "success"
    assert crew.names[0] == "deploy"


def test_a_cancelled_run_waits_for_nobody(origin: Origin) -> None:
    control = github(origin, reviewers=("owner",))
    with control.staffed(ScriptedCrew()):
        run = waiting(control)
        control.cancel(run)
        run = control.wait(run, within=SOON)
        assert run.conclusion == "cancelled"
        assert control.reviews.pending(run) == []


def test_a_later_success_makes_the_earlier_deployment_inactive(origin: Origin) -> None:
    control = github(origin)
    with control.staffed(ScriptedCrew()):
        waiting(control)
        waiting(control, where="staging")
        waiting(control)
    states = [(one.environment, one.state) for one in control.archive.deployments.find()]
    assert states == [("prod", "inactive"), ("staging", "success"), ("prod", "success")]


def test_a_deployment_fails_with_its_job(origin: Origin) -> None:
    control = github(origin)
    with control.staffed(ScriptedCrew({"deploy": Done("failure")})):
        waiting(control)
    (deployment,) = control.archive.deployments.find()
    assert deployment.state == "failure"


def test_a_skipped_job_deploys_nothing(origin: Origin) -> None:
    control = github(origin, reviewers=("owner",))
    with control.staffed(ScriptedCrew({"before": Done("failure")})):
        run = waiting(control)
    assert ends(control, run)["deploy"] == "skipped"
    assert control.archive.deployments.count() == 0
