"""The way back: on disk before the first change, finished by whoever comes after a crash."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from staging_cloud import BUCKET, Staging, every_incident

from harness.errors import SitedrillError
from harness.gameday.undo import Ledger, Undo, Watched
from harness.live import Change, MovedError, Returned, changes_of

pytestmark = pytest.mark.integration

Reached = Callable[[str, int], None]


class CrashError(Exception):
    """The power is cut."""


def told(staging: Staging, *incidents: str) -> list[Change]:
    return [
        change
        for name in incidents
        for change in changes_of(
            every_incident().get(name),
            staging.aws,
            bucket=BUCKET,
            distribution=staging.distribution,
        )
    ]


def captured(
    staging: Staging, directory: Path, *incidents: str, reached: Reached | None = None
) -> Undo:
    return Undo.capture(
        directory / "undo" / "01",
        staging.aws,
        told(staging, *incidents),
        token="t",
        watched=[Watched("policy", BUCKET)],
        **({"reached": reached} if reached else {}),  # type: ignore[arg-type]
    )


def make_all(undo: Undo) -> None:
    for number in range(len(undo.changes)):
        undo.make(number)


def again(staging: Staging, directory: Path) -> Undo:
    return Undo(Ledger(directory / "undo" / "01"), staging.aws)


def test_all_is_put_back_in_reverse_order_and_may_be_put_back_again(
    staging: Staging, tmp_path: Path
) -> None:
    before = staging.everything()
    undo = captured(staging, tmp_path, "cloudfront-wrong-origin", "html-truncated")
    for number in range(len(undo.changes)):
        undo.make(number)
    assert undo.verify()
    outcomes = undo.restore()
    assert [outcome.change for outcome in outcomes] == list(reversed(undo.changes))
    assert {outcome.returned for outcome in outcomes} == {Returned.BACK}
    assert staging.everything() == before
    for _ in range(2):
        later = again(staging, tmp_path)
        assert all(outcome.settled for outcome in later.restore())
        assert later.verify() == []
        assert staging.everything() == before


def test_what_is_on_disk_before_the_first_change_is_everything(
    staging: Staging, tmp_path: Path
) -> None:
    undo = captured(staging, tmp_path, "html-truncated")
    kept = again(staging, tmp_path)
    assert kept.changes == undo.changes
    assert [change.before.body for change in kept.changes] == [
        staging.other.s3.get_object(Bucket=BUCKET, Key=change.name.partition("/")[2])["Body"].read()
        for change in undo.changes
    ]
    assert not kept.begun


def test_nothing_begins_with_a_capture_that_is_not_complete(
    staging: Staging, tmp_path: Path
) -> None:
    captured(staging, tmp_path, "html-truncated")
    file = tmp_path / "undo" / "01" / "undo.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(SitedrillError, match="capture is not complete"):
        again(staging, tmp_path)


def test_a_damaged_capture_is_told_and_not_used(staging: Staging, tmp_path: Path) -> None:
    undo = captured(staging, tmp_path, "html-truncated")
    undo.make(0)
    blob = max((tmp_path / "undo" / "01" / "blobs").iterdir(), key=lambda path: path.stat().st_size)
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(SitedrillError, match="is damaged"):
        again(staging, tmp_path)


def test_a_capture_that_was_used_is_not_replaced(staging: Staging, tmp_path: Path) -> None:
    captured(staging, tmp_path, "html-truncated").make(0)
    with pytest.raises(SitedrillError, match="way back of changes that were made"):
        captured(staging, tmp_path, "html-truncated")


def test_a_change_is_not_made_where_somebody_was_faster(staging: Staging, tmp_path: Path) -> None:
    undo = captured(staging, tmp_path, "html-truncated")
    key = undo.changes[0].name.partition("/")[2]
    staging.other.s3.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
    with pytest.raises(MovedError):
        undo.make(0)
    undo.restore()
    assert staging.other.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"theirs"


def test_what_somebody_else_did_is_kept_told_and_may_be_accepted(
    staging: Staging, tmp_path: Path
) -> None:
    undo = captured(staging, tmp_path, "html-truncated")
    undo.make(0)
    undo.make(1)
    key = undo.changes[0].name.partition("/")[2]
    staging.other.s3.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
    outcomes = {outcome.change.name: outcome for outcome in undo.restore()}
    theirs = outcomes[f"{BUCKET}/{key}"]
    assert theirs.returned is Returned.THEIRS
    assert "--keep-theirs" in theirs.to_do
    captured_file = Path(theirs.to_do.split("Captured was ")[1].split(". If")[0])
    assert captured_file.read_bytes() == undo.changes[0].before.body
    assert outcomes[undo.changes[1].name].returned is Returned.BACK
    assert undo.verify() == [f"s3://{BUCKET}/{key} is not as it was captured"]
    later = again(staging, tmp_path)
    assert [change.name for change in later.accept()] == [f"{BUCKET}/{key}"]
    last = again(staging, tmp_path)
    assert all(outcome.settled for outcome in last.restore())
    assert last.verify() == []
    assert staging.other.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"theirs"


def test_what_the_team_brought_back_itself_is_left_alone(staging: Staging, tmp_path: Path) -> None:
    undo = captured(staging, tmp_path, "html-truncated")
    undo.make(0)
    change = undo.changes[0]
    staging.other.s3.put_object(
        Bucket=BUCKET,
        Key=change.name.partition("/")[2],
        Body=change.before.body,
        ContentType=change.before.about["ContentType"],
        CacheControl=change.before.about["CacheControl"],
        Metadata=change.before.about["Metadata"],
        Tagging="layer=content",
    )
    (outcome,) = undo.restore()
    assert outcome.returned is Returned.ALREADY
    assert undo.verify() == []


def test_a_resource_that_no_incident_changes_is_compared_too(
    staging: Staging, tmp_path: Path
) -> None:
    undo = captured(staging, tmp_path, "html-truncated")
    staging.other.s3.delete_bucket_policy(Bucket=BUCKET)
    assert undo.verify() == [f"policy {BUCKET} is not as it was captured"]
    assert [change.kind for change in undo.accept()] == ["policy"]
    assert again(staging, tmp_path).verify() == []


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    crash=st.tuples(st.sampled_from(["intent", "done"]), st.integers(0, 5)),
    torn=st.integers(0, 200),
)
def test_any_beginning_of_the_journal_leads_back(
    staging: Staging, tmp_path: Path, crash: tuple[str, int], torn: int
) -> None:
    """The power is cut at any moment, and the last line may be torn anywhere."""
    shutil.rmtree(tmp_path / "undo", ignore_errors=True)
    before = staging.everything()

    def cut(kind: str, number: int) -> None:
        if (kind, number) == crash:
            raise CrashError

    undo = captured(staging, tmp_path, "cloudfront-wrong-origin", "html-truncated", reached=cut)
    with pytest.raises(CrashError):
        make_all(undo)
    file = tmp_path / "undo" / "01" / "undo.jsonl"
    if crash[0] == "done":
        # The change is made; the line that says so did not reach the disk whole.
        whole = file.read_bytes()
        last = len(whole.rstrip(b"\n").rpartition(b"\n")[2]) + 1
        file.write_bytes(whole[: len(whole) - min(torn, last)])
    undone = again(staging, tmp_path)
    undone.restore()
    assert undone.verify() == []
    assert staging.everything() == before
