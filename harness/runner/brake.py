"""Ends a job that is under way, from another thread.

brake = Brake()
runner.execute(job, journal, brake=brake)      # in one thread
brake.pull(now=False)                          # in another
"""

from __future__ import annotations

import threading
from typing import Protocol

#: Seconds that a job has for its last steps once it was asked to end, as on GitHub.
#: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
CANCEL_WITHIN = 300.0


class Braked(Protocol):
    """What can be ended."""

    def interrupt(self) -> None:
        """Ask act to cancel the job: steps that run even then have their turn."""
        ...

    def end(self) -> None:
        """End it."""
        ...


class Brake:
    """Pulled before, while or after something runs, and safe to pull more than once."""

    def __init__(self, *, within: float = CANCEL_WITHIN) -> None:
        """`within`: seconds after which what was asked to end is ended."""
        self._within = within
        self._lock = threading.Lock()
        self._running: Braked | None = None
        self._timer: threading.Timer | None = None
        self._asked = self._at_once = False

    @property
    def pulled(self) -> bool:
        """Whether somebody has pulled it."""
        return self._asked

    def pull(self, *, now: bool) -> None:
        """Ask what runs to end; with `now`, end it."""
        with self._lock:
            self._asked = True
            self._at_once = self._at_once or now
            running = self._running
        if running is not None:
            self._apply(running)

    def attach(self, running: Braked) -> None:
        """This runs now."""
        with self._lock:
            self._running = running
            asked = self._asked
        if asked:
            self._apply(running)

    def detach(self) -> None:
        """It does not any more."""
        with self._lock:
            self._running = None
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()

    def _apply(self, running: Braked) -> None:
        if self._at_once:
            running.end()
            return
        running.interrupt()
        with self._lock:
            if self._timer is None and self._running is not None:
                self._timer = threading.Timer(self._within, running.end)
                self._timer.daemon = True
                self._timer.start()
