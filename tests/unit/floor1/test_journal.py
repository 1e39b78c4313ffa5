"""The journal holds everything, in order, without secrets, whatever happens."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from stepped_clock import SteppedClock

from harness.errors import SitedrillError
from harness.journal import Journal, Record, read_journal

pytestmark = pytest.mark.unit

SECRET = "ghs_0123456789"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "journal.jsonl"


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


def test_a_record_is_one_line_with_number_times_and_kind(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.write("phase", name="world")
        clock.seconds = 3.41234
        written = journal.write("step.output", line='a\nb "é" \u2028')
    assert path.read_text(encoding="utf-8").split("\n") == [
        '{"seq": 1, "t": 0.0, "at": "2026-01-05T10:00:00.000Z", "kind": "phase", "name": "world"}',
        (
            '{"seq": 2, "t": 3.4123, "at": "2026-01-05T10:00:03.412Z", "kind": "step.output",'
            ' "line": "a\\nb \\"é\\" \u2028"}'
        ),
        "",
    ]
    assert read_journal(path)[1] == written
    assert written.data == {"line": 'a\nb "é" \u2028'}


def test_every_record_is_there_as_soon_as_it_is_written(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        for number in range(1, 4):
            journal.write("phase")
            assert len(read_journal(path)) == number


def test_a_closed_journal_takes_nothing_more(path: Path, clock: SteppedClock) -> None:
    journal = Journal(path, clock=clock)
    journal.write("phase")
    journal.close()
    journal.close()
    journal.write("late")
    assert [record.kind for record in read_journal(path)] == ["phase"]


def test_what_is_no_json_is_written_as_text(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.write("odd", path=Path("/a"), text="\ud800")
    (record,) = read_journal(path)
    assert record.data == {"path": "/a", "text": "?"}


def test_secrets_never_reach_the_file(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.write("before", line="nothing secret yet")
        journal.mask([SECRET])
        written = journal.write(
            "aws.call",
            line=f"token {SECRET}, {SECRET}",
            params={"Items": [{"Value": SECRET}, (SECRET, 7)], SECRET: None},
            count=3,
        )
    assert SECRET not in path.read_text()
    assert written.data == {
        "line": "token ***, ***",
        "params": {"Items": [{"Value": "***"}, ["***", 7]], "***": None},
        "count": 3,
    }


def test_masks_add_up_and_the_longest_goes_first(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.mask(["abcd"])
        journal.mask(["abcdefgh", "wxyz"])
        journal.write("line", text="abcdefgh abcd wxyz")
    assert read_journal(path)[0].data["text"] == "*** *** ***"


def test_what_is_too_short_is_not_masked(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.mask(["", "a", "abc"])
        journal.write("line", text="abcabc")
    assert read_journal(path)[0].data["text"] == "abcabc"


def test_secrets_in_an_activitys_error_are_masked(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.mask([SECRET])
        with pytest.raises(ValueError, match=SECRET), journal.activity("fetch"):
            raise ValueError(SECRET)
    assert read_journal(path)[1].data["error"] == "ValueError: ***"


def test_threads_write_whole_lines_numbered_without_gaps(path: Path, clock: SteppedClock) -> None:
    threads, each = 8, 100
    start = threading.Barrier(threads)

    def write(name: int) -> None:
        start.wait()
        for number in range(each):
            journal.write("line", name=name, number=number, padding="x" * 500)

    with Journal(path, clock=clock) as journal:
        running = [threading.Thread(target=write, args=(name,)) for name in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    records = read_journal(path)
    assert [record.seq for record in records] == list(range(1, threads * each + 1))
    for name in range(threads):
        own = [record.data["number"] for record in records if record.data["name"] == name]
        assert own == list(range(each))


def test_an_activity_has_a_beginning_an_end_and_what_was_found(
    path: Path, clock: SteppedClock
) -> None:
    with Journal(path, clock=clock) as journal:
        clock.seconds = 1
        with journal.activity("world", drill="d") as found:
            clock.seconds = 3.5
            found["endpoint"] = "http://e"
    started, finished = read_journal(path)
    assert (started.kind, started.data) == ("world.started", {"drill": "d"})
    assert finished.kind == "world.finished"
    assert finished.data == {
        "drill": "d",
        "endpoint": "http://e",
        "outcome": "done",
        "seconds": 2.5,
    }


@pytest.mark.parametrize(
    ("error", "outcome", "said"),
    [
        (ValueError("no"), "failed", "ValueError: no"),
        (SystemExit(1), "failed", "SystemExit: 1"),
        (KeyboardInterrupt(), "interrupted", None),
    ],
)
def test_an_activity_that_fails_leaves_evidence(
    path: Path, clock: SteppedClock, error: BaseException, outcome: str, said: str | None
) -> None:
    with (
        Journal(path, clock=clock) as journal,
        pytest.raises(type(error)) as caught,
        journal.activity("world"),
    ):
        raise error
    assert caught.value is error
    finished = read_journal(path)[1]
    assert (finished.data["outcome"], finished.data.get("error")) == (outcome, said)


def test_time_goes_on_from_the_opening(path: Path, clock: SteppedClock) -> None:
    clock.seconds = 100
    with Journal(path, clock=clock) as journal:
        clock.seconds = 102
        assert journal.elapsed() == 2
        assert journal.write("phase").t == 2


@pytest.mark.parametrize("cut", ["", '{"seq": 3, "t": 1, "at": "x", "ki', '{"seq": 3}', "7"])
def test_a_last_line_cut_off_is_left_out(path: Path, clock: SteppedClock, cut: str) -> None:
    with Journal(path, clock=clock) as journal:
        journal.write("one")
        journal.write("two")
    with path.open("a") as file:
        file.write(cut)
    assert [record.kind for record in read_journal(path)] == ["one", "two"]


def test_a_character_cut_in_the_middle_is_a_line_cut_off(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.write("one")
        journal.write("two", text="é")
    path.write_bytes(path.read_bytes().split("é".encode())[0] + "é".encode()[:1])
    assert [record.kind for record in read_journal(path)] == ["one"]


@pytest.mark.parametrize("broken", ["{", "[]", '{"seq": 1}', "null"])
def test_a_broken_line_before_the_last_is_an_error(path: Path, broken: str) -> None:
    path.parent.mkdir()
    good = json.dumps({"seq": 1, "t": 0, "at": "", "kind": "one"})
    path.write_text(f"{good}\n{broken}\n{good}\n")
    with pytest.raises(SitedrillError, match=r"journal\.jsonl:2: not a journal record"):
        read_journal(path)


def test_an_empty_journal_and_none(path: Path, clock: SteppedClock) -> None:
    with pytest.raises(SitedrillError, match="cannot read the journal: No such file"):
        read_journal(path)
    Journal(path, clock=clock).close()
    assert read_journal(path) == []


def test_records_read_back_are_plain() -> None:
    assert Record(1, 0.0, "", "phase").data == {}


def test_secrets_in_what_is_written_as_text(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.mask([SECRET])
        journal.write("odd", path=Path("/a") / SECRET, error=ValueError(SECRET), several={SECRET})
    assert SECRET not in path.read_text()


def test_each_line_of_a_secret_is_masked(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.mask(["first-line\nsecond-line"])
        journal.write("x", line="it says second-line")
    assert "second-line" not in path.read_text()


def test_data_does_not_replace_the_records_own_fields(path: Path, clock: SteppedClock) -> None:
    with Journal(path, clock=clock) as journal:
        journal.write("x", seq=9, t=-1)
    assert read_journal(path)[0].seq == 1
