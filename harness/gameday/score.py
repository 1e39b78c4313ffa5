"""A day against its plan: what was expected of each incident, and what happened. From the journal only.

day = read_day(directory)
day.episodes[0].verdicts          # ["detected in 48 s, expected within 2 min"] with met or not
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.checks.prober import availability
from harness.errors import SitedrillError
from harness.gameday.spans import span_of
from harness.journal import Record, read_journal

JOURNAL = "journal.jsonl"
#: Which mark each limit of the plan is about.
_LIMITS = {"detect": "detected", "decide": "decided", "recover": "recovered"}


@dataclass(frozen=True)
class Verdict:
    """One thing that was expected; `met` is None where nobody can know."""

    what: str
    met: bool | None
    expected: str
    happened: str


@dataclass(frozen=True)
class Told:
    """One incident, as it went.

    `marks` maps a mark to its record's fields; `window` is its time in the journal, in seconds.
    """

    number: int
    incident: str
    hypothesis: str
    outcome: str
    marks: Mapping[str, Mapping[str, Any]]
    verdicts: tuple[Verdict, ...]
    availability: float | None
    window: tuple[float, float]

    @property
    def met(self) -> bool:
        """Whether all that can be known is as expected."""
        return self.outcome == "recovered" and all(v.met is not False for v in self.verdicts)


@dataclass(frozen=True)
class GoneDay:
    """A whole day."""

    directory: Path
    plan: Mapping[str, Any]
    records: tuple[Record, ...]
    episodes: tuple[Told, ...]

    def first(self, kind: str) -> Mapping[str, Any]:
        """The fields of the first record of a kind; empty when there is none."""
        return next((record.data for record in self.records if record.kind == kind), {})

    def all(self, kind: str) -> list[Record]:
        """Every record of a kind."""
        return [record for record in self.records if record.kind == kind]

    @property
    def finished(self) -> Mapping[str, Any]:
        """How it ended; empty where it was cut off."""
        return self.first("gameday.finished")

    @property
    def met(self) -> bool:
        """Whether the day went as planned, and everything is as it was before."""
        finished = self.finished
        went = bool(finished) and not (
            finished["stopped"] or finished["to_do"] or finished["findings"]
        )
        planned = len(self.plan["incidents"])
        return went and len(self.episodes) == planned and all(one.met for one in self.episodes)


def read_day(directory: Path) -> GoneDay:
    """A day from its journal.

    Raises:
        SitedrillError: there is none.
    """
    records = tuple(read_journal(directory / JOURNAL))
    plan = next((r.data["plan"] for r in records if r.kind == "gameday.started"), None)
    if plan is None:
        raise SitedrillError(f"{directory / JOURNAL}: no game day began there")
    return GoneDay(directory, plan, records, tuple(_episodes(plan, records)))


def _episodes(plan: Mapping[str, Any], records: Sequence[Record]) -> list[Told]:
    found = []
    for number, planned in enumerate(plan["incidents"], start=1):
        mine = [r for r in records if r.kind == "mark" and r.data.get("number") == number]
        if not mine:
            continue
        marks = {str(r.data["mark"]): {**r.data, "at": r.at} for r in mine}
        start = mine[0].t
        ended = next(
            (r for r in records if r.kind == "incident.finished" and r.data["number"] == number),
            None,
        )
        stop = next((r for r in records if r.kind == "stop" and r.t >= start), None)
        last = ended or stop or records[-1]
        outcome = str(ended.data["outcome"]) if ended else "stopped" if stop else "cut off"
        runs = [r.data for r in records if r.kind == "github.run" and start <= r.t <= last.t]
        found.append(
            Told(
                number=number,
                incident=planned["incident"],
                hypothesis=planned["hypothesis"],
                outcome=outcome,
                marks=marks,
                verdicts=tuple(_verdicts(planned["success"], marks, runs, records)),
                availability=availability(records, start, last.t),
                window=(start, last.t),
            )
        )
    return found


def _verdicts(
    success: Mapping[str, Any],
    marks: Mapping[str, Mapping[str, Any]],
    runs: Sequence[Mapping[str, Any]],
    records: Sequence[Record],
) -> list[Verdict]:
    found = []
    for limit, mark in _LIMITS.items():
        expected = f"within {span_of(success[limit])}"
        if mark not in marks:
            found.append(Verdict(f"time to {limit}", False, expected, "never"))
            continue
        seconds = float(marks[mark]["seconds"])
        happened = f"{span_of(seconds)}, by {marks[mark]['by']}"
        found.append(Verdict(f"time to {limit}", seconds <= success[limit], expected, happened))
    if success["methods"]:
        expected = " or ".join(success["methods"])
        of_these = {run["id"] for run in runs}
        trails = [trail for trail in _trails(records) if trail["id"] in of_these]
        chosen = _method(marks, [*trails, *runs])
        met = None if chosen is None else chosen in success["methods"]
        found.append(Verdict("method", met, expected, chosen or "nobody said, and no run tells"))
    if success["audit"]:
        audits = [r.data for r in records if r.kind == "audit"]
        mine = [a for a in audits if a.get("run") in {run["id"] for run in runs}]
        missing = sorted({part for audit in mine for part in audit["missing"]})
        met = None if not mine else not missing
        told = "complete" if not missing else f"{', '.join(missing)} missing"
        found.append(
            Verdict("audit", met, "who, what, when and why", told if mine else "no run to audit")
        )
    return found


#: What responses are called in titles and in what people say.
RESPONSES = ("last_known_good", "specific_commit", "infrastructure_only", "content_only", "hotfix")


def _trails(records: Sequence[Record]) -> list[Mapping[str, Any]]:
    """What each audited run says it did, as if it were a run's title."""
    audits = [record.data for record in records if record.kind == "audit"]
    return [{"id": a["run"], "title": a["found"].get("what", "")} for a in audits]


def _method(
    marks: Mapping[str, Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]
) -> str | None:
    """The method that was chosen: as a run's trail or title tells, else as somebody said."""
    said = [str(run.get("title") or "") for run in runs]
    said.append(str(marks.get("decided", {}).get("said", "")))
    for text in said:
        plain = text.lower().replace(" ", "_").replace("-", "_")
        for response in RESPONSES:
            if response in plain:
                return response
    return None
