"""A run from its start to its end: what act prints is journaled as it happens, its time is kept.

    conduct(job, journal, start=lambda: ..., clock=clock)  ->  Outcome

The same for every kind of runner; how act is started, and how it and everything it started is ended,
is the runner's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from harness.clock import Clock
from harness.journal import Journal
from harness.runner.events import read_events
from harness.runner.job import Job, Outcome
from harness.runner.story import Story

#: Seconds between asking a run to end and ending it.
GRACE = 5.0


class Running(Protocol):
    """act at work, wherever it runs."""

    def lines(self) -> Iterator[str]:
        """What it prints, as it comes, until it has closed its output."""
        ...

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        ...

    def end(self) -> None:
        """Ask it and everything it started to end, and end what does not within `GRACE` seconds.

        May be called from another thread, and more than once.
        """
        ...


def conduct(
    job: Job,
    journal: Journal,
    *,
    start: Callable[[], AbstractContextManager[Running]],
    clock: Clock,
) -> Outcome:
    """Run the job to its end, or to its timeout.

    Journals `run.started`, every job, step, line and summary, and `run.finished`.

    Args:
        job: the run.
        journal: told everything.
        start: begins the run; leaving its context ends whatever is left of it.
        clock: whose time counts.
    """
    journal.mask(job.secrets.values())
    journal.write("run.started", run=job.run, workflow=job.workflow, role=job.role)
    started = clock.monotonic()
    story = Story(job.run, journal)
    outcome = Outcome("cancelled", None, 0)
    try:
        code, timed_out = _watch(job, story, start)
        conclusion = "timed_out" if timed_out else ("failure" if code else "success")
        cause = f"ran longer than {job.timeout:g} s" if timed_out else story.cause()
        outcome = Outcome(
            conclusion,
            code,
            round(clock.monotonic() - started, 4),
            "" if conclusion == "success" else cause,
        )
    finally:
        journal.write(
            "run.finished",
            run=job.run,
            conclusion=outcome.conclusion,
            exit_code=outcome.exit_code,
            seconds=round(clock.monotonic() - started, 4),
            cause=outcome.cause,
        )
    return outcome


def _watch(
    job: Job, story: Story, start: Callable[[], AbstractContextManager[Running]]
) -> tuple[int, bool]:
    timed_out = threading.Event()
    with start() as running:

        def give_up() -> None:
            timed_out.set()
            running.end()

        timer = threading.Timer(job.timeout, give_up)
        timer.daemon = True
        timer.start()
        try:
            for event in read_events(running.lines()):
                story.tell(event)
            return running.wait(), timed_out.is_set()
        finally:
            timer.cancel()
            # It may be ending the run right now: what it uses is closed next.
            timer.join()
