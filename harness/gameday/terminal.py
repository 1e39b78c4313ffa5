"""The terminal of a game day: what goes on, in one view, and a key for each thing people say.

d detected   c decided   n a note   x (the plan's abort key) stop, and put everything back

Losing the terminal stops the day: nobody could.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import tty
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.clock import Clock
from harness.errors import SitedrillError
from harness.gameday.desk import MARKS, Desk
from harness.gameday.spans import span_of
from harness.gameday.stage import Stage
from harness.journal import Record

#: Samples on the availability line.
_LINE = 60


class View:
    """What the terminal shows, kept up by the journal's records."""

    def __init__(self, stage: Stage, desk: Desk, *, clock: Clock, page: str = "") -> None:
        """Nothing has happened yet; `page` is the address that the room can open."""
        self._stage = stage
        self._desk = desk
        self._clock = clock
        self._page = page
        self._began = clock.monotonic()
        self._phase = "begin"
        self._incident = ""
        self._samples: deque[bool] = deque(maxlen=_LINE)
        self._lines: deque[str] = deque(maxlen=8)
        self.typing: str | None = None

    def hear(self, record: Record) -> None:
        """Take a record in."""
        data = record.data
        match record.kind:
            case "phase":
                self._phase, self._incident = data["name"], data["incident"] or self._incident
                return
            case "probe":
                self._samples.append(bool(data["healthy"]))
                return
            case "mark":
                text = f"{data['mark']} after {span_of(data['seconds'])}, by {data['by']}"
                text += f": {data['said']}" if data["said"] else ""
            case "github.run":
                text = f"run {data['id']} {data['conclusion'] or data['status']}: {data['title']}"
            case "github.review":
                text = f"{data['state']} for {data['environment']}, by {data['by']}"
            case "note":
                text = f"{data['by']}: {data['text']}"
            case "stop":
                text = f"STOP: {data['reason']} ({data['by']})"
            case "restored":
                text = f"{data['resource']}: {data['returned']}"
            case "watcher.failed":
                text = f"{data['watcher']} cannot look: {data['error']}"
            case "symptom":
                text = "viewers see it" if data["visible"] else f"not seen: {data['detail']}"
            case _:
                return
        self._lines.append(f"{record.at[11:19]}  {text}")

    def __rich__(self) -> Panel:
        """The view now."""
        episode = self._desk.episode
        head = Table.grid(padding=(0, 2))
        head.add_row("phase", Text(f"{self._phase} {self._incident}".strip(), style="bold"))
        head.add_row("clock", self._clock_line())
        head.add_row("availability", self._line())
        marks = episode.marks if episode else {}
        told = [
            f"{name} {span_of(marks[name].seconds)}" if name in marks else f"{name} -"
            for name in MARKS
        ]
        head.add_row("marks", "  ".join(told))
        if self._page:
            head.add_row("page", Text(self._page))
        keys = f"d detected   c decided   n note   {self._stage.plan.stop.abort_key} stop"
        foot = f"note: {self.typing}_" if self.typing is not None else keys
        body = Group(head, Text("\n".join(self._lines)), Text(foot, style="reverse"))
        kind = "rehearsal" if self._stage.rehearsal else self._stage.plan.environment
        return Panel(body, title=Text(f"{self._stage.plan.title} ({kind})"))

    def _clock_line(self) -> str:
        text = span_of(self._clock.monotonic() - self._began)
        episode = self._desk.episode
        if episode is not None:
            text += f", {span_of(self._clock.monotonic() - episode.began)} since the injection"
        return text

    def _line(self) -> Text:
        # Shape and colour: a full block is good, a low one is bad.
        line = Text()
        for healthy in self._samples:
            line.append("█" if healthy else "▁", style="green" if healthy else "red")
        return line


@contextmanager
def shown(view: View, console: Console) -> Iterator[None]:
    """Show the view for the length of a `with`, where there is a terminal."""
    if not console.is_terminal:
        yield
        return
    with Live(view, console=console, refresh_per_second=4):
        yield


@contextmanager
def keys(view: View, desk: Desk, abort: str, who: str) -> Iterator[None]:
    """Listen to the keyboard for the length of a `with`, where there is one."""
    if not sys.stdin.isatty():
        yield
        return
    over = threading.Event()
    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    tty.setcbreak(source)
    thread = threading.Thread(
        target=_listen, args=(source, over, view, desk, abort, who), name="keys", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=2)
        try:
            termios.tcsetattr(source, termios.TCSADRAIN, before)
        except termios.error:
            over.set()  # the terminal is gone, and needs no settings


def _listen(
    source: int, over: threading.Event, view: View, desk: Desk, abort: str, who: str
) -> None:
    while not over.is_set():
        try:
            ready, _, _ = select.select([source], [], [], 0.3)
            if not ready:
                continue
            pressed = os.read(source, 64).decode(errors="replace")
        except OSError:
            pressed = ""
        if not pressed:
            desk.stop("the terminal is lost", "sitedrill")
            return
        for key in pressed:
            press(key, view, desk, abort, who)


def press(key: str, view: View, desk: Desk, abort: str, who: str) -> None:
    """What one key does."""
    try:
        if view.typing is not None:
            if key in "\r\n":
                text, view.typing = view.typing, None
                desk.note(text, who)
            elif key in "\x7f\b":
                view.typing = view.typing[:-1]
            elif key == "\x1b":
                view.typing = None
            else:
                view.typing += key
        elif key == abort:
            desk.stop("the abort key was pressed", who)
        elif key == "d":
            desk.mark("detected", who)
        elif key == "c":
            desk.mark("decided", who)
        elif key == "n":
            view.typing = ""
    except SitedrillError:
        # Pressed too early, or twice: nothing happens.
        return
