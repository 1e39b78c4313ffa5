from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console
from written_drills import Drills, FakeClock

from harness.clock import SystemClock
from harness.journal import Journal
from harness.polling import poll
from harness.reports.progress import follow
from harness.reports.tail import Tail

pytestmark = pytest.mark.unit


@contextmanager
def following(journals: Path, console: Console, clock: FakeClock) -> Iterator[None]:
    stop = threading.Event()
    arguments = {"clock": clock, "console": console, "stop": stop, "total": 3}
    thread = threading.Thread(target=follow, args=(journals,), kwargs=arguments)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)
        assert not thread.is_alive()


def wait_for(output: io.StringIO, text: str) -> None:
    poll(
        lambda: text in output.getvalue() or None,
        within=10,
        waiting_for=text,
        clock=SystemClock(),
        last_seen=output.getvalue,
    )


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


def test_a_log_gets_a_line_for_each_phase_and_each_finished_drill(
    journals: Path, output: io.StringIO, clock: FakeClock, drill: Drills
) -> None:
    with following(journals, Console(file=output, width=40), clock):
        drill("quick")  # appears after the start, and is over at once
        wait_for(output, "quick")
        with Journal(journals / "slow.jsonl", clock=clock) as journal:
            journal.write("drill.started", drill="a-drill-with-a-name-longer-than-the-console")
            journal.write("phase", name="world")
            wait_for(output, ": world")
            clock.t = 12.3
            journal.write("phase", name="steady")
            wait_for(output, ": steady")
            journal.write("verdict", verdict="unmet", causes=["/ answers 403", "more"])
            journal.write("drill.finished", seconds=12.5)
    assert output.getvalue().splitlines() == [
        "[1/3] ✓ quick: met, recovered 3.2 s (13 s)",
        "[1/3] a-drill-with-a-name-longer-than-the-console: world (0.0 s)",
        "[1/3] a-drill-with-a-name-longer-than-the-console: steady (12 s)",
        "[2/3] ✗ a-drill-with-a-name-longer-than-the-console: unmet, / answers 403 (12 s)",
    ]


def test_what_is_written_last_is_still_told(
    journals: Path, output: io.StringIO, clock: FakeClock, drill: Drills
) -> None:
    stop = threading.Event()
    stop.set()
    drill("a", observed="does not recover", expected="does not recover")
    drill("b", killed_before="observe")
    follow(journals, clock=clock, console=Console(file=output), stop=stop)
    assert output.getvalue().splitlines() == [
        "[1] ✓ a: met, not recovered, as expected (13 s)",
        "[1] b: respond (0.0 s)",
        "[2] ! b: error, interrupted in respond",
    ]


def test_a_terminal_shows_the_drills_under_way(
    journals: Path, output: io.StringIO, clock: FakeClock, drill: Drills
) -> None:
    console = Console(file=output, force_terminal=True, force_interactive=True, width=80)
    with following(journals, console, clock), Journal(journals / "x.jsonl", clock=clock) as journal:
        journal.write("drill.started", drill="under-way")
        journal.write("phase", name="respond")
        wait_for(output, "under-way")
        drill("done")
        wait_for(output, "1 met")
        clock.t = 42.0
        wait_for(output, "respond 42 s")
    assert "[1/3]" in output.getvalue()


def test_a_console_without_unicode_gets_ascii(
    journals: Path, clock: FakeClock, drill: Drills
) -> None:
    raw = io.BytesIO()
    stop = threading.Event()
    stop.set()
    drill("a", verdict="unmet", causes=["naïve"])
    file = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    follow(journals, clock=clock, console=Console(file=file), stop=stop)
    assert raw.getvalue() == b"[1] X a: unmet, na?ve (13 s)\n"


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    tail = Tail(path)
    assert list(tail.read()) == []  # not there yet
    path.write_bytes(b'{"seq": 1}\n{"se')
    assert list(tail.read()) == [{"seq": 1}]
    assert list(tail.read()) == []
    with path.open("ab") as file:
        file.write(b'q": 2}\nnonsense\n[]\n{"seq": 3}\n')
    assert list(tail.read()) == [{"seq": 2}, {"seq": 3}]


def test_a_journal_begun_anew_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"seq": 1}\n{"seq": 2}\n')
    tail = Tail(path)
    assert len(list(tail.read())) == 2
    path.write_bytes(b'{"seq": 1}\n')
    assert list(tail.read()) == [{"seq": 1}]
