"""Game days side by side: is the team getting faster?"""

from __future__ import annotations

from collections.abc import Sequence

from harness.gameday.score import GoneDay
from harness.gameday.spans import span_of

_MARKS = ("detected", "decided", "dispatched", "recovered")


def compared(days: Sequence[GoneDay]) -> tuple[list[str], list[list[str]]]:
    """A table: its headings, and its rows; times are since each incident's injection.

    Args:
        days: in the order in which they are to stand.
    """
    headings = [
        "incident",
        "",
        *(f"{day.directory.name}, {day.records[0].at[:10]}" for day in days),
    ]
    rows = []
    for incident in dict.fromkeys(one.incident for day in days for one in day.episodes):
        mine = [next((e for e in day.episodes if e.incident == incident), None) for day in days]
        for mark in _MARKS:
            times = [
                float(one.marks[mark]["seconds"]) if one and mark in one.marks else None
                for one in mine
            ]
            rows.append([incident, mark, *_beside(times)])
        outcomes = [one.outcome if one else "not held" for one in mine]
        rows.append([incident, "outcome", *outcomes])
        shares = [
            f"{one.availability:.1%}" if one and one.availability is not None else "-"
            for one in mine
        ]
        rows.append([incident, "availability", *shares])
    rows.append(["the day", "met", *("yes" if day.met else "no" for day in days)])
    return headings, rows


def _beside(times: Sequence[float | None]) -> list[str]:
    """Times in words, each with what changed since the one before."""
    found: list[str] = []
    before: float | None = None
    for seconds in times:
        if seconds is None:
            found.append("never")
            continue
        text = span_of(seconds)
        if before is not None and round(seconds) != round(before):
            word = "faster" if seconds < before else "slower"
            text += f" ({span_of(abs(seconds - before))} {word})"
        found.append(text)
        before = seconds
    return found
