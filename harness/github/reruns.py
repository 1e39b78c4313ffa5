"""Running something again: a new attempt of the same run, with what is kept of the last one.

https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import DispatchError
from harness.github.frames import Frame, book_of
from harness.github.runs import Job, Run
from harness.github.scheduler import JOBS_FROM

if TYPE_CHECKING:
    from harness.github.control import ControlPlane


def rerun(
    control: ControlPlane, run: Run, *, actor: str, failed_only: bool = False, only: int = 0
) -> Run:
    """Begin the next attempt of a run, within a change of the archive.

    Args:
        control: whose run it is.
        run: which.
        actor: who asks.
        failed_only: the jobs that did not succeed, and those after them; all jobs otherwise.
        only: the id of one job, which is run with those after it.

    Raises:
        DispatchError: GitHub's 403: it goes on still, or there is no such job.
    """
    if not run.over:
        raise DispatchError("This workflow is already running", status=403)
    jobs = control.archive.jobs_of(run)
    kept: Collection[Job] = ()
    if failed_only or only:
        names = _again(control.scheduler.frames.of_run(run), jobs, only)
        if not names:
            raise DispatchError("This workflow run has no failed jobs", status=403)
        kept = [job for job in jobs if _top(job) not in names]
    control.archive.end_attempt(run)
    fresh = replace(
        run,
        attempt=run.attempt + 1,
        triggering_actor=actor,
        status="queued",
        conclusion=None,
        cancelled=False,
        cause="",
    )
    for job in kept:
        number = control.archive.store.next_number("jobs", first=JOBS_FROM)
        control.archive.jobs.put(replace(job, id=number, attempt=fresh.attempt))
    return control.scheduler.begin(fresh)


def _again(frame: Frame, jobs: Collection[Job], only: int) -> set[str]:
    """The jobs of the run's own workflow that are run again, and all that need them."""
    book = book_of([job for job in jobs if "/" not in job.path])
    if only:
        found = {_top(job) for job in jobs if job.id == only}
        if not found:
            raise DispatchError("Not Found", status=404)
    else:
        found = {
            name
            for name, legs in book.items()
            if any(leg.conclusion in {"failure", "cancelled"} for leg in legs)
        }
    grown = True
    while grown:
        after = {
            name
            for name, declared in frame.workflow.jobs.items()
            if found.intersection(declared.needs)
        }
        grown = not after <= found
        found |= after
    return found


def _top(job: Job) -> str:
    """The id, in the run's own workflow, of the job or of the one that calls it."""
    return job.path.split("/", 1)[0].partition("[")[0]
