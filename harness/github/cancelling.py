"""Ending what somebody does not want any more, as GitHub ends it.

What waits does not begin. What runs is asked to stop, unless its `if` is true even now: so `always()`
keeps a job alive. Jobs that have not come to be yet are asked, too, once their time comes.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.github.archive import Archive
from harness.github.expressions import ExpressionError, holds
from harness.github.frames import book_of
from harness.github.runs import Done, Job, Run

if TYPE_CHECKING:
    from harness.github.scheduler import Scheduler

#: What an `if` finds of the status once a run was cancelled.
_CANCELLED = {
    "success": lambda: False,
    "failure": lambda: False,
    "cancelled": lambda: True,
    "always": lambda: True,
}


class Cancelling:
    """The part of the scheduler that ends runs and jobs; used within a change of the archive."""

    def __init__(
        self, archive: Archive, scheduler: Scheduler, *, stop: Callable[[Job], None]
    ) -> None:
        """`stop` asks whoever executes a job to end it."""
        self._archive = archive
        self._scheduler = scheduler
        self._stop = stop

    def cancel(self, run: Run, *, cause: str, force: bool = False) -> None:
        """End a run; with `force`, whatever its jobs say."""
        run = self._scheduler.again(run)
        if run.over:
            return
        never_began = run.status == "pending"
        run = self._scheduler.put_run(run, cancelled=True, cause=cause or run.cause)
        for job in self._archive.jobs_of(run):
            if not job.over and not job.calls:
                self.cancel_job(run, job, force=force)
        if never_began:
            self._scheduler.end_run(run, [])
        else:
            self._scheduler.advance(run)

    def cancel_job(self, run: Run, job: Job, *, force: bool) -> None:
        """End a job: at once where no runner has it."""
        job = self._scheduler.job_again(job)
        if job.over:
            return
        if job.status != "in_progress":
            self._scheduler.job_ends(job, Done("cancelled", cause=job.cause), cancelled=True)
        elif force or not self._still_holds(run, job):
            self._scheduler.put_job(job, cancelled=True)
            self._stop(job)

    def displace(self, who: Run | Job, cause: str) -> None:
        """Somebody has to give way in a concurrency group."""
        if isinstance(who, Run):
            self.cancel(who, cause=cause)
            return
        run = self._scheduler.run_of(who)
        if who.calls:
            self.cancel(run, cause=cause)
            return
        self._archive.jobs.put(replace(self._scheduler.job_again(who), cause=cause))
        self.cancel_job(run, who, force=True)

    def _still_holds(self, run: Run, job: Job) -> bool:
        book = book_of(self._archive.jobs_of(run))
        frame, declared = self._scheduler.frames.of_job(run, job, book)
        context = frame.context(frame.needs(declared, book) or {})
        try:
            return holds(declared.condition or "success()", context, _CANCELLED)
        except ExpressionError:
            return False
