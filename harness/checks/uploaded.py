"""The audit record that a run uploads as an artifact: is it there, and what does it say?

uploaded = find_uploaded(records, "1001", artifact="emergency-audit*")
uploaded.record, uploaded.trouble
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from harness.audit.chain import one_line
from harness.audit.record import AuditRecord, Item
from harness.journal import Record

#: What an artifact with an audit record is called, where the site does not say.
ARTIFACT = "emergency-audit*"


@dataclass(frozen=True)
class Uploaded:
    """The audit record of an artifact; `trouble` says why there is none."""

    record: AuditRecord | None
    trouble: str = ""


def find_uploaded(records: Sequence[Record], run: str, *, artifact: str = ARTIFACT) -> Uploaded:
    """The record that a run uploaded last.

    Args:
        records: the drill's journal.
        run: whose.
        artifact: a glob of the artifact's name.
    """
    found = [
        record.data
        for record in records
        if record.kind == "artifact"
        and str(record.data.get("run")) == run
        and fnmatch.fnmatchcase(str(record.data.get("name")), artifact)
    ]
    if not found:
        return Uploaded(None, "none was uploaded")
    name = found[-1].get("name")
    contents: Mapping[str, str] = found[-1].get("contents") or {}
    if not contents:
        return Uploaded(None, f"{name} holds no JSON file that can be read")
    trouble = ""
    for file, text in contents.items():
        try:
            return Uploaded(AuditRecord.model_validate_json(text))
        except ValidationError as error:
            trouble = trouble or f"{file} of {name} is not an audit record: {one_line(error)}"
    return Uploaded(None, trouble)


def values_of(record: AuditRecord) -> dict[Item, str]:
    """What a record says of each item, as text; what it does not say is not there."""
    what, when = record.what, record.when
    values: dict[Item, str | None] = {
        "requested_by": record.who.requested_by,
        "approved_by": ", ".join(record.who.approved_by),
        "operation": what.operation,
        "method": what.method,
        "environment": what.environment,
        "target_commit": what.target_commit,
        "tag": what.tag,
        "layers": ", ".join(what.layers),
        "changes": told_changes([change.by for change in what.changes]),
        "requested": when.requested,
        "approved": when.approved,
        "started": when.started,
        "deployed": when.deployed,
        "validated": when.validated,
        "why": record.why,
        "run": record.run,
        "attempt": str(record.attempt),
    }
    return {item: value for item, value in values.items() if value}


def told_changes(callers: Sequence[str]) -> str:
    """Changes as one value: how many, and in whose name."""
    if not callers:
        return ""
    names = ", ".join(dict.fromkeys(name or "?" for name in callers))
    return f"{len(callers)} by {names}"
