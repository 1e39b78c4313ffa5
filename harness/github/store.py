"""What GitHub remembers, in one SQLite file that a killed process cannot leave half-written.

    store = Store(directory / "github.db")
    runs = Table(store, "runs", Run, {"status": lambda run: run.status})
    with store.change():                    # all of it, or nothing
        runs.put(run)
    runs.find(status="queued")

A record is a frozen dataclass, kept as JSON beside the columns it is looked up by.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from harness.errors import SitedrillError

T = TypeVar("T")

#: Says how the tables are made; another number is another program's file.
EDITION = 1
Column = str | int | None
#: What a column must be: a value, one of several, or (None) absent.
Wanted = Column | Collection[Column]
#: Conditions on the order of a column's values: the column, a sign, a value.
Where = Sequence[tuple[str, str, str]]


class Store:
    """One file, one connection, one writer at a time; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it when it is not there.

        Raises:
            SitedrillError: it is no file of ours, or of another edition.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._hooks: list[Callable[[], None]] = []
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            # With a log written ahead, what was committed survives the death of the process.
            # https://sqlite.org/wal.html
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._check_edition()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise SitedrillError(f"{path}: cannot be read: {error}") from error

    def _check_edition(self) -> None:
        (edition,) = self._database.execute("PRAGMA user_version").fetchone()
        if edition not in {0, EDITION}:
            raise SitedrillError(
                f"{self.path} was written by another version of sitedrill (edition {edition}, "
                f"this one reads {EDITION})",
                hint="begin in another folder, or remove this one",
            )
        self._database.execute(f"PRAGMA user_version = {EDITION}")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
        )

    @contextmanager
    def change(self) -> Iterator[None]:
        """Everything that is put within is kept together, or, when something is raised, not at all.

        May be entered again within itself; the outermost decides.
        """
        with self._lock:
            outermost = self._depth == 0
            with self._entered():
                yield
        if outermost:
            for hook in self._hooks:
                hook()

    @contextmanager
    def _entered(self) -> Iterator[None]:
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
        else:
            self._database.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            else:
                self._database.execute("COMMIT")
            finally:
                self._depth = 0

    def when_kept(self, hook: Callable[[], None]) -> None:
        """Call this after every change that was kept, once the next may begin."""
        self._hooks.append(hook)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """While this is open nobody else changes anything."""
        with self._lock:
            yield

    def rows(self, sql: str, values: tuple[Column, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def next_number(self, name: str, *, first: int = 1) -> int:
        """The next of the numbers of this name; none is given twice."""
        return first - 1 + self.add(name, 1)

    def add(self, name: str, amount: int) -> int:
        """Let the counter of this name, which begins at 0, go on by an amount; where it is then."""
        with self.change():
            found = self.rows("SELECT value FROM counters WHERE name = ?", (name,))
            number = (int(found[0][0]) if found else 0) + amount
            self.rows("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, number))
            return number

    def close(self) -> None:
        """Let go of the file, everything in it; may be called again."""
        with self._lock:
            self._database.close()


class Table(Generic[T]):
    """Records of one kind, by their `id`, in the order in which they were first put."""

    def __init__(
        self, store: Store, name: str, kind: type[T], columns: Mapping[str, Callable[[T], Column]]
    ) -> None:
        """Make the table when it is not there.

        Args:
            store: where.
            name: the table's.
            kind: a dataclass with an `id`.
            columns: what records are looked up by, and how each value is read off a record.
        """
        self._store = store
        self._name = name
        self._adapter = TypeAdapter(kind)
        self._columns = dict(columns)
        told = "".join(f", {column}" for column in columns)
        with store.change():
            store.rows(
                f"CREATE TABLE IF NOT EXISTS {name} "
                f"(seq INTEGER PRIMARY KEY, id UNIQUE NOT NULL, record TEXT NOT NULL{told})"
            )
            for column in columns:
                store.rows(f"CREATE INDEX IF NOT EXISTS {name}_{column} ON {name} ({column})")

    def put(self, record: T) -> T:
        """Keep a record, in place of the one that has its id."""
        told = self._adapter.dump_json(record).decode()
        values = [read(record) for read in self._columns.values()]
        names = ["id", "record", *self._columns]
        replaced = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        with self._store.change():
            self._store.rows(
                f"INSERT INTO {self._name} ({', '.join(names)}) "  # noqa: S608 - our own names
                f"VALUES ({', '.join('?' * len(names))}) ON CONFLICT (id) DO UPDATE SET {replaced}",
                (getattr(record, "id"), told, *values),  # noqa: B009 - no protocol says so of T
            )
        return record

    def get(self, record_id: Column) -> T | None:
        """The record of this id."""
        found = self._store.rows(
            f"SELECT record FROM {self._name} WHERE id = ?",  # noqa: S608
            (record_id,),
        )
        return self._adapter.validate_json(found[0][0]) if found else None

    def find(
        self,
        *,
        newest_first: bool = False,
        limit: int = -1,
        offset: int = 0,
        where: Where = (),
        **wanted: Wanted,
    ) -> list[T]:
        """Those whose columns are as wanted: a value, or one of a collection of values."""
        told, values = _where(wanted, where)
        order = "DESC" if newest_first else "ASC"
        found = self._store.rows(
            f"SELECT record FROM {self._name}{told} ORDER BY seq {order} LIMIT ? OFFSET ?",  # noqa: S608
            (*values, limit, offset),
        )
        return [self._adapter.validate_json(record) for (record,) in found]

    def count(self, *, where: Where = (), **wanted: Wanted) -> int:
        """How many there are."""
        told, values = _where(wanted, where)
        return int(self._store.rows(f"SELECT COUNT(*) FROM {self._name}{told}", values)[0][0])  # noqa: S608

    def values(self, column: str) -> list[Column]:
        """The different values of a column."""
        found = self._store.rows(f"SELECT DISTINCT {column} FROM {self._name}")  # noqa: S608
        return [value for (value,) in found]

    def remove(self, record_id: Column) -> None:
        """Keep it no longer."""
        with self._store.change():
            self._store.rows(f"DELETE FROM {self._name} WHERE id = ?", (record_id,))  # noqa: S608


def _where(wanted: Mapping[str, Wanted], where: Where) -> tuple[str, tuple[Column, ...]]:
    parts = [f"{column} {sign} ?" for column, sign, _ in where]
    values: list[Column] = [value for _, _, value in where]
    for column, value in wanted.items():
        if value is None:
            parts.append(f"{column} IS NULL")
        elif isinstance(value, str | int):
            parts.append(f"{column} = ?")
            values.append(value)
        else:
            parts.append(f"{column} IN ({', '.join('?' * len(value))})")
            values.extend(value)
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), tuple(values)
