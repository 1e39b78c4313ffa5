"""Marks by people and by evidence, and what a page may say: each heard once, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from gameday_plans import PLAN

from harness.errors import SitedrillError
from harness.gameday.desk import Desk
from harness.gameday.github import SeenRun
from harness.gameday.iam import least_policy
from harness.gameday.page import Page
from harness.gameday.plan import Plan, read_plan
from harness.gameday.stage import Stage
from harness.gameday.told import ToldJournal
from harness.incidents import load_incidents
from harness.journal import read_journal
from harness.resources import incidents_dir
from harness.serving import Serving

pytestmark = pytest.mark.unit


class ManualClock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Iterator[ToldJournal]:
    with ToldJournal(tmp_path / "journal.jsonl", clock=clock) as one:
        yield one


@pytest.fixture
def desk(journal: ToldJournal, clock: ManualClock) -> Desk:
    return Desk(journal, clock=clock, checklist=["Support knows"])


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    file = tmp_path / "gameday.toml"
    file.write_text(PLAN)
    return read_plan(file)


def run_at(clock: ManualClock, number: int = 7, **changed: Any) -> SeenRun:
    told: dict[str, Any] = {
        "id": number,
        "title": "rollback of staging",
        "workflow": "emergency.yml",
        "actor": "octo-dev",
        "status": "queued",
        "conclusion": "",
        "created": clock.now().isoformat().replace("+00:00", "Z"),
        "updated": "",
        "url": "",
        "attempt": 1,
        "sha": "",
    }
    return SeenRun(**(told | changed))


def test_a_dispatch_tells_that_it_was_detected_and_decided_at_the_latest_then(
    desk: Desk, clock: ManualClock
) -> None:
    desk.begin(1, "html-truncated")
    clock.sleep(40)
    desk.mark("detected", "octo-dev")
    clock.sleep(50)
    desk.run(run_at(clock))
    assert desk.episode is not None
    marks = desk.episode.marks
    assert {name: mark.seconds for name, mark in marks.items()} == {
        "injected": 0,
        "detected": 40,
        "decided": 90,
        "dispatched": 90,
    }
    assert marks["detected"].by == "octo-dev"
    assert marks["decided"].said.startswith("at the latest")


def test_a_run_from_before_the_injection_is_no_answer_to_it(desk: Desk, clock: ManualClock) -> None:
    earlier = run_at(clock)
    clock.sleep(60)
    desk.begin(1, "html-truncated")
    desk.run(earlier)
    assert desk.episode is not None
    assert list(desk.episode.marks) == ["injected"]
    assert desk.runs_going_on() == [earlier]


def test_what_was_said_first_counts(desk: Desk) -> None:
    with pytest.raises(SitedrillError, match="nothing is broken now"):
        desk.mark("detected", "octo-dev")
    desk.begin(1, "html-truncated")
    desk.mark("detected", "octo-dev")
    with pytest.raises(SitedrillError, match="marked already"):
        desk.mark("detected", "octo-web")
    with pytest.raises(SitedrillError, match="not marked by people"):
        desk.mark("recovered", "octo-dev")


def test_only_the_first_stop_counts_and_wakes_whoever_waits(desk: Desk) -> None:
    desk.stop("SIGTERM", "a signal")
    desk.stop("the abort key was pressed", "octo-ops")
    desk.wait(5)
    assert desk.stopped == ("SIGTERM", "a signal")


def test_the_least_policy_changes_nothing_but_what_the_plan_breaks(plan: Plan) -> None:
    catalogue = load_incidents(incidents_dir())

    def changing(*incidents: str) -> set[str]:
        policy = least_policy(plan, [catalogue.get(one) for one in incidents])
        actions = {a for one in policy["Statement"] for a in one["Action"]}
        assert not any("*" in action for action in actions)
        assert all(one["Resource"] != "*" for one in policy["Statement"])
        json.dumps(policy)
        return {a for a in actions if not a.split(":")[1].startswith(("Get", "List", "Describe"))}

    assert changing("cloudfront-root-object-missing") == {
        "cloudfront:CreateInvalidation",
        "cloudfront:UpdateDistribution",
    }
    assert changing("html-truncated") == {
        "cloudfront:CreateInvalidation",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObject",
        "s3:PutObjectTagging",
    }


@pytest.fixture
def page(plan: Plan, desk: Desk, journal: ToldJournal, tmp_path: Path) -> Page:
    nobody = cast("Any", None)
    stage = Stage(plan, nobody, nobody, nobody, None, nobody, nobody, "https://s.example")
    made = Page(stage, desk, tmp_path)
    journal.listen(made.hear)
    return made


@pytest.fixture
def port(page: Page) -> Iterator[int]:
    with Serving() as serving:
        yield serving.serve(page.app)


@pytest.fixture
def room(page: Page, port: int) -> Iterator[httpx.Client]:
    """Somebody who has the page's address."""
    with httpx.Client(base_url=page.url(port), trust_env=False) as client:
        yield client


def test_the_room_sees_the_plan_and_nothing_comes_from_elsewhere(room: httpx.Client) -> None:
    answer = room.get("")
    assert answer.status_code == 200
    assert "Autumn game day" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "http:" not in answer.text.replace("http://www.w3.org/2000/svg", "").split("<script")[0]


def test_without_the_key_there_is_no_page(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert client.get("/").status_code == 404
        assert client.post("/stop", json={}).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_no_other_site_speaks_for_the_room(
    room: httpx.Client, desk: Desk, headers: dict[str, str], status: int
) -> None:
    content = b'{"by": "somebody"}'
    given = {"Content-Type": "application/json", **headers}
    assert room.post("stop", content=content, headers=given).status_code == status
    assert desk.stopped is None
    assert room.post("stop", json={"by": "octo-ops"}).status_code == 204
    assert desk.stopped == ("the page said stop", "octo-ops")


def test_what_the_room_writes_is_journaled_and_what_is_no_message_refused(
    room: httpx.Client, tmp_path: Path
) -> None:
    assert room.post("notes", json={"text": "<script>", "by": "octo-writer"}).status_code == 204
    assert room.post("checklist", json={"item": "Support knows", "done": True}).status_code == 204
    assert room.post("checklist", json={"item": "other", "done": True}).status_code == 409
    assert room.post("marks", json={"mark": "detected"}).status_code == 409
    assert room.post("notes", json=["text"]).status_code == 400
    kinds = [record.kind for record in read_journal(tmp_path / "journal.jsonl")]
    assert kinds == ["note", "checklist"]


@pytest.mark.parametrize("name", ["..%2Fjournal.jsonl", "journal.jsonl", "001.png"])
def test_only_pictures_are_given_out(room: httpx.Client, name: str) -> None:
    assert room.get(f"screens/{name}").status_code == 404


def test_whole_seconds_of_github_put_no_dispatch_before_its_decision(
    desk: Desk, clock: ManualClock
) -> None:
    desk.begin(1, "html-truncated")
    clock.sleep(30.6)
    desk.mark("decided", "octo-dev")
    desk.run(run_at(clock, created="2026-01-05T09:00:30Z"))
    assert desk.episode is not None
    assert desk.episode.marks["dispatched"].seconds == 30.6
