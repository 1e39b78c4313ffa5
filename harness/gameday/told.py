"""A journal that tells whoever listens of each record, once it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from harness.clock import Clock
from harness.journal import Journal, Record

Listener = Callable[[Record], None]


class ToldJournal(Journal):
    """A journal with listeners; what one of them raises never keeps a record from being written."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Nobody listens yet."""
        super().__init__(path, clock=clock)
        self._listeners: list[Listener] = []

    def __enter__(self) -> Self:
        """Open for the length of a `with`."""
        return self

    def listen(self, listener: Listener) -> None:
        """Hear of every record from now on, in the thread that writes it."""
        self._listeners.append(listener)

    def write(self, kind: str, **data: Any) -> Record:
        """Write, then tell."""
        record = super().write(kind, **data)
        for listener in self._listeners:
            listener(record)
        return record
