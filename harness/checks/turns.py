"""Did every operation have its turn: asked for by a person, approved by another, one after the other?

    at_once(read_journal(path))     # ("run 11 (emergency.yml) and run 12 (run.yml) changed ...",)

Concurrency groups exist so that this cannot happen:
https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from harness.checks.changes import by_run, changes_something, described
from harness.journal import Record


class _Span(NamedTuple):
    run: str
    workflow: str
    places: frozenset[str]
    first: Record
    last: Record


def at_once(records: Sequence[Record]) -> tuple[str, ...]:
    """One line for any two runs that changed the same bucket or distribution at the same time.

    A run changes something from its first changing AWS call to its last; what it reads does not count.
    """
    started = [record for record in records if record.kind == "run.started"]
    runs = {str(record.data["run"]): str(record.data.get("workflow", "")) for record in started}
    spans = [span for run, workflow in runs.items() if (span := _span(records, run, workflow))]
    return tuple(
        f"run {one.run} ({one.workflow}) and run {other.run} ({other.workflow}) changed the site "
        f"at once: {described(other.first)} came before {described(one.last)}"
        for one, other in combinations(sorted(spans, key=lambda span: span.first.t), 2)
        if one.places & other.places and other.first.t < one.last.t
    )


def _span(records: Sequence[Record], run: str, workflow: str) -> _Span | None:
    mine = by_run(run)
    changes = [
        record
        for record in records
        if changes_something(record) and mine(str(record.data.get("caller", "")))
    ]
    if not changes:
        return None
    places = frozenset(_place(record) for record in changes)
    return _Span(run, workflow, places, changes[0], changes[-1])


def _place(record: Record) -> str:
    params = record.data.get("params", {})
    named = params.get("Bucket") or params.get("DistributionId") or params.get("Id") or ""
    return f"{record.data.get('service')} {named}"


def unasked(records: Sequence[Record], workflow: str) -> tuple[str, ...]:
    """One line for every run of a workflow that somebody or something began without a dispatch by hand.

    Args:
        records: the drill's journal.
        workflow: the file's name.
    """
    asked = {str(r.data["run"]) for r in records if r.kind == "dispatched"}
    return tuple(
        f"run {record.data['run']} of {workflow} was begun by {record.data.get('event')}, "
        f"and nobody had asked for it"
        for record in records
        if record.kind == "run.queued"
        and str(record.data.get("workflow", "")).rpartition("/")[2] == workflow
        and str(record.data["run"]) not in asked
    )


def unapproved(records: Sequence[Record]) -> tuple[str, ...]:
    """One line for the response that tagged or changed something before another person approved of it."""
    found = []
    for asked in records:
        if asked.kind != "dispatched" or asked.data.get("role") != "response":
            continue
        run, asker = str(asked.data["run"]), str(asked.data.get("actor", "")).lower()
        mine = by_run(run)
        done = (
            record.t
            for record in records
            if (record.kind == "tag" and str(record.data.get("run")) == run)
            or (changes_something(record) and mine(str(record.data.get("caller", ""))))
        )
        approved = (
            record.t
            for record in records
            if record.kind == "review"
            and str(record.data.get("run")) == run
            and record.data.get("state") == "approved"
            and str(record.data.get("by", "")).lower() != asker
        )
        begun = min(done, default=None)
        if begun is not None and min(approved, default=begun + 1) > begun:
            found.append(f"run {run} began to operate, and nobody but who asked had approved of it")
    return tuple(found)
