"""Two runs that shall meet: each stands still at its first change until the other has come up to it.

    meeting = Meeting(run.key, archive=control.archive, journal=journal, clock=clock)
    gateway.subscribe(meeting)
    ...                                 # the response is dispatched
    meeting.let_go()                    # when nobody is to come any more

Without it two runs that may both change the site would do so at once only now and then, and a drill
of their taking turns would be met by luck. With it the other one has always begun to wait for its
turn, or has begun to change the site itself, before either goes on.
"""

from __future__ import annotations

import asyncio
import threading

from harness.checks.changes import NEVER_A_CHANGE, by_run
from harness.clock import Clock
from harness.cloud.calls import AwsCall
from harness.errors import PollTimeoutError
from harness.github.archive import Archive
from harness.github.runs import Run
from harness.journal import Journal
from harness.polling import poll

#: Seconds that a run stands still at most; AWS's own clients wait 60 s for an answer.
#: https://docs.aws.amazon.com/cli/latest/topic/config-vars.html
STANDS_STILL = 30.0
#: What a run is for that is to be met.
ROLE = "response"


class Meeting:
    """Keeps the answers to the first changes of two runs back, until each has come up to the other."""

    def __init__(self, run: str, *, archive: Archive, journal: Journal, clock: Clock) -> None:
        """Nothing has happened yet.

        Args:
            run: the id of the run that the drill's response shall meet.
            archive: knows of the response, and whether it waits.
            journal: is told how the meeting went, as `met`.
            clock: whose time counts.
        """
        self._run = run
        self._archive = archive
        self._journal = journal
        self._clock = clock
        self._callers: set[str] = set()
        self._changing: set[str] = set()
        self._let_go = threading.Event()

    async def __call__(self, call: AwsCall) -> None:
        """Hear of a change, before whoever made it gets its answer."""
        if call.service in NEVER_A_CHANGE or call.caller in self._callers:
            return
        self._callers.add(call.caller)
        for run in self._both():
            if by_run(run.key)(call.caller) and run.key not in self._changing:
                self._changing.add(run.key)
                await asyncio.to_thread(self._stand_still, run.key)

    def let_go(self) -> None:
        """Nobody is waited for any more."""
        self._let_go.set()

    def _both(self) -> list[Run]:
        return [
            run for run in self._archive.runs.find() if run.key == self._run or run.role == ROLE
        ]

    def _stand_still(self, run: str) -> None:
        begun = self._clock.monotonic()
        try:
            how = poll(
                lambda: self._how_met(run),
                within=STANDS_STILL,
                waiting_for="the other to come up to it",
                clock=self._clock,
                longest_pause=0.05,
            )
        except PollTimeoutError:
            how = "nobody came"
        self._journal.write(
            "met", run=run, how=how, seconds=round(self._clock.monotonic() - begun, 3)
        )

    def _how_met(self, run: str) -> str | None:
        if self._let_go.is_set():
            return "let go"
        for other in self._both():
            if other.key == run:
                continue
            if other.over:
                return f"run {other.key} was over"
            if other.key in self._changing:
                return f"run {other.key} changes something too"
            jobs = self._archive.jobs_of(other)
            if other.status == "pending" or any(job.status == "pending" for job in jobs):
                return f"run {other.key} waits for its turn"
        return None
