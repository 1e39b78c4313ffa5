"""A run in shards is the same run: planned, drilled apart, merged, compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
SITEDRILL = Path(sys.executable).with_name("sitedrill")


def sitedrill(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SITEDRILL, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_plan_has_every_drill_of_the_selection_once_and_is_one_line(tmp_path: Path) -> None:
    past = tmp_path / "results.json"
    slow = "drift.html-truncated.content_only"
    past.write_text(json.dumps({"drills": [{"id": slow, "seconds": 500}]}))
    selection = ("features", "-m", "seed", "--shards", "3", "--durations", past)
    done = sitedrill("plan", *selection, "--durations", tmp_path / "none")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    shards = json.loads(done.stdout)["include"]
    drills = [drill for shard in shards for drill in shard["drills"]]
    assert len(drills) == len(set(drills)) == 17
    assert [shard["of"] for shard in shards] == [3, 3, 3]
    assert "17 drills, 1 of them timed before, in 3 shards" in done.stderr
    assert f"no durations in {tmp_path / 'none'}" in done.stderr
    assert sitedrill("plan", *selection).stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("plan", "--shards", "0"), "Invalid value for '--shards'"),
        (("plan", "--shards", "2", "-k", "no_such_drill"), "no drill matches"),
        (("plan", "--shards", "2", "nowhere.feature"), "nowhere.feature is not there"),
        (("plan", "--shards", "2", "--durations", "README.md"), "README.md: drills is"),
        (("run", "--shard", "2/1"), "--shard is '2/1', expected a number and how many"),
        (("run", "--shard", "9/9", "-k", "one_such"), "no drill matches"),
        (("run", "--plan", "p.json"), "--plan says nothing without --shard"),
        (("run", "--shard", "1/2", "--plan", "README.md"), "README.md: file is"),
        (("merge", "nowhere"), "nowhere/results.json: file is missing"),
        (("merge",), "Missing argument 'DIR...'"),
        (("diff", "nowhere", "nowhere"), "nowhere/results.json: file is missing"),
        (("diff", "a", "b", "--format", "poem"), "Invalid value for '--format'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_misuse_is_one_clear_line_and_status_two(arguments: tuple[str, ...], says: str) -> None:
    done = sitedrill(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stdout + done.stderr


def test_a_plan_of_other_drills_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(sitedrill("plan", "--shards", "2", "-k", "html-truncated").stdout)
    done = sitedrill("run", "--shard", "1/2", "--plan", plan, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "this one is not in the plan" in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()
