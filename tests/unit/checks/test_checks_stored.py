"""What lies in S3 is journaled when the run is over: the words that the next rollback will read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from harness.checks.stored import READABLE, note_records, values_of
from harness.clock import SystemClock
from harness.journal import Journal, Record, read_journal

pytestmark = pytest.mark.unit

RECORDS = read_journal(Path(__file__).parent / "recorded" / "content-only.jsonl")
RUN = "46051657363"
BUCKET = "harbourlight-staging-releases"
KEY = f"deployments/20261126T065601Z-{RUN}.json"


def noted(
    tmp_path: Path,
    content: bytes | None,
    *,
    records: list[Record] = RECORDS,
    prefix: str = "deployments/",
) -> list[Any]:
    """What was journaled; S3 answers one request, for the record, and none besides."""
    s3 = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    asked = {"Bucket": BUCKET, "Key": KEY}
    with Stubber(s3) as stub, Journal(tmp_path / "j.jsonl", clock=SystemClock()) as journal:
        if content is None:
            stub.add_client_error("get_object", "NoSuchKey", expected_params=asked)
        else:
            body = StreamingBody(io.BytesIO(content), len(content))
            stub.add_response("get_object", {"Body": body}, asked)
        note_records(journal, SimpleNamespace(s3=s3), records, prefix=prefix)  # type: ignore[arg-type]
    return [record.data for record in read_journal(tmp_path / "j.jsonl")]


def test_the_record_that_the_run_left_is_read(tmp_path: Path) -> None:
    told = {"run": RUN, "bucket": BUCKET, "key": KEY, "text": '{"commit": "0123"}'}
    assert noted(tmp_path, b'{"commit": "0123"}') == [told]


def test_a_record_that_was_deleted_since_is_told(tmp_path: Path) -> None:
    (told,) = noted(tmp_path, None)
    assert (told["text"], told["error"]) == ("", "NoSuchKey")


def test_what_is_too_long_is_no_record(tmp_path: Path) -> None:
    (told,) = noted(tmp_path, b"x" * (READABLE + 1))
    assert (told["text"], told["error"]) == ("", f"longer than {READABLE} bytes")


def test_a_site_without_records_has_none(tmp_path: Path) -> None:
    assert noted(tmp_path, b"{}", prefix="") == []
    assert noted(tmp_path, b"{}", prefix="elsewhere/") == []


def test_what_another_run_left_is_not_asked_for(tmp_path: Path) -> None:
    others = [
        replace(r, data={**r.data, "caller": "run-16140952216-1"}) if r.kind == "aws.call" else r
        for r in RECORDS
    ]
    assert noted(tmp_path, b"{}", records=others) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"commit": "ab", "sha": "cd"}', {"target_commit": "ab"}),
        ('{"layers": ["content", "infrastructure"]}', {"layers": "content, infrastructure"}),
        (
            '{"Run-ID": 7, "attempt": 2, "who": "ada"}',
            {"run": "7", "attempt": "2", "requested_by": "ada"},
        ),
        ('{"commit": null, "tag": "", "outcome": "success"}', {}),
        ("[1]", {}),
        ("no JSON", {}),
        ("[" * 100_000, {}),
    ],
)
def test_values_are_found_by_the_names_that_sites_give_them(
    text: str, values: dict[str, str]
) -> None:
    assert values_of(text) == values
