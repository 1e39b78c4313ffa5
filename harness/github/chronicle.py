"""What the journal is told of runs and jobs as they move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from harness.github.frames import leg_path
from harness.github.outbox import Outbox
from harness.github.protection import Rules
from harness.github.runs import Job, Run

#: The beginning of the cause of what took too long.
TIMED_OUT = "ran longer than"


class Chronicle:
    """Writes records of runs and jobs."""

    def __init__(self, journal: Outbox, rules: Callable[[str], Rules]) -> None:
        """`rules` says what protects an environment."""
        self._journal = journal
        self._rules = rules

    def run_moved(self, run: Run, action: str) -> None:
        """A run was `requested`, is `in_progress` or `completed`."""
        if action == "requested":
            self._journal.write(
                "run.queued",
                run=run.key,
                attempt=run.attempt,
                workflow=run.workflow,
                event=run.event_name,
                ref=run.ref,
                sha=run.sha,
                actor=run.actor,
                title=run.title,
                role=run.role,
                by=str(run.by_run) if run.by_run else "",
            )
        elif action == "in_progress":
            self._journal.write("run.started", run=run.key, workflow=run.workflow, role=run.role)
        else:
            self._journal_end(run)

    def job_moved(self, run: Run, job: Job) -> None:
        """A job is at another status."""
        if job.status == "waiting" and job.environment is not None:
            self._journal.write(
                "job.waiting",
                run=run.key,
                job=leg_path(job),
                environment=job.environment.name,
                reviewers=list(self._rules(job.environment.name).reviewers),
            )

    def _journal_end(self, run: Run) -> None:
        conclusion = conclusion_of(run)
        code = {"success": 0, "skipped": 0, "timed_out": None}.get(conclusion, 1)
        self._journal.write(
            "run.finished",
            run=run.key,
            conclusion=conclusion,
            exit_code=code,
            seconds=_seconds(run),
            cause=run.cause,
        )


def conclusion_of(run: Run) -> str:
    """How a run has ended; one that was ended for its length is `timed_out`."""
    return "timed_out" if run.cause.startswith(TIMED_OUT) else str(run.conclusion)


def _seconds(run: Run) -> float:
    begun, ended = (datetime.fromisoformat(text) for text in (run.started_at, run.updated_at))
    return round((ended - begun) / timedelta(seconds=1), 4)
