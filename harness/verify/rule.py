"""A rule: what it looks for, why, and what to do about it. Its page is a section of docs/verify.md."""

from __future__ import annotations

from dataclasses import dataclass

from harness.verify.finding import Finding, Severity
from harness.verify.source import Place, Source


@dataclass(frozen=True)
class Rule:
    """What is told of a rule, the same wherever it is told.

    Attributes:
        id: by which it is ignored and explained.
        name: a few words, as they stand in a list.
        why: why it matters when the workflow is needed.
        fix: what to do.
        severity: how bad it is.
        cause: what it is about, so that another tool's finding of the same counts as the same.
    """

    id: str
    name: str
    why: str
    fix: str
    severity: Severity = "error"
    cause: str = ""

    def at(self, source: Source, place: Place, message: str, *, fix: str = "") -> Finding:
        """A finding of this rule."""
        return Finding(
            self.id,
            source.path,
            place.line,
            place.column,
            place.end_line,
            message,
            self.why,
            fix or self.fix,
            self.severity,
        )
