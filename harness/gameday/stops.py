"""What stops a game day: a person, its time box, or a site that has been worse than the plan allows."""

from __future__ import annotations

from typing import NoReturn

from harness.clock import Clock
from harness.errors import SitedrillError
from harness.gameday.desk import Desk
from harness.gameday.plan import Stop
from harness.journal import Journal


class StoppedError(SitedrillError):
    """The day was stopped; whoever holds it puts everything back."""


class Stops:
    """Asked between any two things that a day does; its time counts from when it is made."""

    def __init__(self, plan: Stop, desk: Desk, journal: Journal, clock: Clock) -> None:
        """The time box begins now.

        Args:
            plan: what the plan says about stopping.
            desk: where people's word and the site's availability come in.
            journal: told why.
            clock: whose time counts.
        """
        self._plan = plan
        self._desk = desk
        self._journal = journal
        self._clock = clock
        self._ends = clock.monotonic() + plan.time_box

    def go_on(self) -> None:
        """Go on, unless something says stop.

        Raises:
            StoppedError: it does.
        """
        if self._desk.stopped is not None:
            reason, by = self._desk.stopped
            self.stop(reason, by)
        if self._clock.monotonic() >= self._ends:
            self.stop(f"the time box of the day is over ({self._plan.time_box:g} s)")
        limit = self._plan.availability
        if limit is not None:
            share = self._desk.availability(limit.during)
            if share is not None and share < limit.floor:
                self.stop(
                    f"availability was {share:.1%} for {limit.during:g} s, below {limit.floor:.1%}"
                )

    def stop(self, reason: str, by: str = "the plan") -> NoReturn:
        """Stop the day, and say so in the journal.

        Raises:
            StoppedError: always.
        """
        self._journal.write("stop", reason=reason, by=by)
        raise StoppedError(reason)
