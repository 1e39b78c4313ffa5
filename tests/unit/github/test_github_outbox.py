"""The journal is told of what is kept, and of nothing else, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.github.outbox import Outbox
from harness.github.store import Store
from harness.journal import Journal, read_journal

pytestmark = pytest.mark.unit


class Killed(BaseException):
    pass


def opened(folder: Path) -> tuple[Store, Journal, Outbox]:
    store = Store(folder / "github.db")
    journal = Journal(folder / "journal.jsonl", clock=SystemClock())
    return store, journal, Outbox(store, journal)


def told(folder: Path) -> list[tuple[str, int]]:
    records = read_journal(folder / "journal.jsonl")
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    return [(record.kind, record.data["n"]) for record in records]


def test_what_is_kept_is_told_in_order(tmp_path: Path) -> None:
    store, journal, outbox = opened(tmp_path)
    with store.change():
        outbox.write("one", n=1)
        with store.change():
            outbox.write("two", n=2)
        assert told(tmp_path) == []
    assert told(tmp_path) == [("one", 1), ("two", 2)]
    outbox.write("three", n=3)
    assert told(tmp_path)[2:] == [("three", 3)]
    store.close()
    journal.close()


def test_what_is_not_kept_is_not_told(tmp_path: Path) -> None:
    store, journal, outbox = opened(tmp_path)

    def fails() -> None:
        with store.change():
            outbox.write("one", n=1)
            raise Killed

    with pytest.raises(Killed):
        fails()
    outbox.write("two", n=2)
    assert told(tmp_path) == [("two", 2)]
    store.close()
    journal.close()


@pytest.mark.parametrize("got_to", [0, 1, 2])
def test_a_kill_between_keeping_and_telling(
    tmp_path: Path, got_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, journal, outbox = opened(tmp_path)
    write, wrote = journal.write, []

    def stops(kind: str, **data: object) -> None:
        if len(wrote) == got_to:
            raise Killed
        wrote.append(write(kind, **data))

    monkeypatch.setattr(journal, "write", stops)

    def change() -> None:
        with store.change():
            outbox.write("one", n=1)
            outbox.write("one", n=2)
            outbox.write("three", n=3)

    with pytest.raises(Killed):
        change()
    store.close()
    journal.close()
    assert len(told(tmp_path)) == got_to
    store, journal, _ = opened(tmp_path)
    assert told(tmp_path) == [("one", 1), ("one", 2), ("three", 3)]
    store.close()
    journal.close()
    store, journal, _ = opened(tmp_path)
    assert len(told(tmp_path)) == 3
    store.close()
    journal.close()


def test_a_journal_goes_on_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, clock=SystemClock()) as journal:
        journal.write("one", n=1)
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "t": 0.1, "at"')
    with Journal(path, clock=SystemClock()) as journal:
        assert journal.write("two", n=2).seq == 2
    first, second = read_journal(path)
    assert second.t >= first.t
    assert told(tmp_path) == [("one", 1), ("two", 2)]
