"""What the past says of each drill: how often it was met, how long recovery takes, what is new.

The rule of a regression is stated in docs/history.md and docs/decisions/0018.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Literal

from harness.history.runs import DrillRow, RunRow

News = Literal["newly failing", "slower", "newly recovered"]

#: Of earlier recoveries; fewer say nothing of what is usual.
ENOUGH = 5
#: A median absolute deviation times this estimates a standard deviation, where noise is normal:
#: https://en.wikipedia.org/wiki/Median_absolute_deviation#Relation_to_standard_deviation
SIGMA = 1.4826
SIGMAS, SHARE, SECONDS = 3.0, 0.20, 2.0


@dataclass(frozen=True)
class Point:
    """One drill in one run."""

    run: RunRow
    row: DrillRow

    @property
    def met(self) -> bool:
        """Whether it did what was expected."""
        return self.row.verdict == "met"


@dataclass(frozen=True)
class Trend:
    """One drill of one site over its runs.

    Attributes:
        repository: the site's, '' when not known.
        drill: its id.
        points: its runs, the oldest first; at least one.
    """

    repository: str
    drill: str
    points: tuple[Point, ...]

    @property
    def latest(self) -> Point:
        """The newest run of this drill."""
        return self.points[-1]

    @property
    def pass_rate(self) -> float:
        """Share of runs that were met, 0 to 1."""
        return sum(point.met for point in self.points) / len(self.points)

    @property
    def recoveries(self) -> tuple[float, ...]:
        """Seconds of every met run with a recovery, under the cloud and runner of the latest."""
        return recoveries(self.points, like=self.latest)

    @property
    def median(self) -> float | None:
        """Seconds that a recovery takes."""
        return median(self.recoveries) if self.recoveries else None

    @property
    def spread(self) -> float | None:
        """Median absolute deviation of the recoveries, in seconds."""
        return deviation(self.recoveries) if self.recoveries else None

    @property
    def again(self) -> int:
        """How many runs drilled the same commit as a run before them."""
        return sum(len(verdicts) - 1 for verdicts in self._by_commit())

    @property
    def flips(self) -> int:
        """How many of those ended with another verdict than the one before them."""
        return sum(a != b for verdicts in self._by_commit() for a, b in pairwise(verdicts))

    @property
    def flakiness(self) -> float | None:
        """`flips` as a share of `again`, 0 to 1; None when no commit was drilled twice."""
        return self.flips / self.again if self.again else None

    @property
    def first_failing(self) -> Point | None:
        """The run that began the present streak of runs that were not met; None when met."""
        first = None
        for point in reversed(self.points):
            if point.met:
                break
            first = point
        return first

    @property
    def usual(self) -> float | None:
        """The median of the recoveries before the latest run, in seconds."""
        earlier = recoveries(self.points[:-1], like=self.latest)
        return median(earlier) if earlier else None

    @property
    def limit(self) -> float | None:
        """Seconds above which the latest recovery is slower beyond noise; None when too few are known."""
        earlier = recoveries(self.points[:-1], like=self.latest)
        return limit_of(earlier) if len(earlier) >= ENOUGH else None

    @property
    def news(self) -> News | None:
        """What the latest run tells that the earlier ones did not."""
        if len(self.points) > 1 and self.points[-2].met != self.latest.met:
            return "newly recovered" if self.latest.met else "newly failing"
        seconds = self.latest.row.recovery_seconds
        slower = self.limit is not None and seconds is not None and seconds > self.limit
        return "slower" if self.latest.met and slower else None

    def _by_commit(self) -> list[list[str]]:
        known = [point for point in self.points if point.run.commit]
        known.sort(key=lambda point: str(point.run.commit))  # stable: in time within a commit
        groups = groupby(known, key=lambda point: point.run.commit)
        return [[point.row.verdict for point in group] for _, group in groups]


def trends_of(runs: Iterable[RunRow], *, last: int | None = None) -> list[Trend]:
    """A trend for each drill of each site, ordered by these; the order of the runs does not matter.

    Args:
        runs: what is kept.
        last: look only at so many runs of each drill, the newest.
    """
    points: dict[tuple[str, str], list[Point]] = {}
    for run in sorted(runs, key=_when):
        for row in run.drills:
            points.setdefault((run.repository, row.drill), []).append(Point(run, row))
    return [
        Trend(repository, drill, tuple(found[-last:] if last else found))
        for (repository, drill), found in sorted(points.items(), key=lambda item: item[0])
    ]


def news_of(runs: Sequence[RunRow], run: RunRow) -> list[Trend]:
    """The trends in which this run tells something new, as it looked when it was over."""
    until = [each for each in runs if _when(each) <= _when(run)]
    return [trend for trend in trends_of(until) if trend.latest.run.id == run.id and trend.news]


def recoveries(points: Iterable[Point], *, like: Point) -> tuple[float, ...]:
    """Seconds of the met runs with a recovery, under the same cloud and runner: others take others."""
    return tuple(
        point.row.recovery_seconds
        for point in points
        if point.met
        and point.row.recovery_seconds is not None
        and (point.run.cloud, point.run.runner) == (like.run.cloud, like.run.runner)
    )


def limit_of(seconds: Sequence[float]) -> float:
    """Seconds up to which a recovery is within the noise of these."""
    usual = median(seconds)
    return usual + max(SIGMAS * SIGMA * deviation(seconds), SHARE * usual, SECONDS)


def deviation(seconds: Sequence[float]) -> float:
    """The median absolute deviation, in the same unit."""
    usual = median(seconds)
    return median(abs(each - usual) for each in seconds)


def _when(run: RunRow) -> tuple[str, str]:
    return run.started, run.id
