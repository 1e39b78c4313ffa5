"""The page of trends: one file that needs nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.history.telling import MARKS, percent, sentence, short
from harness.history.trends import Trend
from harness.reports import words
from harness.reports.text import duration

#: Of a picture, in its own units; a run's mark keeps this distance from the edges.
WIDTH, HEIGHT, EDGE = 240, 44, 6

#: Runs that are listed in a drill's table, the newest; the picture shows as many.
LISTED = 40


@dataclass(frozen=True)
class Spark:
    """A drill's recoveries as a line, and a mark for each run.

    Attributes:
        path: of the line, as SVG takes it; '' when there is nothing to join.
        dots: where runs were met.
        crosses: where they were not.
        words: the same for who cannot see it.
    """

    path: str
    dots: tuple[tuple[float, float], ...]
    crosses: tuple[tuple[float, float], ...]
    words: str


def page(trends: Sequence[Trend], *, place: str, runs: int) -> str:
    """The page as text.

    Args:
        trends: what is told.
        place: where the history lies.
        runs: how many are kept there.
    """
    environment = Environment(
        loader=PackageLoader("harness.history"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "percent": percent}
    count = Counter(trend.news for trend in trends)
    return environment.get_template("trends.html.j2").render(
        trends=[(trend, spark_of(trend)) for trend in trends],
        news=[trend for news in MARKS for trend in trends if trend.news == news],
        heading=", ".join(f"{count[news]} {news}" for news in MARKS if count[news])
        or "nothing new",
        bad=bool(count["newly failing"] or count["slower"]),
        sites=len({trend.repository for trend in trends}),
        place=place,
        runs=runs,
        listed=LISTED,
        marks=MARKS,
        verdict_marks=words.MARKS,
        sentence=sentence,
        short=short,
        width=WIDTH,
        height=HEIGHT,
    )


def spark_of(trend: Trend) -> Spark:
    """The picture of a drill's newest runs, from left to right; seconds grow upwards from 0."""
    points = trend.points[-LISTED:]
    highest = max((p.row.recovery_seconds or 0 for p in points if p.met), default=0) or 1
    step = (WIDTH - 2 * EDGE) / max(len(points) - 1, 1)
    floor, room = HEIGHT - EDGE, HEIGHT - 2 * EDGE
    line, dots, crosses = [], [], []
    for index, point in enumerate(points):
        x = round(EDGE + index * step, 1)
        seconds = point.row.recovery_seconds
        if not point.met:
            crosses.append((x, float(floor)))
            continue
        y = round(floor - room * (seconds or 0) / highest, 1)
        dots.append((x, y))
        if seconds is not None:
            line.append(f"{x} {y}")
    failed = f", {len(crosses)} of them not met" if crosses else ", all met"
    told = f"{len(points)} run{'' if len(points) == 1 else 's'}{failed}"
    if trend.recoveries:
        low, high = duration(min(trend.recoveries)), duration(max(trend.recoveries))
        told += f"; recovery took {low} to {high}"
    path = "M" + " L".join(line) if len(line) > 1 else ""
    return Spark(path, tuple(dots), tuple(crosses), told)
