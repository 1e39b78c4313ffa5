"""Runs that change the site one after the other, and runs that nobody asked for."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks.turns import at_once, unapproved, unasked
from harness.journal import Record

pytestmark = pytest.mark.unit


def record(seq: int, kind: str, **data: Any) -> Record:
    return Record(seq=seq, t=float(seq), at=f"2026-01-05T10:00:{seq:02}Z", kind=kind, data=data)


def begun(seq: int, run: str, workflow: str = ".github/workflows/emergency.yml") -> Record:
    return record(seq, "run.started", run=run, workflow=workflow, role="response")


def call(seq: int, run: str, *, bucket: str = "b", mutating: bool = True) -> Record:
    return record(
        seq,
        "aws.call",
        caller=f"emergency-{run}-1",
        service="s3",
        operation="PutObject" if mutating else "GetObject",
        params={"Bucket": bucket, "Key": "index.html"},
        status=200,
        error="",
        mutating=mutating,
    )


def test_runs_that_change_the_site_in_turn_are_fine() -> None:
    records = [begun(1, "11"), begun(2, "12"), call(3, "11"), call(4, "11"), call(5, "12")]
    assert at_once(records) == ()


def test_two_runs_that_change_the_same_bucket_at_once_are_told() -> None:
    records = [begun(1, "11"), begun(2, "12"), call(3, "11"), call(4, "12"), call(5, "11")]
    (line,) = at_once(records)
    assert line.startswith("run 11 (.github/workflows/emergency.yml) and run 12 ")
    assert "s3 PutObject Bucket=b Key=index.html by emergency-12-1 came before" in line


def test_what_a_run_only_reads_and_other_buckets_do_not_count() -> None:
    others = [
        call(3, "11"),
        call(4, "12", mutating=False),
        call(5, "12", bucket="c"),
        call(6, "11"),
    ]
    assert at_once([begun(1, "11"), begun(2, "12"), *others]) == ()


def queued(seq: int, run: str, event: str, workflow: str = "emergency.yml") -> Record:
    path = f".github/workflows/{workflow}"
    return record(seq, "run.queued", run=run, workflow=path, event=event)


def test_a_run_that_nobody_dispatched_is_told_with_its_event() -> None:
    records = [
        queued(1, "11", "workflow_dispatch"),
        record(2, "dispatched", run="11"),
        queued(3, "12", "push"),
        queued(4, "13", "push", workflow="build.yml"),
        queued(5, "14", "push", workflow="not-emergency.yml"),
    ]
    assert unasked(records, "emergency.yml") == (
        "run 12 of emergency.yml was begun by push, and nobody had asked for it",
    )


def asked(seq: int, run: str, actor: str) -> Record:
    return record(seq, "dispatched", run=run, actor=actor, role="response")


def review(seq: int, run: str, by: str, state: str = "approved") -> Record:
    return record(seq, "review", run=run, by=by, state=state)


def test_an_operation_that_another_approved_of_first_is_fine() -> None:
    assert unapproved([asked(1, "11", "octo"), review(2, "11", "hub"), call(3, "11")]) == ()
    assert unapproved([asked(1, "11", "octo")]) == ()


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [review(2, "11", "Octo")],
        [review(2, "12", "hub")],
        [review(2, "11", "hub", "rejected")],
        [review(4, "11", "hub")],
    ],
    ids=["nobody", "themselves", "of another run", "rejected", "too late"],
)
def test_an_operation_that_nobody_else_approved_of_in_time_is_told(reviews: list[Record]) -> None:
    tagged = record(3, "tag", run="11", name="v0.0.0-rollback.1")
    assert unapproved([asked(1, "11", "octo"), *reviews, tagged]) == (
        "run 11 began to operate, and nobody but who asked had approved of it",
    )
