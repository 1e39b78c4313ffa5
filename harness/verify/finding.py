"""What a look at a workflow finds: one shape, whoever found it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
#: The worst first.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where.

    Attributes:
        rule: its id, such as `SD004` or `zizmor/artipacked`.
        path: the file, as a person would name it from where they are.
        line: counted from 1, as `column` is; the first one that is wrong.
        column: where in the line.
        end_line: the last line that belongs to it.
        message: what is wrong here.
        why: why it matters.
        fix: what to do about it.
        severity: how bad it is; anything but clean fails the command.
        tool: who found it: `sitedrill`, `act`, `actionlint` or `zizmor`.
        also: the ids of other rules, mostly of other tools, that say the same of the same place.
    """

    rule: str
    path: str
    line: int
    column: int
    end_line: int
    message: str
    why: str
    fix: str
    severity: Severity = "error"
    tool: str = "sitedrill"
    also: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it is, to sort by."""
        return self.path, self.line, self.column
