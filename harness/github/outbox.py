"""What the journal is told of changes: once they are kept, and once only, wherever the process is killed.

    outbox = Outbox(store, journal)
    with store.change():
        ...
        outbox.write("run.queued", run=run.key)     # in the journal when the change is, or never

A record lies in the archive, within the change that it tells of, until the journal has it. A process that
was killed between the two leaves it there; the next one looks whether the journal has it already.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from harness.github.store import Store
from harness.journal import Journal, read_journal


class Outbox:
    """Lies between an archive and a journal; safe to use from several threads."""

    def __init__(self, store: Store, journal: Journal) -> None:
        """Bring what a killed process has left."""
        self._store = store
        self._journal = journal
        self._lock = threading.Lock()
        self._waiting = True
        with store.change():
            store.rows(
                "CREATE TABLE IF NOT EXISTS outbox "
                "(id INTEGER PRIMARY KEY AUTOINCREMENT, after INTEGER, kind TEXT, data TEXT)"
            )
        self._catch_up()
        store.when_kept(self.flush)

    def write(self, kind: str, **data: Any) -> None:
        """Tell the journal, once what is being changed is kept."""
        told = json.dumps(data, ensure_ascii=False, default=str)
        with self._store.change():
            self._waiting = True
            self._store.rows(
                "INSERT INTO outbox (after, kind, data) VALUES (?, ?, ?)",
                (self._journal.seq, kind, told),
            )

    def flush(self) -> None:
        """Give the journal what is kept."""
        if not self._waiting:
            return
        with self._lock:
            self._waiting = False
            rows = self._rows()
            for _, _, kind, data in rows:
                self._journal.write(kind, **json.loads(data))
            if rows:
                self._forget(rows[-1][0])

    def _catch_up(self) -> None:
        """What lies here, unless the journal was told of it right before the process ended."""
        rows = self._rows()
        if not rows:
            self._waiting = False
            return
        there = [record for record in read_journal(self._journal.path) if record.seq > rows[0][1]]
        for number, after, kind, data in rows:
            told = self._journal.masked(json.loads(data))
            found = next(
                (
                    record
                    for record in there
                    if record.seq > after and record.kind == kind and record.data == told
                ),
                None,
            )
            if found is not None:
                there.remove(found)
            else:
                self._journal.write(kind, **json.loads(data))
            self._forget(number)
        self._waiting = False

    def _rows(self) -> list[tuple[Any, ...]]:
        return self._store.rows("SELECT id, after, kind, data FROM outbox ORDER BY id")

    def _forget(self, last: int) -> None:
        self._store.rows("DELETE FROM outbox WHERE id <= ?", (last,))
