"""What SIGINT, SIGTERM and SIGHUP do while a command is at work."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_on_signal() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what SIGINT does: raise KeyboardInterrupt where we are."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with _handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), interrupt):
        yield


@contextmanager
def stops_on_signal(stop: threading.Event) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP set `stop` instead of ending us in the middle."""
    with _handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), lambda *_: stop.set()):
        yield


@contextmanager
def _handled(numbers: tuple[signal.Signals, ...], handler: Callable[..., None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
