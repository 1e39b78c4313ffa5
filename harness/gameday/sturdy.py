"""Standard output that may go away: what cannot be written any more is dropped, and nothing stops."""

from __future__ import annotations

import io
import sys
from typing import TextIO


class Sturdy(io.TextIOBase):
    """A stream in front of another one, which may be a terminal that somebody closes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream` is standard output where none is given."""
        self._stream = stream or sys.stdout

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream behind it."""
        return self._stream.encoding

    def write(self, text: str) -> int:
        """Write, if anybody is there."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        """Flush, if anybody is there."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Of the stream behind it."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always: it takes everything."""
        return True
