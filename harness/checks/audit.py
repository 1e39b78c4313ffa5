"""Can anybody tell afterwards who did what, when and why? Several places, and whether they agree.

    audit = check_audit(read_journal(path), run="1001")
    audit.complete, audit.missing        # False, ("why: not in the tag",)

An emergency operation must leave who, what, when and why in its annotated tag, in the run's log
and in the step summary; and its AWS calls must carry the run in their role session's name, which is
what CloudTrail keeps:
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html.
A run may upload a record as an artifact, and leave one in S3: what those say must be so, too. The truth
that all are compared with is the dispatch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from harness.checks.attribution import parties, unattributed
from harness.checks.operation import EMERGENCY_TAGS, Operation, find_operation
from harness.checks.said import truth_of
from harness.checks.stored import said_by_records
from harness.checks.trail import FIELDS, LOG, SUMMARY, Trail
from harness.checks.uploaded import ARTIFACT, find_uploaded
from harness.journal import Record

#: Where a trail must be, where nobody says otherwise; an artifact is looked at wherever there is one.
PLACES = ("tag", "log", "summary", "aws")


@dataclass(frozen=True)
class Audit:
    """What the trail of one operation says.

    `who`, `what`, `when`, `why` hold the value found in at least one place, None when in none;
    `missing` what is not where it must be; `findings` where places contradict each other or the
    dispatch; `unattributed` the AWS changes of the drill that nobody's run made; `places` for each
    field the places it was found in; `approved_by` who let the run into its environment.
    """

    who: str | None
    what: str | None
    when: str | None
    why: str | None
    complete: bool
    missing: tuple[str, ...]
    findings: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    unattributed: tuple[str, ...] = ()
    approved_by: tuple[str, ...] = ()


def check_audit(
    records: Sequence[Record],
    run: str,
    *,
    release_record: str | None = None,
    places: Collection[str] = PLACES,
    tags: str = EMERGENCY_TAGS,
    artifact: str = ARTIFACT,
    tolerance: float = 60.0,
) -> Audit:
    """Judge the audit trail of one run.

    Args:
        records: the drill's whole journal.
        run: the run that was dispatched.
        release_record: a regular expression for the key of the record a deployment leaves in S3;
            given, a run that changes something must have put one.
        places: where the trail must be; a site need not have all of them.
        tags: a glob of the tags that an operation pushes.
        artifact: a glob of the name of the artifact with the audit record.
        tolerance: seconds that a clock in the run may be off.
    """
    operation = find_operation(records, run, tags=tags)
    if operation is None:
        missing = (f"dispatch: the journal has none for run {run}",)
        return Audit(None, None, None, None, False, missing, (), dict.fromkeys(FIELDS, ()))
    trail = Trail(operation, timedelta(seconds=tolerance))
    if "tag" in places:
        trail.look_in_tag()
    if "log" in places:
        trail.look_in(LOG, log_of(records, run), "none was kept")
    if "summary" in places:
        trail.look_in(SUMMARY, summary_of(records, run), "none was written")
    strangers: tuple[str, ...] = ()
    if "aws" in places:
        trail.look_in_aws_calls(records, release_record)
        strangers = unattributed(
            parties(records), run, since=operation.since, until=operation.until
        )
    truth = truth_of(operation)
    trail.look_in_artifact(
        find_uploaded(records, run, artifact=artifact), truth, required="artifact" in places
    )
    trail.look_in_release_records(
        said_by_records(records, [run]), said_by_records(records, operation.followers), truth
    )
    return _audit(operation, trail, strangers)


def _audit(operation: Operation, trail: Trail, strangers: tuple[str, ...]) -> Audit:
    """The result: a value counts as known when at least one place has it."""
    places = trail.places
    when = trail.when.isoformat().replace("+00:00", "Z") if trail.when else None
    if when is None and places["when"]:
        when = operation.dispatched_at
    return Audit(
        who=operation.actor if places["who"] else None,
        what=operation.summary if places["what"] else None,
        when=when,
        why=operation.reason if places["why"] else None,
        complete=not trail.missing and not trail.findings and not strangers,
        missing=tuple(trail.missing),
        findings=tuple(dict.fromkeys(trail.findings)),
        places={field: tuple(found) for field, found in places.items()},
        unattributed=strangers,
        approved_by=operation.approved_by,
    )


def log_of(records: Sequence[Record], run: str) -> str:
    """The run's output, step by step; lines of jobs that ran at once are not mixed."""
    steps: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.kind == "step.output" and str(record.data.get("run")) == run:
            step = (str(record.data.get("job")), str(record.data.get("step")))
            steps.setdefault(step, []).append(str(record.data.get("line", "")))
    return "\n".join(line for lines in steps.values() for line in lines)


def summary_of(records: Sequence[Record], run: str) -> str:
    """What the run's steps wrote to its summary."""
    return "\n".join(
        str(record.data.get("markdown", ""))
        for record in records
        if record.kind == "step.summary" and str(record.data.get("run")) == run
    )
