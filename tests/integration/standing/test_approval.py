"""Production waits for another owner: asked for and approved with `gh`, in a standing world."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from standing_world import CLOCK, SITEDRILL, STANDS, THROUGH, Up

from harness.polling import poll

pytestmark = pytest.mark.integration

REPOSITORY = "harbourlight/website"
ASKS, APPROVES = "harbourlight-oncall", "harbourlight-ops"


@pytest.fixture
def up(tmp_path: Path, environment: dict[str, str]) -> Iterator[Up]:
    directory = tmp_path / "world"
    up = Up.start(directory, environment)
    yield up
    assert up.interrupt() == 0
    subprocess.run([SITEDRILL, "down", str(directory)], env=environment, timeout=STANDS, check=True)


def test_an_emergency_in_production_is_approved_by_another_owner(up: Up) -> None:
    up.gh(
        *("workflow", "run", "emergency.yml", "-f", "environment=prod", "-f", "operation=hotfix"),
        *("-f", "reason=the timetable shows last year"),
        handle=ASKS,
    )
    run = str(up.runs()[0]["databaseId"])
    path = f"repos/{REPOSITORY}/actions/runs/{run}/pending_deployments"
    pending = poll(
        lambda: json.loads(up.gh("api", path, handle=ASKS)) or None,
        within=THROUGH,
        waiting_for="the run to wait for its environment",
        clock=CLOCK,
    )
    assert [one["current_user_can_approve"] for one in pending] == [False]
    decision = (
        *("api", path, "-X", "POST", "-f", "state=approved", "-f", "comment=go ahead"),
        *("-F", f"environment_ids[]={pending[0]['environment']['id']}"),
    )
    assert "not permitted to review" in up.gh(*decision, handle=ASKS, check=False)
    (deployment,) = json.loads(up.gh(*decision, handle=APPROVES))
    assert deployment["environment"] == "prod"
    up.gh("run", "watch", run, "--exit-status", "--interval", "2", handle=ASKS)
    assert "Operate" in up.gh("run", "view", run, "--log", handle=ASKS)
    history = json.loads(up.gh("api", f"repos/{REPOSITORY}/actions/runs/{run}/approvals"))
    assert [(one["user"]["login"], one["state"]) for one in history] == [(APPROVES, "approved")]
