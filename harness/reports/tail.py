"""Reading a journal while another process is still writing it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class Tail:
    """What is new in one journal since the last look.

    Only whole lines count: the end of a line that is being written waits for the next look. A line
    that is not a record is passed over; the reports made afterwards will complain about it.
    """

    def __init__(self, path: Path) -> None:
        """Begin at the beginning; the file need not be there yet."""
        self.path = path
        self._offset = 0

    def read(self) -> Iterator[Mapping[str, Any]]:
        """The records written since the last call, as they stand in the file."""
        try:
            if self.path.stat().st_size < self._offset:
                self._offset = 0  # The file was begun anew.
            with self.path.open("rb") as file:
                file.seek(self._offset)
                news = file.read()
        except OSError:
            return
        whole = news[: news.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record
