"""The availability strip: when the site was healthy during a drill, and what happened meanwhile.

healthy    ██████████          ██████████
unhealthy            ██████████
                     | injected | recovered
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.journal import Record
from harness.reports.journals import DrillJournal
from harness.reports.results import seconds_of


@dataclass(frozen=True)
class Span:
    """A time in which every probe said the same; seconds since the journal was opened."""

    healthy: bool
    start: float
    end: float


@dataclass(frozen=True)
class Mark:
    """A moment worth a line across the strip."""

    label: str
    at: float


@dataclass(frozen=True)
class Strip:
    """The spans and marks between the first probe and the last."""

    start: float
    end: float
    probes: int
    healthy: int
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]

    @property
    def sentence(self) -> str:
        """The strip in words, for whoever cannot see it."""
        marks = "".join(f"; {mark.label} at {mark.at:.1f} s" for mark in self.marks)
        return f"{self.healthy} of {self.probes} probes found the site healthy{marks}"


def strip_of(journal: DrillJournal) -> Strip | None:
    """The strip of a drill, None when the site was not probed."""
    probes = journal.all("probe")
    if not probes:
        return None
    start = probes[0].t
    # What the last probe saw holds as long as the pause before it, or it could not be seen.
    pause = probes[-1].t - probes[-2].t if len(probes) > 1 else 0.0
    end = max(probes[-1].t + pause, start + 0.001)
    return Strip(
        start=start,
        end=end,
        probes=len(probes),
        healthy=sum(_healthy(probe) for probe in probes),
        spans=tuple(_spans(probes, end)),
        marks=tuple(_marks(journal, probes)),
    )


def _healthy(probe: Record) -> bool:
    return probe.data.get("healthy") is True


def _spans(probes: Sequence[Record], end: float) -> list[Span]:
    edges = [
        index
        for index, probe in enumerate(probes)
        if index == 0 or _healthy(probe) != _healthy(probes[index - 1])
    ]
    ends = [probes[index].t for index in edges[1:]] + [end]
    return [
        Span(_healthy(probes[index]), probes[index].t, until)
        for index, until in zip(edges, ends, strict=True)
    ]


def _marks(journal: DrillJournal, probes: Sequence[Record]) -> list[Mark]:
    marks = [
        Mark(kind, found[-1].t)
        for kind in ("injected", "dispatched")
        if (found := journal.all(kind))
    ]
    approved = [r.t for r in journal.all("review") if r.data.get("state") == "approved"]
    marks += [Mark("approved", approved[-1])] if approved else []
    took = seconds_of(journal.last("verdict").get("time_to_deploy_seconds"))
    dispatched = journal.all("dispatched")
    if took is not None and dispatched:
        marks.append(Mark("deployed", dispatched[-1].t + took))
    back = _recovered(journal, probes)
    if back is not None:
        marks.append(Mark("recovered", back))
    return sorted(marks, key=lambda mark: mark.at)


def _recovered(journal: DrillJournal, probes: Sequence[Record]) -> float | None:
    """The first of the healthy probes at the end, if the recovery check says so too."""
    if journal.last("recovery").get("recovered") is not True or not _healthy(probes[-1]):
        return None
    bad = [index for index, probe in enumerate(probes) if not _healthy(probe)]
    return probes[bad[-1] + 1].t if bad else None
