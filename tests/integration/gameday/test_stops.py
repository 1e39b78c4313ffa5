"""Each stop condition puts everything back at once, in reverse order, and compares it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from held_days import Held, Reachable, forget, held, mend_content, plan_of, reachable, stage_at
from staging_cloud import BUCKET, Staging

from harness.clock import SystemClock
from harness.gameday.course import RefusedError
from harness.gameday.review import write_review
from harness.gameday.terminal import View, press

pytestmark = pytest.mark.integration


@pytest.fixture
def where(staging: Staging, tmp_path: Path) -> Iterator[Reachable]:
    with reachable(staging, tmp_path) as one:
        yield one


def press_abort(day: Held) -> None:
    view = View(day.stage, day.desk, clock=SystemClock())
    press("x", view, day.desk, day.stage.plan.stop.abort_key, "octo-ops")


def put_object(day: Held) -> None:
    bucket, _, key = day.stage.plan.stop.object.removeprefix("s3://").partition("/")
    day.stage.aws.s3.put_object(Bucket=bucket, Key=key, Body=b"")


def put_file(day: Held) -> None:
    (day.directory / "STOP").touch()


def nothing(_: Held) -> None:
    """The condition comes true by itself."""


@pytest.mark.parametrize(
    ("stop", "cause", "reason"),
    [
        ({}, press_abort, "the abort key was pressed"),
        ({"object": f"s3://{BUCKET}-ops/STOP"}, put_object, "-ops/STOP is there"),
        ({}, put_file, "STOP is there"),
        (
            {"availability": {"floor": 0.5, "during": "1s"}},
            nothing,
            "for 1 s, below 50.0%",
        ),
    ],
)
def test_a_stop_puts_everything_back(
    where: Reachable,
    tmp_path: Path,
    stop: dict[str, Any],
    cause: Callable[[Held], None],
    reason: str,
) -> None:
    where.staging.other.s3.create_bucket(Bucket=f"{BUCKET}-ops")
    before = where.staging.everything()
    plan = plan_of(where, stop={"time_box": "20m", **stop})
    with stage_at(where, plan) as stage, held(stage, tmp_path / "day") as day:
        day.until("respond")
        assert where.staging.everything() != before
        cause(day)
    assert day.ended is not None, day.error
    assert reason in day.ended.stopped
    assert day.ended.restored
    assert day.ended.findings == ()
    assert where.staging.everything() == before
    made = [record.data["resource"] for record in day.records("blast")]
    assert [record.data["resource"] for record in day.records("restored")] == made[::-1]
    assert day.records("verified")[-1].data["differences"] == []


def test_the_time_box_of_the_day_stops_it(where: Reachable, tmp_path: Path) -> None:
    before = where.staging.everything()
    incident = {
        "incident": "html-truncated",
        "hypothesis": "h",
        "time_box": "6s",
        "success": {"detect": "1s", "decide": "1s", "recover": "2s"},
    }
    plan = plan_of(where, incidents=[incident], stop={"time_box": "6s"})
    with stage_at(where, plan) as stage, held(stage, tmp_path / "day") as day:
        pass
    assert day.ended is not None, day.error
    assert "the time box of the day is over" in day.ended.stopped
    assert where.staging.everything() == before


def test_the_time_box_of_an_incident_ends_it_and_the_next_one_begins(
    where: Reachable, tmp_path: Path
) -> None:
    before = where.staging.everything()
    incidents = [
        {
            "incident": name,
            "hypothesis": "h",
            "time_box": "8s",
            "success": {"detect": "1s", "decide": "1s", "recover": "2s"},
        }
        for name in ("html-truncated", "cloudfront-root-object-missing")
    ]
    plan = plan_of(where, incidents=incidents)
    with stage_at(where, plan) as stage, held(stage, tmp_path / "day") as day:
        pass
    assert day.ended is not None, day.error
    assert day.ended.stopped == ""
    assert [r.data["visible"] or r.data["detail"] for r in day.records("symptom")] == [True, True]
    assert [record.data["outcome"] for record in day.records("incident.finished")] == [
        "time box",
        "time box",
    ]
    assert where.staging.everything() == before
    assert not write_review(day.directory).met


def test_an_unsteady_site_is_not_broken_further(where: Reachable, tmp_path: Path) -> None:
    where.staging.other.s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"theirs")
    forget(where)
    before = where.staging.everything()
    with stage_at(where, plan_of(where)) as stage, held(stage, tmp_path / "day") as day:
        pass
    assert isinstance(day.error, RefusedError)
    assert "viewers do not get v1.0.0" in str(day.error)
    assert where.staging.everything() == before
    assert not (tmp_path / "day" / "undo").exists()


def test_a_team_that_mends_it_has_recovered_and_nothing_is_left(
    where: Reachable, tmp_path: Path
) -> None:
    before = where.staging.everything()["objects"]
    with stage_at(where, plan_of(where)) as stage, held(stage, tmp_path / "day") as day:
        day.until("respond")
        day.desk.mark("detected", "octo-dev")
        day.desk.mark("decided", "octo-dev", "content_only")
        day.desk.note("the foot of the page is gone", "octo-writer")
        day.desk.tick("Support knows", "octo-ops", done=True)
        mend_content(where.staging)
        forget(where)
    assert day.ended is not None, day.error
    assert day.ended.stopped == ""
    assert day.ended.restored
    assert where.staging.everything()["objects"] == before
    gone = write_review(day.directory)
    marks = gone.episodes[0].marks
    assert list(marks) == ["injected", "detected", "decided", "recovered"]
    assert marks["decided"]["seconds"] <= marks["recovered"]["seconds"]
    assert gone.episodes[0].outcome == "recovered"
    text = (day.directory / "review.md").read_text()
    for told in ("content_only", "the foot of the page is gone", "- [x] Support knows", "✓ met"):
        assert told in text


def test_what_somebody_else_changed_is_kept_and_told(where: Reachable, tmp_path: Path) -> None:
    with stage_at(where, plan_of(where)) as stage, held(stage, tmp_path / "day") as day:
        day.until("respond")
        where.staging.other.s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"theirs")
        day.desk.stop("enough", "octo-ops")
    assert day.ended is not None, day.error
    assert not day.ended.restored
    assert any("--keep-theirs" in line for line in day.ended.to_do)
    found = where.staging.other.s3.get_object(Bucket=BUCKET, Key="index.html")
    assert found["Body"].read() == b"theirs"
