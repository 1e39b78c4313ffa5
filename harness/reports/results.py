"""The results of a run: one per drill, made from its journal and from nothing else.

results.schema.json beside this file says what each field means and in which unit;
docs/results.md says the same for people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from harness.reports.findings import findings_of
from harness.reports.journals import DrillJournal, read_journals
from harness.reports.text import one_line

Layer = Literal["content", "infrastructure", "platform", "workflow"]
Via = Literal["release", "drift", "none"]
Operation = Literal["hotfix", "rollback"]
Method = Literal["last_known_good", "specific_commit", "infrastructure_only", "content_only"]
Outcome = Literal["recovers", "does not recover"]
Verdict = Literal["met", "unmet", "inconclusive", "error"]
Question = Literal["who", "what", "when", "why"]

Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]

#: Named as the phase of a drill that ended before its first phase.
BEFORE_FIRST_PHASE = "start"


class _Shape(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True
    )


class Audit(_Shape):
    """Who, what, when and why of the operation as found in its trail; None where not found.

    `complete` false with nothing `missing` and no `findings` means that the trail was never checked.
    `findings` are contradictions, and changes that nobody's run made; `places` says where each answer
    was found.
    """

    who: str | None = None
    what: str | None = None
    when: str | None = None
    why: str | None = None
    complete: bool = False
    missing: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    approved_by: tuple[str, ...] = ()
    places: dict[Question, tuple[str, ...]] = {}


class DrillResult(_Shape):
    """One drill: what was done, what was expected, what was observed, and the verdict."""

    id: str
    feature: str | None
    scenario: str | None
    incident: str | None
    layer: Layer | None
    via: Via | None
    environment: str | None
    operation: Operation | None
    method: Method | None
    expected: Outcome | None
    observed: Outcome | None
    verdict: Verdict
    causes: tuple[str, ...]
    findings: tuple[str, ...] = ()
    recovery_seconds: Seconds | None
    time_to_deploy_seconds: Seconds | None
    availability: Share | None
    audit: Audit
    runner: str | None
    cloud: str | None
    repository: str | None = None
    commit: str | None = None
    versions: dict[str, str]
    seconds: Seconds
    journal: str
    interrupted: str | None


class Summary(_Shape):
    """The run as a whole. `all_met` is false when nothing was drilled."""

    drills: Count
    met: Count
    unmet: Count
    inconclusive: Count
    error: Count
    seconds: Seconds
    started: str | None
    all_met: bool


class Results(_Shape):
    """What results.json holds."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    summary: Summary
    drills: tuple[DrillResult, ...]


def read_results(journals_dir: Path) -> Results:
    """The results of every journal in the folder; no drills when there is no such folder."""
    return results_of(read_journals(journals_dir))


def results_of(journals: Sequence[DrillJournal]) -> Results:
    """The results of journals already read, in the journals' order (by drill id)."""
    drills = tuple(_drill(journal) for journal in journals)
    return Results(summary=_summary(drills, journals), drills=drills)


def as_json(results: Results) -> str:
    """What results.json holds, as text."""
    return results.model_dump_json(indent=2) + "\n"


def _drill(journal: DrillJournal) -> DrillResult:
    started, planned = journal.first("drill.started"), journal.last("drill.planned")
    verdict = journal.last("verdict")
    observed = one_of(verdict.get("observed"), Outcome)
    interrupted = _interrupted(journal)
    stated: Verdict | None = one_of(verdict.get("verdict"), Verdict)
    word: Verdict = stated or "error"
    return DrillResult(
        id=journal.name,
        feature=_text(started.get("feature")),
        scenario=_text(started.get("scenario")),
        incident=_text(planned.get("incident")),
        layer=one_of(planned.get("layer"), Layer),
        via=one_of(planned.get("via"), Via),
        environment=_text(planned.get("environment")),
        operation=one_of(planned.get("operation"), Operation),
        method=one_of(planned.get("method"), Method),
        expected=one_of(planned.get("expected"), Outcome)
        or one_of(verdict.get("expected"), Outcome),
        observed=observed,
        verdict=word,
        causes=tuple(_causes(journal, word, interrupted)),
        findings=findings_of(journal),
        recovery_seconds=seconds_of(verdict.get("recovery_seconds")),
        time_to_deploy_seconds=seconds_of(verdict.get("time_to_deploy_seconds")),
        availability=_share(verdict.get("availability"), journal),
        audit=_audit(journal.last("audit")),
        runner=_text(started.get("runner")),
        cloud=_text(started.get("cloud")),
        repository=_text(_mapping(started.get("site")).get("repository")),
        commit=_text(_mapping(started.get("site")).get("commit")),
        versions={
            one_line(tool): one_line(version)
            for tool, version in _mapping(started.get("versions")).items()
        },
        seconds=seconds_of(journal.last("drill.finished").get("seconds")) or max(journal.end, 0.0),
        journal=journal.path,
        interrupted=interrupted,
    )


def _interrupted(journal: DrillJournal) -> str | None:
    if journal.unreadable or (
        "verdict" in journal.by_kind and "interrupted" not in journal.by_kind
    ):
        return None
    stated = _text(journal.last("interrupted").get("phase"))
    return stated or _text(journal.last("phase").get("name")) or BEFORE_FIRST_PHASE


def _causes(journal: DrillJournal, verdict: Verdict, interrupted: str | None) -> Iterable[str]:
    if journal.unreadable:
        return [f"the journal cannot be read: {journal.unreadable}"]
    record = journal.last("verdict")
    causes = lines(record.get("causes"))
    if interrupted is not None:
        by = one_line(journal.last("interrupted").get("by"))
        where = (
            "before its first phase"
            if interrupted == BEFORE_FIRST_PHASE
            else f"in phase {interrupted}"
        )
        causes = [f"interrupted {where}" + (f" by {by}" if by else ""), *causes]
    if not causes and verdict != "met":
        expected, observed = one_line(record.get("expected")), one_line(record.get("observed"))
        causes = [f"expected {expected or 'nothing'}, observed {observed or 'nothing'}"]
    return causes


def _audit(record: Mapping[str, Any]) -> Audit:
    answers = {question: _text(record.get(question)) for question in get_args(Question)}
    return Audit(
        **answers,
        complete=record.get("complete") is True,
        missing=tuple(lines(record.get("missing"))),
        findings=(*lines(record.get("findings")), *lines(record.get("unattributed"))),
        approved_by=tuple(lines(record.get("approved_by"))),
        places={
            question: tuple(lines(_mapping(record.get("places")).get(question)))
            for question in get_args(Question)
            if question in _mapping(record.get("places"))
        },
    )


def _share(stated: object, journal: DrillJournal) -> float | None:
    """What the verdict says; for a drill without one, counted from its probes."""
    number = seconds_of(stated)
    if number is not None:
        return min(number, 1.0)
    injected = journal.all("injected")
    if not injected:
        return None
    probes = [p.data.get("healthy") is True for p in journal.all("probe") if p.t >= injected[0].t]
    return round(sum(probes) / len(probes), 4) if probes else None


def _summary(drills: Sequence[DrillResult], journals: Sequence[DrillJournal]) -> Summary:
    count = {word: sum(d.verdict == word for d in drills) for word in get_args(Verdict)}
    spans = [(j.records[0].at, j.records[-1].t - j.records[0].t) for j in journals if j.records]
    seconds, started = 0.0, None
    if spans:
        began = [datetime.fromisoformat(at).timestamp() for at, _ in spans]
        ended = [start + length for start, (_, length) in zip(began, spans, strict=True)]
        seconds = round(max(ended) - min(began), 3)
        started = spans[began.index(min(began))][0]
    return Summary(
        drills=len(drills),
        **count,
        seconds=seconds,
        started=started,
        all_met=bool(drills) and count["met"] == len(drills),
    )


def one_of(value: object, choices: Any) -> Any:
    """The value if it is one of the words of a Literal, else None."""
    return value if isinstance(value, str) and value in get_args(choices) else None


def lines(value: object) -> list[str]:
    """A record's list of one-line strings: whatever stands there, without empty ones."""
    values = value if isinstance(value, list | tuple) else [value]
    return [line for line in map(one_line, values) if line]


def _text(value: object) -> str | None:
    return one_line(value) or None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def seconds_of(value: object) -> float | None:
    """A record's number if it can be one: finite, not negative; else None."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) and value >= 0 else None  # type: ignore[arg-type, operator]
