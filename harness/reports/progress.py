"""Progress while drills run, told from the journals that other processes are writing.

In a terminal the drills under way stand at the bottom, each with its phase and time, and finished
ones scroll by above; in a log there is a line for each phase and one for each finished drill.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.clock import Clock
from harness.reports.console import STYLES
from harness.reports.results import BEFORE_FIRST_PHASE, seconds_of
from harness.reports.tail import Tail
from harness.reports.text import duration, one_line, to_ascii
from harness.reports.words import ASCII_MARKS, MARKS

#: Seconds between two looks at the journals.
PAUSE = 0.15

#: Drills under way that are shown at a time; there are never more than workers.
MOST_SHOWN = 8


def follow(
    journals_dir: Path,
    *,
    clock: Clock,
    console: Console,
    stop: threading.Event,
    total: int | None = None,
) -> None:
    """Show what happens in `journals_dir` until `stop` is set; after that, look once more and end.

    Journals may appear at any time. The folder should be empty of an earlier run's journals, or
    these are told as well.

    Args:
        journals_dir: where the drills write their journals; need not be there yet.
        clock: whose time the drills under way are measured with.
        console: where to show it; a terminal is redrawn, anything else gets lines.
        stop: set by whoever runs the drills, once they have ended.
        total: how many drills there will be, if that is known.
    """
    board = _Board(journals_dir, clock)
    with _screen(console, board, total) as show:
        while not stop.wait(PAUSE):
            show(board.look())
        show(board.look())
        show(board.close())


@dataclass
class _Drill:
    """What is known so far of one drill."""

    name: str
    began: float = 0.0
    phase: str = BEFORE_FIRST_PHASE
    phase_began: float = 0.0
    verdict: str = ""
    detail: str = ""
    seconds: float | None = None
    finished: bool = False


@dataclass
class _Board:
    """All drills seen so far, and which of them changed since the last look."""

    journals_dir: Path
    clock: Clock
    drills: dict[Path, _Drill] = field(default_factory=dict)
    _tails: dict[Path, Tail] = field(default_factory=dict)

    def look(self) -> list[_Drill]:
        """Read what is new; return the drills with a new phase, or newly finished."""
        changed = []
        for path in sorted(self.journals_dir.glob("*.jsonl")):
            tail = self._tails.setdefault(path, Tail(path))
            before = self._state(path)
            for record in tail.read():
                self._note(path, record)
            if path in self.drills and self._state(path) != before:
                changed.append(self.drills[path])
        return changed

    def close(self) -> list[_Drill]:
        """The drills that never said they had finished: their writers are gone."""
        cut = [drill for drill in self.drills.values() if not drill.finished]
        for drill in cut:
            drill.finished = True
            if not drill.verdict:
                drill.verdict = "error"
                drill.detail = f"interrupted in {drill.phase}"
        return cut

    @property
    def running(self) -> list[_Drill]:
        return [drill for drill in self.drills.values() if not drill.finished]

    def count(self, *verdicts: str) -> int:
        done = (drill for drill in self.drills.values() if drill.finished)
        return sum(drill.verdict in verdicts for drill in done)

    def _state(self, path: Path) -> tuple[str, bool]:
        drill = self.drills.get(path)
        return (drill.phase, drill.finished) if drill else (BEFORE_FIRST_PHASE, False)

    def _note(self, path: Path, record: Mapping[str, Any]) -> None:
        drill = self.drills.get(path)
        if drill is None or record.get("kind") == "drill.started":
            # The record is a little older than this look at it.
            drill = _Drill(one_line(record.get("drill")) or path.stem, began=self.clock.monotonic())
            self.drills[path] = drill
        match record.get("kind"):
            case "phase":
                drill.phase = one_line(record.get("name"))
                drill.phase_began = self.clock.monotonic()
            case "verdict":
                drill.verdict = one_line(record.get("verdict"))
                drill.detail = _detail(record)
            case "interrupted":
                drill.verdict = "error"
                drill.detail = f"interrupted in {one_line(record.get('phase')) or drill.phase}"
            case "drill.finished":
                drill.finished = True
                drill.seconds = seconds_of(record.get("seconds"))
                drill.verdict = drill.verdict or "error"


def _detail(record: Mapping[str, Any]) -> str:
    causes = record.get("causes")
    if isinstance(causes, list) and causes:
        return one_line(causes[0])
    if record.get("observed") == "recovers":
        return f"recovered {duration(seconds_of(record.get('recovery_seconds')))}".rstrip()
    return "not recovered, as expected" if record.get("verdict") == "met" else ""


_Show = Callable[[list[_Drill]], None]


@contextmanager
def _screen(console: Console, board: _Board, total: int | None) -> Iterator[_Show]:
    words = _Words(board, total, console.options.ascii_only)
    if not console.is_interactive:

        def lines(changed: list[_Drill]) -> None:
            for drill in changed:
                line = words.finished(drill) if drill.finished else words.phase(drill)
                console.print(line, soft_wrap=True)

        yield lines
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def redraw(changed: list[_Drill]) -> None:
            for drill in changed:
                if drill.finished:
                    live.console.print(words.finished(drill), soft_wrap=True)
            live.update(words.board(), refresh=True)

        yield redraw


@dataclass(frozen=True)
class _Words:
    seen: _Board
    total: int | None
    ascii_only: bool

    def text(self, text: str, style: str = "") -> Text:
        return Text(to_ascii(text) if self.ascii_only else text, style=style)

    def phase(self, drill: _Drill) -> Text:
        elapsed = duration(self.seen.clock.monotonic() - drill.began)
        return self.text(f"{self._count()} {drill.name}: {drill.phase} ({elapsed})")

    def finished(self, drill: _Drill) -> Text:
        marks = ASCII_MARKS if self.ascii_only else MARKS
        mark = marks.get(drill.verdict, "?")
        detail = f", {drill.detail}" if drill.detail else ""
        took = f" ({duration(drill.seconds)})" if drill.seconds is not None else ""
        return self.text(
            f"{self._count()} {mark} {drill.name}: {drill.verdict}{detail}{took}",
            STYLES.get(drill.verdict, ""),
        )

    def board(self) -> RenderableType:
        now = self.seen.clock.monotonic()
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(overflow="fold")
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        running = self.seen.running
        for drill in running[:MOST_SHOWN]:
            table.add_row(
                self.text(f"  {drill.name}"),
                self.text(f"{drill.phase} {duration(now - drill.phase_began)}", "cyan"),
                self.text(duration(now - drill.began), "dim"),
            )
        met = self.seen.count("met")
        rest = self.seen.count("unmet", "inconclusive", "error")
        head = self.text(f"{self._count()} {met} met", "bold")
        head.append(f", {rest} not met", style="bold red" if rest else "bold")
        more = len(running) - MOST_SHOWN
        return Group(head, table, self.text(f"  and {more} more", "dim") if more > 0 else "")

    def _count(self) -> str:
        done = sum(drill.finished for drill in self.seen.drills.values())
        return f"[{done}/{self.total}]" if self.total is not None else f"[{done}]"
