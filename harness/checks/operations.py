"""Every emergency operation of a drill, each with its audit record: also those that were refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.audit.record import AuditRecord
from harness.checks.audit import Audit, check_audit
from harness.checks.changes import by_run, changes_something
from harness.checks.operation import find_operation, operations_of
from harness.checks.recorded import record_of
from harness.journal import Record
from harness.settings.sections import AuditSection


def audit_of(records: Sequence[Record], run: str, section: AuditSection) -> Audit:
    """The check of one run's trail, in the places that a site has."""
    return check_audit(
        records,
        run,
        release_record=_pattern(section),
        places=section.places,
        tags=section.tags,
        artifact=section.artifact,
    )


def records_of_operations(
    records: Sequence[Record], section: AuditSection, *, drill: str, repository: str
) -> Iterator[AuditRecord]:
    """A record for each operation that was dispatched, in their order.

    One that neither tagged nor changed anything (it was refused, rejected or displaced) has no trail
    to be complete: its record says who asked for it, why, and what became of it.

    Args:
        records: the drill's whole journal.
        section: where the site keeps its trail.
        drill: the drill's id.
        repository: `owner/name`.
    """
    for run in operations_of(records):
        made = record_of(
            records,
            run,
            audit_of(records, run, section) if _did_something(records, run, section) else None,
            drill=drill,
            repository=repository,
            tags=section.tags,
            artifact=section.artifact,
            release_record=_pattern(section),
        )
        if made is not None:
            yield made


def _did_something(records: Sequence[Record], run: str, section: AuditSection) -> bool:
    operation = find_operation(records, run, tags=section.tags)
    if operation is not None and operation.tags:
        return True
    mine = by_run(run)
    return any(changes_something(r) and mine(str(r.data.get("caller", ""))) for r in records) or (
        _conclusion(records, run) == "success"
    )


def _conclusion(records: Sequence[Record], run: str) -> str:
    ends = [r for r in records if r.kind == "run.finished" and str(r.data.get("run")) == run]
    return str(ends[-1].data.get("conclusion")) if ends else ""


def _pattern(section: AuditSection) -> str | None:
    return f"^{re.escape(section.records)}" if section.records else None
