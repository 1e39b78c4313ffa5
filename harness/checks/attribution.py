"""Whose is each change to AWS? A run's, sitedrill's own, or nobody's.

A call belongs to the run that its role session names. What sitedrill does itself (an injected drift,
the making of a world) is signed with keys that say so. A call that names nobody counts as the run's in
whose time it was made, unless that is the emergency's: there the calls themselves have to tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.audit.record import Share
from harness.checks.changes import by_run, changes_something, described
from harness.checks.operation import operations_of
from harness.journal import Record

#: The keys of sitedrill's own callers (the edge, the checks, injected drift) start like this.
OWN_KEYS = "SITEDRILL"
#: As many calls are told one by one.
TOLD = 3


@dataclass(frozen=True)
class Party:
    """Who made a change: `run` is its id, "" when it was none; `known` is false for nobody."""

    name: str
    run: str = ""
    known: bool = True


@dataclass(frozen=True)
class _Span:
    run: str
    role: str
    emergency: bool
    since: float
    until: float


def is_own(record: Record) -> bool:
    """Whether sitedrill itself called."""
    return str(record.data.get("access_key", "")).startswith(OWN_KEYS)


def parties(records: Sequence[Record]) -> list[tuple[Record, Party]]:
    """Every change to AWS in a drill, in order, with who made it."""
    spans = _spans(records)
    runs = {run: by_run(run) for run in dict.fromkeys(map(_run, records)) if run}
    roles = {span.run: span.role for span in spans}
    found = []
    for record in records:
        if not changes_something(record):
            continue
        caller = str(record.data.get("caller", ""))
        named = next((run for run, mine in runs.items() if mine(caller)), "")
        if is_own(record):
            party = Party(f"sitedrill ({caller})")
        elif named:
            party = Party(_name(named, roles), named)
        else:
            party = _by_time(record, spans) or Party(caller or "nobody", known=False)
        found.append((record, party))
    return found


def shares(found: Sequence[tuple[Record, Party]]) -> tuple[Share, ...]:
    """How many changes each made, in the order in which they first made one."""
    counted = Counter(party for _, party in found)
    return tuple(
        Share(by=party.name, changes=number, attributed=party.known)
        for party, number in counted.items()
    )


def unattributed(
    found: Sequence[tuple[Record, Party]], run: str, *, since: float, until: float
) -> tuple[str, ...]:
    """A line for each change that is nobody's, a few of them; one more says how many there are.

    Between `since` and `until` (journal seconds), while `run` goes on, a change that names nobody is a
    stranger's only where others do name the run: one whose calls never do has a role session without
    its id, which is told as missing.
    """
    named = any(party.run == run for _, party in found)
    strangers = [
        record
        for record, party in found
        if not party.known and (named or not since <= record.t <= until)
    ]
    lines = [f"nobody's run made {described(record)} at {record.at}" for record in strangers]
    more = len(lines) - TOLD
    return (*lines[:TOLD], f"nobody's run made {more} more changes") if more > 0 else tuple(lines)


def _by_time(record: Record, spans: Sequence[_Span]) -> Party | None:
    on = [span for span in spans if span.since <= record.t <= span.until]
    if len(on) != 1 or on[0].emergency:
        return None
    return Party(f"{_name(on[0].run, {on[0].run: on[0].role})}, by its time", on[0].run)


def _spans(records: Sequence[Record]) -> list[_Span]:
    """From when to when each run went on; to the end of the journal, if it was never over."""
    begun: dict[str, tuple[float, str]] = {}
    ended: dict[str, float] = {}
    for record in records:
        if record.kind == "run.started":
            begun.setdefault(_run(record), (record.t, str(record.data.get("role") or "")))
        elif record.kind == "run.finished":
            ended[_run(record)] = record.t
    last = records[-1].t if records else 0.0
    operations = set(operations_of(records))
    return [
        _Span(run, role, run in operations, since, ended.get(run, last))
        for run, (since, role) in begun.items()
    ]


def _name(run: str, roles: Mapping[str, str]) -> str:
    role = roles.get(run, "")
    return f"run {run} ({role})" if role else f"run {run}"


def _run(record: Record) -> str:
    return str(record.data.get("run") or "")
