"""What a job's log gets of what the journal gets."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.journal import Journal, read_journal
from harness.runner.events import OutputLine
from harness.runner.story import Story

pytestmark = pytest.mark.unit

SECRET = "xyzzy-and-plugh"


class Listener:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def step_started(self, name: str) -> None: ...

    def step_finished(self, name: str, conclusion: str) -> None: ...

    def line(self, name: str, text: str, *, level: str = "") -> None:
        self.lines.append(text)


def test_a_log_shows_no_more_than_the_journal(tmp_path: Path) -> None:
    listener, file = Listener(), tmp_path / "journal.jsonl"
    with Journal(file, clock=SystemClock()) as journal:
        journal.mask([SECRET])
        story = Story(
            run="1", name="job", own="", outputs_from="", journal=journal, listener=listener
        )
        hidden = base64.b64encode(SECRET.encode()).decode()
        for line in (f"it is {SECRET}", f"it is {hidden}", "it is plain"):
            story.tell(OutputLine("job", "Say", line))
    assert listener.lines == [str(record.data["line"]) for record in read_journal(file)]
    assert listener.lines[0] == "it is ***"
    assert hidden not in listener.lines[1]
    assert listener.lines[2] == "it is plain"
