"""The audit record of a real drill, recorded in a journal, and what it says once the trail is spoilt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from emergency_journal import changed

from harness.audit import AuditRecord, seal
from harness.checks.audit import check_audit
from harness.checks.operations import records_of_operations
from harness.journal import Record, read_journal
from harness.settings.sections import AuditSection

pytestmark = pytest.mark.unit

#: A rollback by content_only of staging, drilled for real; what tells nothing of the trail was left out.
JOURNAL = Path(__file__).parent / "recorded" / "content-only.jsonl"
RECORDS = read_journal(JOURNAL)
RUN = "46051657363"
TARGET = "32302d2add67b9625601142aed7319dfb99451e5"
OTHER = "a8b7d15b295792ff677412a612a23eb6ad4a304b"
TAG = "v0.0.0-rollback.20261126T065546Z"
ACTOR = "forbesbryan"
SECTION = AuditSection(places=("tag", "log", "summary", "aws", "artifact"), records="deployments/")


def recorded(records: list[Record], section: AuditSection = SECTION) -> AuditRecord:
    (record,) = records_of_operations(
        records, section, drill="a-drill", repository="harbourlight/website"
    )
    return record


def found(record: AuditRecord) -> list[tuple[str, str]]:
    return [(finding.kind, finding.text) for finding in record.findings]


def places(record: AuditRecord, item: Any) -> dict[str, str]:
    return {one.place: one.value for one in record.places[item]}


def uploaded(change: Callable[[dict[str, Any]], Any]) -> list[Record]:
    """The journal with another audit record in the artifact."""

    def rewrite(data: dict[str, Any]) -> dict[str, Any]:
        content = json.loads(data["contents"]["audit.json"])
        made = change(content)
        return {**data, "contents": {"audit.json": json.dumps(content if made is None else made)}}

    return changed(RECORDS, "artifact", rewrite)


def stored(change: Callable[[dict[str, Any]], None]) -> list[Record]:
    """The journal with another record of the deployment in S3."""

    def rewrite(data: dict[str, Any]) -> dict[str, Any]:
        content = json.loads(data["text"])
        change(content)
        return {**data, "text": json.dumps(content)}

    return changed(RECORDS, "release.record", rewrite)


def with_change(*, after: str, **more: Any) -> list[Record]:
    """The journal with one more AWS change, behind the first record of a kind."""
    at = next(index for index, record in enumerate(RECORDS) if record.kind == after)
    put = next(record for record in RECORDS if record.kind == "aws.call")
    call = replace(put, t=RECORDS[at].t, at=RECORDS[at].at, data={**put.data, **more})
    return [*RECORDS[: at + 1], call, *RECORDS[at + 1 :]]


def test_the_record_of_a_real_drill_says_who_what_when_and_why() -> None:
    record = recorded(RECORDS)
    assert found(record) == []
    assert record.complete
    assert (record.run, record.attempt, record.outcome) == (RUN, 1, "success")
    assert record.workflow == ".github/workflows/emergency.yml"
    assert record.who.requested_by == ACTOR
    assert record.who.approvals == ()
    what = record.what
    assert (what.operation, what.method, what.environment) == (
        "rollback",
        "content_only",
        "staging",
    )
    assert (what.target_commit, what.tag, what.layers) == (TARGET, TAG, ("content",))
    assert len(what.changes) == 29
    assert {change.by for change in what.changes} == {f"emergency-{RUN}-1"}
    assert what.changes[0].resource == "Bucket=harbourlight-staging Key=css/print.css"
    assert record.why is not None
    assert record.why.startswith("Every page ends in the middle: ")
    when = record.when
    moments = [when.requested, when.started, when.deployed, when.validated, when.finished]
    assert [moment for moment in moments if moment] == sorted(filter(None, moments))
    assert None not in moments
    assert when.approved is None


def test_each_value_is_told_with_the_places_it_was_found_in() -> None:
    record = recorded(RECORDS)
    texts = {"tag", "run log", "step summary", "artifact"}
    assert set(places(record, "requested_by")) == {"dispatch", "run", "release record", *texts}
    assert set(places(record, "target_commit")) == {"release record", *texts}
    assert set(places(record, "why")) == {"dispatch", *texts}
    assert set(places(record, "environment")) == {"dispatch", "deployment", *texts}
    assert set(places(record, "run")) == {"run", "release record", *texts}
    assert set(places(record, "deployed")) == {"deployment", "artifact", "AWS calls"}
    assert set(places(record, "validated")) == {"artifact", "probes"}
    assert set(places(record, "target_commit").values()) == {TARGET}
    assert places(record, "changes") == {"AWS calls": f"29 by emergency-{RUN}-1"}


def test_a_record_can_be_sealed_and_read_again() -> None:
    (sealed,) = seal([recorded(RECORDS)])
    assert AuditRecord.model_validate_json(sealed.model_dump_json()) == sealed


def test_a_reason_that_was_dropped_from_the_tag_is_missing() -> None:
    def without_reason(tag: dict[str, Any]) -> dict[str, Any]:
        lines = [line for line in tag["message"].splitlines() if not line.startswith("Why:")]
        return {**tag, "message": "\n".join(lines)}

    record = recorded(changed(RECORDS, "tag", without_reason))
    assert found(record) == [("missing", "why: not in the tag")]
    assert "tag" not in places(record, "why")
    assert "artifact" in places(record, "why")
    assert not record.complete


def test_an_artifact_with_another_commit_is_a_contradiction() -> None:
    record = recorded(uploaded(lambda content: content["what"].update(target_commit=OTHER)))
    line = f"artifact: says the target is {OTHER}, the tag is on {TARGET}"
    assert found(record) == [("contradiction", line)]
    assert places(record, "target_commit")["artifact"] == OTHER
    assert places(record, "target_commit")["tag"] == TARGET


def test_a_record_in_s3_with_another_commit_is_a_contradiction() -> None:
    record = recorded(stored(lambda content: content.update(commit=OTHER)))
    line = f"release record: says the target is {OTHER}, the tag is on {TARGET}"
    assert found(record) == [("contradiction", line)]
    assert places(record, "target_commit")["release record"] == OTHER


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda content: content["who"].update(requested_by="somebody"),
            f"artifact: says the actor is somebody, dispatched by {ACTOR}",
        ),
        (
            lambda content: content["what"].update(method="infrastructure_only"),
            "artifact: says the method is infrastructure_only, dispatched was content_only",
        ),
        (
            lambda content: content["what"].update(environment="prod"),
            "artifact: says the environment is prod, dispatched was staging",
        ),
        (
            lambda content: content["what"].update(tag="v0.0.0-rollback.1"),
            f"artifact: says the tag is v0.0.0-rollback.1, pushed was {TAG}",
        ),
        (
            lambda content: content["what"].update(layers=["infrastructure", "content"]),
            "artifact: says the layers are infrastructure, content, the operation is about content",
        ),
        (
            lambda content: content.update(run="1"),
            f"artifact: says the run is 1, it was {RUN}",
        ),
        (
            lambda content: content.update(attempt=3),
            "artifact: says the attempt is 3, it was 1",
        ),
    ],
)
def test_whatever_an_artifact_says_otherwise_is_a_contradiction(
    change: Callable[[dict[str, Any]], None], line: str
) -> None:
    assert found(recorded(uploaded(change))) == [("contradiction", line)]


def test_a_time_outside_the_run_is_a_contradiction() -> None:
    record = recorded(
        uploaded(lambda content: content["when"].update(requested="2020-01-05T10:00:00Z"))
    )
    assert [kind for kind, _ in found(record)] == ["contradiction"]
    assert record.findings[0].text.startswith("artifact: says 2020-01-05T10:00:00Z, the run went")


NO_RECORD = "artifact: audit.json of emergency-audit-1 is not an audit record"


@pytest.mark.parametrize(
    ("records", "line"),
    [
        (
            [record for record in RECORDS if record.kind != "artifact"],
            "artifact: none was uploaded",
        ),
        (
            changed(RECORDS, "artifact", lambda data: {**data, "name": "pages"}),
            "artifact: none was uploaded",
        ),
        (
            changed(RECORDS, "artifact", lambda data: {**data, "run": "16140952216"}),
            "artifact: none was uploaded",
        ),
        (
            changed(RECORDS, "artifact", lambda data: {**data, "contents": {}}),
            "artifact: emergency-audit-1 holds no JSON file that can be read",
        ),
        (
            uploaded(lambda content: []),
            f"{NO_RECORD}: the record: Input should be an object",
        ),
        (
            uploaded(lambda content: content["what"].update(target="x")),
            f"{NO_RECORD}: what.target: Extra inputs are not permitted",
        ),
        (
            uploaded(lambda content: content.update(why=None)),
            "why: not in the artifact",
        ),
        (
            uploaded(lambda content: content["what"].update(target_commit=None, tag=None)),
            "what (target commit, tag): not in the artifact",
        ),
    ],
)
def test_what_an_artifact_lacks_is_missing(records: list[Record], line: str) -> None:
    assert found(recorded(records)) == [("missing", line)]
    # A site that does not say that it uploads one need not.
    elsewhere = SECTION.model_copy(update={"places": ("tag", "log", "summary", "aws")})
    assert recorded(records, elsewhere).complete


STRANGER = {"caller": "AKIAEXAMPLE", "access_key": "AKIAEXAMPLE"}


def test_a_change_outside_any_run_is_nobodys() -> None:
    record = recorded(with_change(after="injected", **STRANGER))
    ((kind, line),) = found(record)
    assert kind == "unattributed"
    assert line.startswith("nobody's run made s3 PutObject Bucket=harbourlight-staging Key=")
    assert " by AKIAEXAMPLE at 2026-11-26T06:5" in line
    assert [(one.by, one.changes) for one in record.shares if not one.attributed] == [
        ("AKIAEXAMPLE", 1)
    ]


def test_a_change_while_the_operation_goes_on_is_nobodys_too() -> None:
    record = recorded(with_change(after="tag", **STRANGER))
    kinds = [kind for kind, _ in found(record)]
    assert kinds == ["missing", "unattributed"]
    assert "AKIAEXAMPLE" not in {change.by for change in record.what.changes}


def test_what_sitedrill_injects_is_its_own() -> None:
    drift = {"caller": "drift", "access_key": "SITEDRILLDRIFT"}
    record = recorded(with_change(after="injected", **drift))
    assert record.complete
    assert ("sitedrill (drift)", 1) in [(one.by, one.changes) for one in record.shares]


def test_a_refused_change_is_nobodys_business() -> None:
    refused = {**STRANGER, "status": 403, "error": "AccessDenied"}
    assert recorded(with_change(after="injected", **refused)).complete


def test_calls_without_a_name_are_those_of_the_only_run_of_their_time() -> None:
    def nameless(call: dict[str, Any]) -> dict[str, Any]:
        return call if RUN in call["caller"] else {**call, "caller": "GitHubActions"}

    record = recorded(changed(RECORDS, "aws.call", nameless))
    assert record.complete
    assert "by its time" in record.shares[0].by


def test_many_strangers_are_counted() -> None:
    def nameless(call: dict[str, Any]) -> dict[str, Any]:
        return {**call, **STRANGER}

    records = changed(RECORDS, "aws.call", nameless)
    audit = check_audit([r for r in records if r.kind != "run.started"], RUN)
    assert audit.unattributed[-1] == "nobody's run made 26 more changes"
    assert len(audit.unattributed) == 4


def reviewed(state: str) -> Record:
    started = next(r for r in RECORDS if r.kind == "run.started" and r.data["run"] == RUN)
    data = {"run": RUN, "attempt": 1, "job": "operate", "environment": "staging"}
    return replace(
        started, kind="review", data={**data, "state": state, "by": "ada", "comment": "go on"}
    )


def after_start(*more: Record) -> list[Record]:
    at = next(
        index
        for index, record in enumerate(RECORDS)
        if record.kind == "run.started" and record.data["run"] == RUN
    )
    return [*RECORDS[: at + 1], *more, *RECORDS[at + 1 :]]


def approved(by: str) -> list[Record]:
    """The journal with a review, and an artifact that names who approved."""
    said = [{"by": by, "state": "approved"}] if by else []
    records = uploaded(lambda content: content["who"].update(approvals=said))
    at = next(i for i, r in enumerate(records) if r.kind == "run.started" and r.data["run"] == RUN)
    return [*records[: at + 1], reviewed("approved"), *records[at + 1 :]]


def test_who_approved_stands_in_the_record() -> None:
    record = recorded(approved("ada"))
    assert record.complete
    assert record.who.approved_by == ("ada",)
    (approval,) = record.who.approvals
    at = reviewed("approved").at
    assert (approval.environment, approval.at, approval.comment) == ("staging", at, "go on")
    assert record.when.approved == at
    assert places(record, "approved_by") == {"review": "ada", "artifact": "ada"}
    assert check_audit(approved("ada"), RUN).approved_by == ("ada",)


def test_an_artifact_that_names_another_approver_is_a_contradiction() -> None:
    assert found(recorded(approved("mallory"))) == [
        ("contradiction", "artifact: says it was approved by mallory, reviews have ada")
    ]


def test_an_artifact_must_say_who_approved_where_somebody_did() -> None:
    record = recorded(approved(""))
    assert found(record) == [("missing", "who (approved by): not in the artifact")]


def test_an_approver_whom_no_review_knows_is_a_contradiction() -> None:
    said = [{"by": "mallory", "state": "approved"}]
    record = recorded(uploaded(lambda content: content["who"].update(approvals=said)))
    assert found(record) == [
        ("contradiction", "artifact: says it was approved by mallory, reviews have nobody")
    ]


def rejected() -> list[Record]:
    """The journal of the same run, rejected before it did anything."""
    ours = {"tag", "artifact", "release.record", "step.summary", "step.output", "deployment"}
    kept = [
        record
        for record in after_start(reviewed("rejected"))
        if not (record.kind in ours and record.data.get("run") == RUN)
        and RUN not in str(record.data.get("caller", ""))
    ]
    end = {"run": RUN, "conclusion": "failure"}
    return changed(
        kept, "run.finished", lambda data: {**data, **end} if data["run"] == RUN else data
    )


def test_an_operation_that_was_rejected_leaves_a_record_of_it() -> None:
    record = recorded(rejected())
    assert record.complete
    assert record.outcome == "failure"
    assert [(one.by, one.state) for one in record.who.approvals] == [("ada", "rejected")]
    assert record.who.approved_by == ()
    assert (record.what.tag, record.what.changes) == (None, ())
    assert record.why is not None
    # What the drill expected of it is not what it did.
    assert record.what.target_commit is None
    assert (record.when.deployed, record.when.validated) == (None, None)


def test_each_of_two_operations_has_a_record() -> None:
    last = RECORDS[-1]
    second = [
        replace(record, seq=record.seq + last.seq, t=record.t + last.t)
        for record in changed(
            rejected(),
            "dispatched",
            lambda data: {**data, "run": "2"} if data["run"] == RUN else data,
        )
        if record.kind == "dispatched"
    ]
    both = list(
        records_of_operations([*RECORDS, *second], SECTION, drill="a-drill", repository="o/r")
    )
    assert [record.run for record in both] == [RUN, "2"]
    assert [record.complete for record in both] == [True, True]
    assert both[1].outcome is None


def test_the_runs_that_an_operation_started_are_its_own() -> None:
    end = RECORDS[-1]
    put = next(record for record in RECORDS if RUN in str(record.data.get("caller")))
    more = [
        replace(end, seq=end.seq + 1, kind="run.queued", data={"run": "77", "by": RUN}),
        replace(end, seq=end.seq + 2, kind="run.queued", data={"run": "78", "by": "77"}),
        replace(end, seq=end.seq + 3, kind="run.queued", data={"run": "79", "by": ""}),
        replace(put, seq=end.seq + 4, data={**put.data, "caller": "run-78-1"}),
        replace(put, seq=end.seq + 5, data={**put.data, "caller": "run-79-1"}),
        replace(
            end,
            seq=end.seq + 6,
            kind="release.record",
            data={"run": "78", "key": "deployments/x", "text": json.dumps({"commit": OTHER})},
        ),
    ]
    record = recorded([*RECORDS, *more])
    callers = [change.by for change in record.what.changes]
    assert callers.count("run-78-1") == 1
    assert callers.count("run-79-1") == 0
    line = f"release record: says the target is {OTHER}, the tag is on {TARGET}"
    assert found(record) == [("contradiction", line)]


def test_a_site_that_was_healthy_before_was_validated_afterwards() -> None:
    records = changed(RECORDS, "probe", lambda data: {**data, "healthy": True})
    start = next(r for r in records if r.kind == "run.started" and r.data["run"] == RUN)
    probe = next(r for r in records if r.kind == "probe")
    early = replace(probe, t=start.t, at=start.at)
    when = recorded(
        [*records[: records.index(start)], early, *records[records.index(start) :]]
    ).when
    assert when.validated is not None
    assert when.deployed is not None
    assert when.validated > when.deployed
