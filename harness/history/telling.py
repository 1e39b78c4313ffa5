"""Trends in words: for the terminal, for the summary of a job, and for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import Any

from harness.history.keeping import Kept
from harness.history.trends import News, Point, Trend
from harness.reports.markdown import code
from harness.reports.text import duration, one_line

#: What stands before each, so that it can be told without colour.
MARKS: dict[News, str] = {"newly failing": "✗", "slower": "▾", "newly recovered": "✓"}

#: More lines than these nobody reads in a summary.
_MOST = 40


def sentence(trend: Trend, *, name: Callable[[str], str] = str) -> str:
    """What a drill's latest run tells that the earlier ones did not; '' when nothing.

    Args:
        trend: the drill's.
        name: how what is not ours is set off from the words around it.
    """
    drill, row = name(trend.drill), trend.latest.row
    match trend.news:
        case "newly failing":
            why = f", {name(one_line(row.cause))}" if row.cause else ""
            before = f"it was met in the run before ({moment(trend.points[-2])})"
            return f"{drill} is newly failing: {row.verdict}{why}; {before}"
        case "slower":
            usual = duration(trend.usual)
            return (
                f"{drill} recovers slower: {duration(row.recovery_seconds)}, where {usual} was usual"
                f" and up to {duration(trend.limit)} is noise"
            )
        case "newly recovered":
            since = Trend(trend.repository, trend.drill, trend.points[:-1]).first_failing
            return f"{drill} is met again" + (
                f"; it was not since {moment(since)}" if since else ""
            )
        case None:
            return ""


def summed_up(kept: Kept) -> str:
    """`1 newly failing, 2 slower, compared with 12 earlier runs`."""
    parts = [
        f"{number} {news}"
        for news in MARKS
        if (number := sum(trend.news == news for trend in kept.news))
    ]
    what = ", ".join(parts) or "nothing new"
    return f"{what}, compared with {kept.earlier} earlier run{'' if kept.earlier == 1 else 's'}"


def markdown(kept: Kept) -> str:
    """The same for the summary of a job; what came from a drill is set as code."""
    lines = [f"### History: {summed_up(kept)}", ""]
    told = [trend for trend in kept.news if trend.news]
    order = list(MARKS)
    told.sort(key=lambda trend: order.index(trend.news) if trend.news else 0)
    lines += [
        f"- {MARKS[trend.news]} {sentence(trend, name=code)}."
        for trend in told[:_MOST]
        if trend.news
    ]
    if len(told) > _MOST:
        lines.append(f"- and {len(told) - _MOST} more")
    return "\n".join([*lines, ""])


def moment(point: Point) -> str:
    """`2026-01-05, commit 5e5e5e5e5e`."""
    return ", commit ".join(part for part in (point.run.started[:10], short(point)) if part)


def short(point: Point) -> str:
    """The beginning of the commit that was drilled; '' when not known."""
    return (point.run.commit or "")[:10]


def percent(share: float | None) -> str:
    """`67 %`; '' when not known. All and nothing are said only of all and nothing."""
    if share is None:
        return ""
    rounded = round(share * 100)
    return f"{min(max(rounded, 1), 99) if 0 < share < 1 else rounded} %"


def as_data(place: str, runs: int, trends: Sequence[Trend]) -> dict[str, Any]:
    """For programs: docs/history.md says what each field means."""
    return {
        "schema": 1,
        "history": place,
        "runs": runs,
        "drills": [_drill(trend) for trend in trends],
    }


def _drill(trend: Trend) -> dict[str, Any]:
    seconds = trend.recoveries
    q1, _, q3 = quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else (None,) * 3
    return {
        "repository": trend.repository or None,
        "drill": trend.drill,
        "runs": len(trend.points),
        "met": sum(point.met for point in trend.points),
        "pass_rate": round(trend.pass_rate, 4),
        "recovery_seconds": {
            "runs": len(seconds),
            "median": trend.median,
            "mad": trend.spread,
            "q1": q1,
            "q3": q3,
            "latest": trend.latest.row.recovery_seconds,
            "limit": trend.limit,
        },
        "flips": trend.flips,
        "flakiness": trend.flakiness if trend.flakiness is None else round(trend.flakiness, 4),
        "news": trend.news,
        "latest": _point(trend.latest),
        "first_failing": None if trend.first_failing is None else _point(trend.first_failing),
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "run": point.run.id,
        "started": point.run.started,
        "commit": point.run.commit,
        "verdict": point.row.verdict,
        "cause": point.row.cause or None,
    }
