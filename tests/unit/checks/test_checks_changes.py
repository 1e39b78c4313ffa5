from __future__ import annotations

from typing import Any

import pytest

from harness.checks.changes import by_run, described, mutating_calls
from harness.journal import Record

pytestmark = pytest.mark.unit


def call(operation: str, service: str = "s3", t: float = 1.0, **more: Any) -> Record:
    data = {
        "caller": "emergency-1001",
        "access_key": "ASIAX",
        "service": service,
        "operation": operation,
        "params": {},
        "status": 200,
        "error": "",
        "mutating": True,
        "seconds": 0.01,
    }
    return Record(1, t, "2026-01-05T10:00:00.000Z", "aws.call", {**data, **more})


@pytest.mark.parametrize(
    ("record", "layer"),
    [
        (call("PutObject"), "content"),
        (call("DeleteObjects"), "content"),
        (call("CopyObject"), "content"),
        (call("CompleteMultipartUpload"), "content"),
        (call("PutBucketPolicy"), "infrastructure"),
        (call("PutPublicAccessBlock"), "infrastructure"),
        (call("CreateBucket"), "infrastructure"),
        (call("UpdateDistribution", "cloudfront"), "infrastructure"),
        (call("CreateOriginAccessControl", "cloudfront"), "infrastructure"),
        (call("PutRolePolicy", "iam"), "infrastructure"),
        (call("ChangeResourceRecordSets", "route53"), "infrastructure"),
        (call("CreateInvalidation", "cloudfront"), "invalidations"),
        (call("AssumeRoleWithWebIdentity", "sts"), None),
        (call("GetObject", mutating=False), None),
        (call("PutObject", status=403, error="AccessDenied"), None),
        (call("PutObject", status=503), None),
        (call("PutObject", error="NoSuchBucket"), None),
        (call("PutObject", caller="edge"), None),
    ],
)
def test_a_call_is_counted_for_the_layer_it_changes(record: Record, layer: str | None) -> None:
    changes = mutating_calls([record], by_run("1001"))
    found = {
        name: getattr(changes, name) for name in ("infrastructure", "content", "invalidations")
    }
    assert found == {name: (record,) if name == layer else () for name in found}


def test_only_calls_of_that_time_count() -> None:
    records = [call("PutObject", t=second) for second in (1.0, 2.0, 3.0)]
    assert mutating_calls(records, by_run("1001"), since=2.0, until=2.5).content == (records[1],)


def test_other_records_are_no_calls() -> None:
    record = Record(1, 1.0, "", "phase", {"mutating": True, "caller": "1001"})
    assert mutating_calls([record], by_run("1001")).infrastructure == ()


@pytest.mark.parametrize(
    ("caller", "is_it"),
    [
        ("emergency-1001", True),
        ("1001", True),
        ("run_1001_deploy", True),
        ("emergency-11001", False),
        ("emergency-10012", False),
        ("edge", False),
    ],
)
def test_a_caller_is_a_run_when_it_carries_the_whole_id(caller: str, *, is_it: bool) -> None:
    assert by_run("1001")(caller) is is_it


def test_a_call_is_described_in_one_line() -> None:
    record = call("PutObject", params={"Bucket": "site", "Key": "index.html", "ContentLength": 3})
    assert described(record) == "s3 PutObject Bucket=site Key=index.html by emergency-1001"
