"""The one way to wait for something: a deadline, a growing pause, and the last thing seen.

poll(lambda: probe() or None, within=5, waiting_for="the edge to answer", clock=clock)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.clock import Clock
from harness.errors import PollTimeoutError

T = TypeVar("T")


def poll(
    look: Callable[[], T | None],
    *,
    within: float,
    waiting_for: str,
    clock: Clock,
    last_seen: Callable[[], str] = lambda: "",
    first_pause: float = 0.005,
    longest_pause: float = 0.25,
) -> T:
    """Call `look` until it returns something other than None, and return that.

    Args:
        look: returns None while the condition does not hold; what it raises is raised.
        within: seconds, on the clock's monotonic time, after which to give up.
        waiting_for: what is expected, for the message.
        clock: whose time counts.
        last_seen: describes the last observation when the deadline passes.
        first_pause: seconds before the second look; doubles up to `longest_pause`.
        longest_pause: seconds, the longest pause between two looks.

    Raises:
        PollTimeoutError: nothing by the deadline; names what was expected and what was last seen.
    """
    deadline = clock.monotonic() + within
    pause = first_pause
    while True:
        found = look()
        if found is not None:
            return found
        left = deadline - clock.monotonic()
        if left <= 0:
            seen = last_seen()
            raise PollTimeoutError(
                f"waited {within:g} s for {waiting_for}" + (f"; last seen: {seen}" if seen else "")
            )
        clock.sleep(min(pause, left))
        pause = min(pause * 2, longest_pause)
