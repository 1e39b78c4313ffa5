"""How reports say it: the same words and marks in the terminal, in the page and in JUnit."""

from __future__ import annotations

from collections.abc import Sequence

from harness.reports.results import BEFORE_FIRST_PHASE, DrillResult, Results
from harness.reports.text import duration

#: What stands before each verdict, so that it can be told without colour.
MARKS = {"met": "✓", "unmet": "✗", "inconclusive": "?", "error": "!"}

#: The same for a terminal that knows no more than ASCII.
ASCII_MARKS = {"met": "ok", "unmet": "X", "inconclusive": "?", "error": "!"}


def happened(drill: DrillResult) -> str:
    """What the site did: `recovered 3.2 s`, `not recovered`, `nothing observed`."""
    match drill.observed:
        case "recovers":
            return f"recovered {duration(drill.recovery_seconds)}".rstrip()
        case "does not recover":
            return "not recovered"
        case _:
            return "nothing observed"


def outcome(drill: DrillResult) -> str:
    """The verdict in few words: `recovered 3.2 s`, `not recovered (expected)`, `unmet: ...`."""
    match drill.verdict:
        case "met":
            expected = " (expected)" if drill.observed == "does not recover" else ""
            return f"{happened(drill)}{expected}"
        case "unmet":
            return f"unmet: {happened(drill)}"
        case "inconclusive":
            return "inconclusive"
        case _:
            return f"error: interrupted {_where(drill)}" if drill.interrupted else "error"


def audit(drill: DrillResult) -> str:
    """The audit trail in few words: `complete, approved by ada`, `missing why`, `not checked`."""
    trail = drill.audit
    if trail.complete:
        return f"complete{_approved(trail.approved_by)}"
    if trail.missing:
        return f"missing {', '.join(trail.missing)}"
    return f"contradicted: {', '.join(trail.findings)}" if trail.findings else "not checked"


def _approved(people: Sequence[str]) -> str:
    return f", approved by {', '.join(people)}" if people else ""


def sentence(results: Results) -> str:
    """The run in one sentence."""
    summary = results.summary
    if not summary.drills:
        return "No drill was run: nothing is proved"
    noun = "drill" if summary.drills == 1 else "drills"
    return f"{summary.met} of {summary.drills} {noun} met {_their(summary.drills)} expectation"


def shortfall(results: Results) -> str:
    """The drills that were not met, counted: `2 unmet, 1 error`; '' when there are none."""
    summary = results.summary
    counts = {
        "unmet": summary.unmet,
        "inconclusive": summary.inconclusive,
        "error": summary.error,
    }
    return ", ".join(f"{number} {word}" for word, number in counts.items() if number)


def _their(drills: int) -> str:
    return "its" if drills == 1 else "their"


def _where(drill: DrillResult) -> str:
    if drill.interrupted == BEFORE_FIRST_PHASE:
        return "at the start"
    return f"in {drill.interrupted}"
