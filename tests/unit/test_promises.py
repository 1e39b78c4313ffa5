"""What counts as content when a rollback must leave it alone."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks.layers import LayerState
from harness.checks.release import ExpectedRelease
from harness.github.history import Release
from harness.journal import Record
from harness.promises import Layers, Target, _not_left_alone

pytestmark = pytest.mark.unit

RUN = "4711"


def put(bucket: str, key: str) -> Record:
    data: dict[str, Any] = {
        "caller": f"rollback-{RUN}-1",
        "service": "s3",
        "operation": "PutObject",
        "params": {"Bucket": bucket, "Key": key},
        "status": 200,
        "error": None,
        "mutating": True,
    }
    return Record(seq=1, t=1.0, at="2026-01-05T03:00:00Z", kind="aws.call", data=data)


def touched(call: Record) -> list[str]:
    state = LayerState(content={}, infrastructure={})
    release = Release("v1.0.0", "c0ffee")
    layers = Layers(
        bucket="site-staging",
        target=Target(release, release, ("infrastructure",)),
        content=ExpectedRelease("v1.0.0", "c0ffee", (), None),
        states={},
        before=state,
        after=state,
        records="deployments/",
        buckets=frozenset({"site-staging", "site-prod"}),
    )
    return _not_left_alone("content", layers, [call], RUN)


@pytest.mark.parametrize("bucket", ["site-staging", "site-prod"])
def test_an_object_in_any_environment_s_bucket_is_content(bucket: str) -> None:
    assert touched(put(bucket, "index.html"))


@pytest.mark.parametrize(
    ("bucket", "key"),
    [("terraform-state", "site/staging.tfstate"), ("site-staging", "deployments/1.json")],
)
def test_states_and_records_are_not_content(bucket: str, key: str) -> None:
    assert touched(put(bucket, key)) == []
