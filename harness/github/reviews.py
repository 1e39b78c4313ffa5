"""Letting jobs into protected environments: who waits, who may decide, what was decided.

https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/review-deployments
https://docs.github.com/en/rest/actions/workflow-runs#review-pending-deployments-for-a-workflow-run
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from harness.errors import DispatchError
from harness.github.archive import Deployment, Review
from harness.github.protection import PATIENCE, Rules
from harness.github.runs import Done, Job, Run

if TYPE_CHECKING:
    from harness.github.control import ControlPlane

_OFFSET = "seconds that were let pass"


@dataclass(frozen=True)
class Pending:
    """An environment that a run waits for, and the jobs that wait."""

    rules: Rules
    jobs: tuple[Job, ...]

    @property
    def since(self) -> str:
        """When the first of them began to wait."""
        return min(job.since for job in self.jobs)


class Reviews:
    """The part of the control plane that lets jobs go."""

    def __init__(self, control: ControlPlane) -> None:
        """`control` is what it is a part of."""
        self._control = control
        self._timer: threading.Timer | None = None
        self._closed = False

    def pending(self, run: Run) -> list[Pending]:
        """The environments that a run waits for."""
        waiting: dict[str, list[Job]] = {}
        for job in self._control.archive.jobs_of(run):
            if job.status == "waiting" and job.environment is not None:
                waiting.setdefault(job.environment.name, []).append(job)
        return [Pending(self._control.rules(name), tuple(jobs)) for name, jobs in waiting.items()]

    def may_review(self, person: str, run: Run, rules: Rules) -> bool:
        """Whether somebody may decide about a run's deployment to an environment."""
        return rules.may_review(person, run, self._control.resolve)

    def review(
        self,
        run: Run,
        environments: Collection[str],
        state: Literal["approved", "rejected"],
        *,
        by: str,
        comment: str,
    ) -> list[Deployment]:
        """Approve of a run's deployments to these environments, or reject them.

        Args:
            run: which.
            environments: their names.
            state: what is decided.
            by: who decides.
            comment: why.

        Returns:
            The deployments that it was about.

        Raises:
            DispatchError: GitHub's 422: it does not wait for one of them, or they may not decide.
        """
        control = self._control
        wanted = {name.lower() for name in environments}
        with control.changing():
            run = control.run(run.id)
            pending = [one for one in self.pending(run) if one.rules.name.lower() in wanted]
            if not pending or len(pending) < len(wanted):
                raise DispatchError(
                    "There are no pending deployment requests to approve or reject for "
                    f"{', '.join(sorted(environments)) or 'this run'}"
                )
            for one in pending:
                if not one.rules.reviewers or not self.may_review(by, run, one.rules):
                    raise DispatchError(
                        f"{by} is not permitted to review deployments to {one.rules.name}"
                        + (" of a run of their own" if one.rules.prevent_self_review else ""),
                    )
            self._write_down(run, pending, state, by=by, comment=comment)
            touched = [job for one in pending for job in one.jobs]
            for job in touched:
                if state == "rejected":
                    self._reject(job, by, comment)
                else:
                    control.archive.jobs.put(replace(job, approved=True))
            self._release_due()
        self.set_timer()
        return [
            deployment
            for job in touched
            for deployment in control.archive.deployments.find(job=job.id)
        ]

    def history(self, run: Run) -> list[Review]:
        """What was decided about a run."""
        return self._control.archive.reviews.find(run=run.id)

    def let_pass(self, time: timedelta) -> None:
        """Let timers run as if this much time had passed besides: a drill need not wait for them."""
        with self._control.changing():
            self._control.archive.store.add(_OFFSET, round(time.total_seconds()))
            self._release_due()
        self.set_timer()

    def set_timer(self) -> None:
        """Look again when the next timer of an environment has run down."""
        due = [
            self._control.rules(job.environment.name).timer_ends(datetime.fromisoformat(job.since))
            for job in self._control.archive.jobs.find(status="waiting")
            if job.environment is not None
            and (job.approved or not self._control.rules(job.environment.name).reviewers)
        ]
        if self._timer is not None:
            self._timer.cancel()
        if due and not self._closed:
            seconds = max((min(due) - self._now()).total_seconds(), 0.001)
            self._timer = threading.Timer(seconds, self._look)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """No timer goes on."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()

    def _look(self) -> None:
        if self._closed:
            return
        with self._control.changing():
            self._release_due()
        if not self._closed:
            self.set_timer()

    def _release_due(self) -> None:
        """Let go what has nothing more to wait for; what has waited too long fails."""
        control, now = self._control, self._now()
        for job in control.archive.jobs.find(status="waiting"):
            if job.environment is None:
                continue
            rules = control.rules(job.environment.name)
            since = datetime.fromisoformat(job.since)
            if (job.approved or not rules.reviewers) and now >= rules.timer_ends(since):
                control.scheduler.job_released(job)
            elif now >= since + PATIENCE:
                days = PATIENCE.days
                cause = f"nobody approved of the deployment to {rules.name} within {days} days"
                control.scheduler.job_ends(job, Done("failure", cause=cause))

    def _reject(self, job: Job, by: str, comment: str) -> None:
        where = job.environment.name if job.environment else ""
        cause = f"the deployment to {where} was rejected by {by}" + (
            f": {comment}" if comment else ""
        )
        self._control.scheduler.job_ends(job, Done("failure", cause=cause))

    def _write_down(
        self,
        run: Run,
        pending: Sequence[Pending],
        state: Literal["approved", "rejected"],
        *,
        by: str,
        comment: str,
    ) -> None:
        control = self._control
        review = Review(
            id=control.archive.store.next_number("reviews"),
            run=run.id,
            attempt=run.attempt,
            environments=tuple(one.rules.name for one in pending),
            state=state,
            by=by,
            comment=comment,
            at=control.scheduler.now(),
        )
        control.archive.reviews.put(review)
        for one in pending:
            control.told.write(
                "review",
                run=run.key,
                attempt=run.attempt,
                job=one.jobs[0].name,
                environment=one.rules.name,
                state=state,
                by=by,
                comment=comment,
            )

    def _now(self) -> datetime:
        """The time, with what was let pass."""
        passed = timedelta(seconds=self._control.archive.store.add(_OFFSET, 0))
        return self._control.clock.now() + passed
