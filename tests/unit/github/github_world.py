"""What the tests of GitHub's side share: a small repository, the reference site's past, a crew."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.clock import SystemClock
from harness.github.actors import Actor
from harness.github.attention import Attention
from harness.github.control import ControlPlane
from harness.github.history import Release
from harness.github.origin import Origin
from harness.github.runs import Done, Order
from harness.journal import Journal

REPOSITORY = "harbourlight/website"
SOMEBODY = Actor("on-call")
WHEN = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
SOON = 20.0

#: One input of every kind.
DEPLOY = """\
name: Deploy
run-name: Deploy ${{ inputs.environment }} by ${{ github.actor }}${{ inputs.dry && ', dry' || '' }}
on:
  workflow_dispatch:
    inputs:
      environment:
        type: choice
        options: [staging, prod]
        required: true
      reason:
        required: true
      dry:
        type: boolean
      loud:
        type: boolean
        default: true
      copies:
        type: number
        default: 2
      where:
        type: environment
      note:
permissions: write-all
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: ${{ inputs.environment }}
    steps:
      - run: "true"
"""


@dataclass(frozen=True)
class Site:
    """The reference site with its past."""

    origin: Origin
    first: Release
    second: Release


class ScriptedCrew:
    """Executes jobs by saying how they end; `held` jobs do not end before they are let go or stopped.

    act is tested elsewhere: here the jobs are only there for the control plane to have some.
    """

    name = "scripted"

    def __init__(self, ends: Mapping[str, Done] | None = None, held: tuple[str, ...] = ()) -> None:
        self.ends = dict(ends or {})
        self.held = {name: threading.Event() for name in held}
        self.orders: list[Order] = []
        self.begun = threading.Condition()
        self.stopped: dict[int, threading.Event] = {}

    def execute(self, order: Order, attention: Attention, begin: Callable[[], bool]) -> Done:
        job = order.job
        stopped = self.stopped.setdefault(job.id, threading.Event())
        if not begin():
            return Done("cancelled")
        with self.begun:
            self.orders.append(order)
            self.begun.notify_all()
        attention.step_started("Work")
        attention.line("Work", f"working on {job.name}")
        held = self.held.get(job.name)
        while held is not None and not held.wait(0.005) and not stopped.is_set():
            pass
        done = Done("cancelled") if stopped.is_set() else self.ends.get(job.name, Done("success"))
        attention.step_finished("Work", done.conclusion)
        return done

    def stop(self, job: int, *, now: bool) -> None:
        self.stopped.setdefault(job, threading.Event()).set()

    def wait_for(self, name: str) -> Order:
        """The order of the job of this name, once it has begun."""
        with self.begun:
            assert self.begun.wait_for(lambda: self._find(name) is not None, SOON), name
            found = self._find(name)
        assert found is not None
        return found

    def _find(self, name: str) -> Order | None:
        return next((order for order in self.orders if order.job.name == name), None)

    @property
    def names(self) -> list[str]:
        """The names of the jobs that were begun, in their order."""
        return [order.job.name for order in self.orders]


def write(files: Mapping[str, str], tree: Path) -> None:
    """Put these texts into a checkout."""
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")


def commit(origin: Origin, files: Mapping[str, str], *, branch: str = "main") -> str:
    """Commit these texts, as anybody would."""
    return origin.commit(
        lambda tree: write(files, tree),
        message="A change",
        author=SOMEBODY,
        when=WHEN,
        branch=branch,
    )


#: What the test that is under way has opened; the fixture `closed` closes it.
OPENED: list[ControlPlane] = []


def close_all() -> None:
    """Close what the test has opened."""
    while OPENED:
        control = OPENED.pop()
        control.close()
        control.journal.close()


def control_of(origin: Origin, **more: Any) -> ControlPlane:
    """Actions of this repository, kept beside it, until the test ends; runs are numbered from 1."""
    directory = more.pop("directory", origin.path.with_name(f"{origin.path.name}.github"))
    clock = more.pop("clock", SystemClock())
    control = ControlPlane(
        origin,
        directory,
        repository=REPOSITORY,
        journal=Journal(directory / "journal.jsonl", clock=clock),
        clock=clock,
        new_id=more.pop("new_id", itertools.count(1).__next__),
        **more,
    )
    OPENED.append(control)
    return control
