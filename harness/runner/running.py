"""A job from its start to its end: what act prints is journaled as it happens, its time is kept.

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
from harness.runner.brake import Brake
from harness.runner.events import read_events
from harness.runner.job import Job, Listener, Outcome
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

    def interrupt(self) -> None:
        """Ask act to cancel the job, as SIGINT does; may be called from another thread."""
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
    listener: Listener | None = None,
    brake: Brake | None = None,
) -> Outcome:
    """Run the job to its end, or to its timeout.

    Journals `job.started`, every step, line and summary, and `job.finished`.

    Args:
        job: which.
        journal: told everything.
        start: begins it; leaving its context ends whatever is left of it.
        clock: whose time counts.
        listener: told what happens in it, too.
        brake: ends it from elsewhere.
    """
    brake = brake or Brake()
    journal.mask(job.secrets.values())
    journal.write("job.started", run=job.run, job=job.name)
    started = clock.monotonic()
    story = Story(job.run, job.name, job.own, job.outputs_from, journal, listener)
    outcome = Outcome("cancelled", None, 0)
    try:
        code, timed_out, stopped = _watch(job, story, start, brake)
        conclusion, cause = _judged(job, story, code, timed_out=timed_out, stopped=stopped)
        seconds = round(clock.monotonic() - started, 4)
        outcome = Outcome(conclusion, code, seconds, cause, story.outputs)
    finally:
        journal.write(
            "job.finished",
            run=job.run,
            job=job.name,
            outcome=outcome.conclusion,
            exit_code=outcome.exit_code,
            seconds=round(clock.monotonic() - started, 4),
            cause=outcome.cause,
        )
    return outcome


def _judged(
    job: Job, story: Story, code: int, *, timed_out: bool, stopped: bool
) -> tuple[str, str]:
    """The conclusion, and why it is not success.

    `stopped`: it was asked to end before it had ended. act says success of a job that it is asked to
    end before its first step; on GitHub a job that was cancelled is cancelled.
    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
    """
    if timed_out:
        return "timed_out", f"ran longer than {job.timeout:g} s"
    if stopped:
        return "cancelled", ""
    if story.result is None:
        return ("failure", story.cause()) if code else ("skipped", "")
    return (story.result, "" if story.result == "success" else story.cause())


def _watch(
    job: Job, story: Story, start: Callable[[], AbstractContextManager[Running]], brake: Brake
) -> tuple[int, bool, bool]:
    """The exit code, whether the time was up, and whether it was asked to end before it had ended."""
    timed_out = threading.Event()
    stopped = False
    with start() as running:

        def give_up() -> None:
            timed_out.set()
            running.end()

        timer = threading.Timer(job.timeout, give_up)
        timer.daemon = True
        timer.start()
        brake.attach(running)
        try:
            for event in read_events(running.lines()):
                ended = story.result is not None
                story.tell(event)
                if not ended and story.result is not None:
                    stopped = brake.pulled
            stopped = stopped or (story.result != "success" and brake.pulled)
            return running.wait(), timed_out.is_set(), stopped
        finally:
            brake.detach()
            timer.cancel()
            # It may be ending the run right now: what it uses is closed next.
            timer.join()
