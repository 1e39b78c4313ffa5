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
        code, timed_out = _watch(job, story, start, brake)
        conclusion, cause = _judged(job, story, code, timed_out=timed_out, brake=brake)
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


def _judged(job: Job, story: Story, code: int, *, timed_out: bool, brake: Brake) -> tuple[str, str]:
    """The conclusion, and why it is not success."""
    if timed_out:
        return "timed_out", f"ran longer than {job.timeout:g} s"
    if brake.pulled and story.result != "success":
        return "cancelled", ""
    if story.result is None:
        return ("failure", story.cause()) if code else ("skipped", "")
    return (story.result, "" if story.result == "success" else story.cause())


def _watch(
    job: Job, story: Story, start: Callable[[], AbstractContextManager[Running]], brake: Brake
) -> tuple[int, bool]:
    timed_out = threading.Event()
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
                story.tell(event)
            return running.wait(), timed_out.is_set()
        finally:
            brake.detach()
            timer.cancel()
            # It may be ending the run right now: what it uses is closed next.
            timer.join()
