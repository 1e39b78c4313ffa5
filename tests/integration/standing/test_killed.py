"""`kill -9` at any moment of a hotfix through the pipeline: nothing is lost, nothing is done twice."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from standing_world import CLOCK, SITEDRILL, STANDS, THROUGH, Truth, Up, nobody_is_left

from harness.polling import poll

pytestmark = pytest.mark.integration

HOTFIX = (
    *("workflow", "run", "emergency.yml", "-f", "environment=staging", "-f", "operation=hotfix"),
    *("-f", "immediate_deploy=false", "-f", "reason=the timetable shows last year"),
)
#: Records that a hotfix through the pipeline leaves, about.
MOST = 220


@pytest.fixture
def directory(tmp_path: Path, environment: dict[str, str]) -> Iterator[Path]:
    place = tmp_path / "world"
    yield place
    if place.exists():
        subprocess.run(
            [SITEDRILL, "down", str(place)], env=environment, timeout=STANDS, check=False
        )


@pytest.mark.parametrize(
    ("kills", "seed"),
    [(2, 11), pytest.param(20, 4, marks=pytest.mark.long)],
)
def test_nothing_is_lost_or_done_twice(
    kills: int, seed: int, directory: Path, environment: dict[str, str]
) -> None:
    chance, truth = random.Random(seed), Truth()  # noqa: S311 - a test's
    up = Up.start(directory, environment)
    try:
        for _ in range(kills):
            if go_on(up):
                up.gh(*HOTFIX)
            let_it_grow(up, chance.randint(1, MOST))
            up.kill()
            nobody_is_left(directory)
            truth = truth.look(directory)
            up = Up.start(directory, environment)
        bring_to_its_end(up)
        newest = next(run for run in up.runs() if run["workflowName"] == "Emergency")
        assert "Hand over to the standard pipeline" in up.gh(
            "run", "view", str(newest["databaseId"]), "--log"
        )
        assert up.home().status_code == 200
        assert up.interrupt() == 0
        truth.look(directory)
    finally:
        if up.process.poll() is None:
            up.kill()


def go_on(up: Up) -> bool:
    """What the engineer on call does who finds the world as it was left; whether all is well."""
    runs = up.runs()
    if any(run["status"] != "completed" for run in runs):
        return False
    failed = [run for run in runs if run["conclusion"] == "failure"]
    if failed:
        up.gh("run", "rerun", str(failed[0]["databaseId"]))
        return False
    return True


def let_it_grow(up: Up, records: int) -> None:
    """Wait for so many more records; should all be over before, there is another hotfix."""
    aim = up.journal_lines() + records
    while not has_grown(up, aim):
        if go_on(up):
            up.gh(*HOTFIX)


def has_grown(up: Up, aim: int) -> bool:
    """Whether there are so many records, within a second."""
    deadline = CLOCK.monotonic() + 1
    while up.journal_lines() < aim:
        if CLOCK.monotonic() > deadline:
            return False
        CLOCK.sleep(0.005)
    return True


def bring_to_its_end(up: Up) -> None:
    """Whatever failed by a kill is run again, until nothing is left that did not succeed."""
    poll(
        lambda: True if go_on(up) else None,
        within=THROUGH * 3,
        waiting_for="everything to succeed",
        clock=CLOCK,
        longest_pause=2,
    )
    through = [run for run in up.runs() if run["workflowName"] == "RUN"]
    assert through[0]["conclusion"] == "success"
