"""Two runs that shall meet: whichever changes something first stands still until the other is there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.clock import SystemClock
from harness.cloud.calls import AwsCall
from harness.github.archive import Archive
from harness.github.runs import Run
from harness.journal import Journal, read_journal
from harness.meeting import Meeting

pytestmark = pytest.mark.unit

COLLEAGUE, RESPONSE = 11, 12


def run(number: int, role: str, **more: Any) -> Run:
    return Run(
        id=number,
        number=number,
        repository="team/site",
        workflow=".github/workflows/emergency.yml",
        name="Emergency",
        title="rollback",
        event_name="workflow_dispatch",
        event={},
        ref="refs/heads/main",
        sha="0" * 40,
        actor="jo",
        triggering_actor="jo",
        role=role,
        **{"status": "in_progress", **more},
    )


def change(number: int, service: str = "s3") -> AwsCall:
    return AwsCall(f"emergency-{number}-1", "AKIA", service, "PutObject", {}, 200, "", True, 0.1)


class Street:
    """A meeting, and what there is about it."""

    def __init__(self, directory: Path) -> None:
        self.archive = Archive(directory)
        self.path = directory / "journal.jsonl"
        self.journal = Journal(self.path, clock=SystemClock())
        self.meeting = Meeting(
            str(COLLEAGUE), archive=self.archive, journal=self.journal, clock=SystemClock()
        )
        self.archive.runs.put(run(COLLEAGUE, "other"))

    @property
    def met(self) -> list[tuple[str, str]]:
        return [(r.data["run"], r.data["how"]) for r in read_journal(self.path) if r.kind == "met"]


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    made = Street(tmp_path)
    yield made
    made.journal.close()
    made.archive.close()


async def _stands(street: Street, number: int) -> asyncio.Task[None]:
    """A first change, once it is sure that it is not answered."""
    task = asyncio.create_task(street.meeting(change(number)))
    done, _ = await asyncio.wait({task}, timeout=0.2)
    assert not done
    return task


def test_a_run_stands_still_until_the_response_waits_for_its_turn(street: Street) -> None:
    async def story() -> None:
        stands = await _stands(street, COLLEAGUE)
        street.archive.runs.put(run(RESPONSE, "response", status="queued"))
        assert not (await asyncio.wait({stands}, timeout=0.2))[0]
        street.archive.runs.put(run(RESPONSE, "response", status="pending"))
        await asyncio.wait_for(stands, 5)

    asyncio.run(story())
    assert street.met == [("11", "run 12 waits for its turn")]


@pytest.mark.parametrize(("first", "second"), [(COLLEAGUE, RESPONSE), (RESPONSE, COLLEAGUE)])
def test_whoever_comes_first_goes_on_when_both_change_something(
    street: Street, first: int, second: int
) -> None:
    street.archive.runs.put(run(RESPONSE, "response"))

    async def story() -> None:
        stands = await _stands(street, first)
        await asyncio.wait_for(street.meeting(change(second)), 5)
        await asyncio.wait_for(stands, 5)
        await asyncio.wait_for(street.meeting(change(first)), 5)  # only the first change is held

    asyncio.run(story())
    assert {run for run, _ in street.met} == {"11", "12"}


def test_a_run_that_is_over_is_not_waited_for(street: Street) -> None:
    street.archive.runs.put(run(COLLEAGUE, "other", status="completed", conclusion="failure"))
    street.archive.runs.put(run(RESPONSE, "response"))
    asyncio.run(asyncio.wait_for(street.meeting(change(RESPONSE)), 5))
    assert street.met == [("12", "run 11 was over")]


def test_nobody_stands_still_for_credentials_or_when_let_go(street: Street) -> None:
    async def story() -> None:
        await asyncio.wait_for(street.meeting(change(COLLEAGUE, service="sts")), 1)
        await asyncio.wait_for(street.meeting(change(99)), 1)
        assert street.met == []
        stands = await _stands(street, COLLEAGUE)
        street.meeting.let_go()
        await asyncio.wait_for(stands, 5)

    asyncio.run(story())
    assert street.met == [("11", "let go")]
