"""The audit record of one operation, made from a journal: every place that tells something is asked.

    record = record_of(records, "1001", audit, drill="drift.html-truncated", ...)

`harness.audit.record` says what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from harness.audit.record import (
    Approval,
    AuditRecord,
    Change,
    Finding,
    Found,
    Item,
    Place,
    What,
    When,
    Who,
)
from harness.checks.attribution import parties, shares
from harness.checks.audit import Audit, log_of, summary_of
from harness.checks.changes import changes_something
from harness.checks.evidence import is_commit
from harness.checks.operation import EMERGENCY_TAGS, Operation, find_operation
from harness.checks.prober import recovered_at
from harness.checks.said import said_in_text, truth_of
from harness.checks.stored import said_by_records
from harness.checks.uploaded import ARTIFACT, find_uploaded, told_changes, values_of
from harness.journal import Record

_FULL_SHA = 40
#: Parameters that say what a call is about: https://docs.aws.amazon.com/AmazonS3/latest/API/ and others.
_NAMES = ("Bucket", "Key", "DistributionId", "Id", "Name", "RoleName")


def record_of(
    records: Sequence[Record],
    run: str,
    audit: Audit | None,
    *,
    drill: str = "",
    repository: str = "",
    tags: str = EMERGENCY_TAGS,
    artifact: str = ARTIFACT,
    release_record: str | None = None,
) -> AuditRecord | None:
    """The record of a run, None when the journal has no dispatch of it.

    Args:
        records: the drill's whole journal.
        run: the run that was dispatched.
        audit: what the check of its trail found; None for an operation that had to be refused, of which
            there is no trail to be complete.
        drill: its id.
        repository: `owner/name`.
        tags: a glob of the tags that an operation pushes.
        artifact: a glob of the name of the artifact with the run's own record.
        release_record: a regular expression for the keys of the records that deployments leave in S3.
    """
    operation = find_operation(records, run, tags=tags)
    if operation is None:
        return None
    theirs = {operation.run, *operation.followers}
    found = parties(records)
    changes = [record for record, party in found if party.run in theirs]
    when = _when(records, operation, changes, release_record)
    end = _first(records, "run.finished", run)
    truth = truth_of(operation)
    # What the drill expects is not what the run has found out.
    target = operation.tags[0].commit if operation.tags else _typed(records, operation)
    return AuditRecord(
        drill=drill,
        repository=repository,
        workflow=str(_first(records, "run.queued", run).get("workflow") or ""),
        run=operation.run,
        attempt=operation.attempt,
        outcome=str(end.get("conclusion")) if end.get("conclusion") else None,
        who=Who(
            requested_by=operation.actor or None,
            approvals=tuple(map(_approval, operation.reviews)),
        ),
        what=What(
            operation=operation.operation or None,
            method=operation.method,
            environment=operation.environment or None,
            target_commit=target if is_commit(target) and len(target) == _FULL_SHA else None,
            tag=truth.get("tag"),
            layers=operation.layers,  # type: ignore[arg-type]
            changes=tuple(map(_change, changes)),
        ),
        when=when,
        why=operation.reason or None,
        places=_places(records, operation, changes, when, artifact),
        findings=_findings(audit),
        complete=audit is None or audit.complete,
        shares=shares(found),
    )


def _findings(audit: Audit | None) -> tuple[Finding, ...]:
    if audit is None:
        return ()
    return (
        *(Finding(kind="missing", text=line) for line in audit.missing),
        *(Finding(kind="contradiction", text=line) for line in audit.findings),
        *(Finding(kind="unattributed", text=line) for line in audit.unattributed),
    )


def _when(
    records: Sequence[Record],
    operation: Operation,
    changes: Sequence[Record],
    release_record: str | None,
) -> When:
    approved = [r.at for r in operation.reviews if r.data.get("state") == "approved"]
    started = [r.at for r in records if r.kind == "run.started" and _run(r) == operation.run]
    finished = [r.at for r in records if r.kind == "run.finished" and _run(r) == operation.run]
    deployed = [r.at for r in changes if not _is_record(r, release_record)]
    done = max((r.t for r in changes if not _is_record(r, release_record)), default=None)
    healthy = None if done is None else recovered_at(records, done)
    validated = [r.at for r in records if r.kind == "probe" and r.t == healthy]
    return When(
        requested=operation.dispatched_at,
        approved=approved[-1] if approved else None,
        started=started[0] if started else None,
        deployed=deployed[-1] if deployed else None,
        validated=validated[0] if validated else None,
        finished=finished[-1] if finished else None,
    )


def _places(
    records: Sequence[Record],
    operation: Operation,
    changes: Sequence[Record],
    when: When,
    artifact: str,
) -> dict[Item, tuple[Found, ...]]:
    """What each place says; GitHub's own come first, then what the run wrote, then AWS."""
    run = operation.run
    told: list[tuple[Place, Mapping[Item, str | None]]] = []
    told.append(("dispatch", _by_dispatch(records, operation)))
    told.append(("run", _by_run(records, operation, when)))
    told.extend(
        (
            "review",
            {"approved_by": str(r.data.get("by")), "approved": r.at},
        )
        for r in operation.reviews
        if r.data.get("state") == "approved"
    )
    told.extend(
        (
            "tag",
            {**said_in_text(tag.message, operation), "tag": tag.name, "target_commit": tag.commit},
        )
        for tag in operation.tags
    )
    told.append(("run log", said_in_text(log_of(records, run), operation)))
    told.append(("step summary", said_in_text(summary_of(records, run), operation)))
    told.extend(("deployment", values) for values in _by_deployments(records, operation))
    uploaded = find_uploaded(records, run, artifact=artifact).record
    if uploaded is not None:
        told.append(("artifact", values_of(uploaded)))
    told.extend(
        ("release record", values)
        for values in said_by_records(records, [run, *operation.followers])
    )
    if changes:
        callers = [str(record.data.get("caller", "")) for record in changes]
        told.append(("AWS calls", {"changes": told_changes(callers), "deployed": when.deployed}))
    told.append(("probes", {"validated": when.validated}))
    return _by_item(told)


def _by_item(
    told: Iterable[tuple[Place, Mapping[Item, str | None]]],
) -> dict[Item, tuple[Found, ...]]:
    found: dict[Item, list[Found]] = {}
    for place, values in told:
        for item, value in values.items():
            if value and Found(place=place, value=value) not in found.get(item, ()):
                found.setdefault(item, []).append(Found(place=place, value=value))
    return {item: tuple(values) for item, values in found.items()}


def _by_dispatch(records: Sequence[Record], operation: Operation) -> dict[Item, str | None]:
    return {
        "requested_by": operation.actor,
        "operation": operation.operation,
        "method": operation.method,
        "environment": operation.environment,
        "target_commit": _typed(records, operation),
        "requested": operation.dispatched_at,
        "why": operation.reason,
    }


def _typed(records: Sequence[Record], operation: Operation) -> str:
    """The commit that the dispatch itself names: what was typed, or a hotfix's own head."""
    inputs = _first(records, "dispatched", operation.run).get("inputs")
    typed = str(inputs.get("target_commit") or "").strip() if isinstance(inputs, Mapping) else ""
    return typed or (operation.target if operation.operation == "hotfix" else "")


def _by_run(records: Sequence[Record], operation: Operation, when: When) -> dict[Item, str | None]:
    queued = _first(records, "run.queued", operation.run)
    return {
        "requested_by": str(queued.get("actor") or ""),
        "run": operation.run,
        "attempt": str(operation.attempt),
        "started": when.started,
    }


def _by_deployments(
    records: Sequence[Record], operation: Operation
) -> Iterable[dict[Item, str | None]]:
    runs = {operation.run, *operation.followers}
    for record in records:
        if record.kind == "deployment" and _run(record) in runs:
            state = record.data.get("state")
            yield {
                "environment": str(record.data.get("environment") or ""),
                "started": record.at if state == "in_progress" else None,
                "deployed": record.at if state == "success" else None,
            }


def _approval(record: Record) -> Approval:
    data = record.data
    return Approval(
        by=str(data.get("by")),
        state="approved" if data.get("state") == "approved" else "rejected",
        environment=str(data.get("environment") or ""),
        at=record.at,
        comment=str(data.get("comment") or ""),
    )


def _change(record: Record) -> Change:
    data = record.data
    params = data.get("params") or {}
    named = [f"{name}={params[name]}" for name in _NAMES if params.get(name)]
    return Change(
        at=record.at,
        service=str(data.get("service")),
        operation=str(data.get("operation")),
        resource=" ".join(named),
        by=str(data.get("caller", "")),
    )


def _is_record(record: Record, pattern: str | None) -> bool:
    key = str((record.data.get("params") or {}).get("Key", ""))
    return bool(pattern and changes_something(record) and key and re.search(pattern, key))


def _first(records: Sequence[Record], kind: str, run: str) -> Mapping[str, object]:
    return next((r.data for r in records if r.kind == kind and _run(r) == run), {})


def _run(record: Record) -> str:
    return str(record.data.get("run") or "")
