"""The SQLite database of past runs, as bytes: read, and written with more runs in it.

Bytes, because a database in S3 is fetched and put as a whole, and one on disk is replaced as a whole:
nobody ever meets half of one. https://www.sqlite.org/c3ref/serialize.html
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from harness.errors import ConfigError
from harness.history.runs import DrillRow, RunRow

#: In `PRAGMA user_version`; grows when an older sitedrill would go wrong.
SCHEMA = 1
#: In `PRAGMA application_id`, so that nobody's other database is written into: "sdhi".
APPLICATION = 0x73646869

_TABLES = f"""
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  started TEXT NOT NULL,
  repository TEXT NOT NULL,
  commit_sha TEXT,
  cloud TEXT NOT NULL,
  runner TEXT NOT NULL,
  versions TEXT NOT NULL
);
CREATE TABLE drills (
  run TEXT NOT NULL REFERENCES runs (id),
  drill TEXT NOT NULL,
  verdict TEXT NOT NULL,
  recovery_seconds REAL,
  time_to_deploy_seconds REAL,
  availability REAL,
  cause TEXT NOT NULL,
  PRIMARY KEY (run, drill)
);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {SCHEMA};
"""


def read(image: bytes | None, *, name: str) -> list[RunRow]:
    """Every run in the database, the oldest first; none when there is no database yet.

    Args:
        image: the database.
        name: where it lies, for errors.

    Raises:
        ConfigError: it is damaged, of a newer sitedrill, or no history.
    """
    if image is None:
        return []
    with _opened(image, name) as database:
        drills: dict[str, list[DrillRow]] = {}
        for run, *fields in database.execute(
            "SELECT run, drill, verdict, recovery_seconds, time_to_deploy_seconds, availability, cause"
            " FROM drills ORDER BY drill"
        ):
            drills.setdefault(run, []).append(DrillRow(*fields))
        return [
            RunRow(
                id=run, started=started, repository=repository, commit=commit, cloud=cloud,
                runner=runner, versions=json.loads(versions), drills=tuple(drills.get(run, ())),
            )
            for run, started, repository, commit, cloud, runner, versions in database.execute(
                "SELECT id, started, repository, commit_sha, cloud, runner, versions"
                " FROM runs ORDER BY started, id"
            )
        ]  # fmt: skip


def with_runs(image: bytes | None, runs: Sequence[RunRow], *, name: str) -> bytes:
    """The database with these runs in it; one that is there already is replaced, not doubled.

    Raises:
        ConfigError: it is damaged, of a newer sitedrill, or no history.
    """
    with _opened(image, name) as database:
        for run in runs:
            database.execute("DELETE FROM drills WHERE run = ?", (run.id,))
            database.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    run.id, run.started, run.repository, run.commit, run.cloud, run.runner,
                    json.dumps(dict(run.versions), sort_keys=True),
                ),
            )  # fmt: skip
            database.executemany(
                "INSERT INTO drills VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        run.id, row.drill, row.verdict, row.recovery_seconds,
                        row.time_to_deploy_seconds, row.availability, row.cause,
                    )
                    for row in run.drills
                ],
            )  # fmt: skip
        database.commit()
        return database.serialize()


@contextmanager
def _opened(image: bytes | None, name: str) -> Iterator[sqlite3.Connection]:
    """The database in memory; a new one without an image."""
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            if image is None:
                database.executescript(_TABLES)
            elif not image:
                raise _unfit(name, "contents", "", "a history of sitedrill's")
            else:
                database.deserialize(image)
                _check(database, name)
            yield database
        except (sqlite3.Error, ValueError) as error:
            raise _unfit(name, "contents", str(error), "an undamaged SQLite database") from error


def _check(database: sqlite3.Connection, name: str) -> None:
    if (found := _pragma(database, "quick_check")) != "ok":
        raise _unfit(name, "contents", str(found), "an undamaged SQLite database")
    if (found := _pragma(database, "application_id")) != APPLICATION:
        raise _unfit(name, "application_id", found, f"{APPLICATION}, a history of sitedrill's")
    if (found := _pragma(database, "user_version")) != SCHEMA:
        raise _unfit(name, "user_version", found, f"{SCHEMA}, what this sitedrill reads and writes")


def _pragma(database: sqlite3.Connection, name: str) -> object:
    return database.execute(f"PRAGMA {name}").fetchone()[0]


def _unfit(name: str, key: str, value: object, expected: str) -> ConfigError:
    return ConfigError(
        file=name,
        key=key,
        value=value,
        expected=expected,
        hint="it was left as it is; name another place with --history, or move it away",
    )
