"""What is looked at all day besides the site: GitHub, alarms, the STOP object, what viewers see.

with watching(stage, desk, journal, directory, ...): ...

Each looks from a thread of its own, and none of them can stop the day by failing: what cannot be looked
at is written down once.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from harness.errors import SitedrillError
from harness.gameday.desk import Desk
from harness.gameday.github import GitHub
from harness.gameday.screens import Camera
from harness.gameday.stage import Stage
from harness.journal import Journal

_EXPECTED = (SitedrillError, ClientError, BotoCoreError, OSError, subprocess.SubprocessError)


@contextmanager
def every(
    seconds: float, look: Callable[[], object], name: str, journal: Journal
) -> Iterator[None]:
    """Call `look` again and again, for the length of a `with`; what it cannot see is told once."""
    over = threading.Event()

    def go_on() -> None:
        told = ""
        while True:
            told = _try(look, name, journal, told)
            if over.wait(seconds):
                return

    thread = threading.Thread(target=go_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=15)


def _try(look: Callable[[], object], name: str, journal: Journal, told: str) -> str:
    """Look once; why that could not be, which is written down where it was not `told` already."""
    try:
        look()
    except _EXPECTED as error:
        if str(error) != told:
            journal.write("watcher.failed", watcher=name, error=str(error))
        return str(error)
    return ""


@contextmanager
def watching(
    stage: Stage,
    desk: Desk,
    journal: Journal,
    directory: Path,
    *,
    since: datetime,
    pace: float,
    pictures: float,
) -> Iterator[None]:
    """All watchers that the plan asks for, for the length of a `with`.

    Args:
        stage: what the day is held on.
        desk: told what is seen.
        journal: told what cannot be seen.
        directory: of the day.
        since: when it began: earlier runs on GitHub are not looked at.
        pace: seconds between two looks.
        pictures: seconds between two pictures; 0 for none.
    """
    with ExitStack() as stack:

        def look(seconds: float, what: Callable[[], object], name: str) -> None:
            stack.enter_context(every(seconds, what, name, journal))

        if stage.github is not None:
            look(pace, _Runs(stage.github, stage, desk, since), "github")
        look(pace / 2, lambda: _look_for_stop(stage, desk, directory), "stop")
        if stage.plan.evidence.alarms:
            look(pace, lambda: _look_at_alarms(stage, desk), "alarms")
        camera = Camera.find(directory / "screens", journal) if pictures else None
        if camera is not None:
            # The first shows the site while it is whole.
            _try(lambda: camera.shoot(f"{stage.url}/"), "camera", journal, "")
            look(pictures, lambda: camera.shoot(f"{stage.url}/"), "camera")
        yield


class _Runs:
    """Looks at GitHub; runs that are over are not asked about again."""

    def __init__(self, github: GitHub, stage: Stage, desk: Desk, since: datetime) -> None:
        self._github = github
        self._desk = desk
        self._since = since.replace(microsecond=0).isoformat().replace("+00:00", "Z")
        workflows = stage.settings.workflows
        self._files = dict.fromkeys((workflows.emergency.file, workflows.deploy.file))
        self._over: set[int] = set()

    def __call__(self) -> None:
        for file in self._files:
            for run in reversed(self._github.runs(file, self._since)):
                self._desk.run(run)
                if run.id in self._over:
                    continue
                for review in self._github.reviews(run.id):
                    self._desk.review(review)
                if run.status == "completed":
                    self._over.add(run.id)


def _look_for_stop(stage: Stage, desk: Desk, directory: Path) -> None:
    if (directory / "STOP").exists():
        desk.stop(f"{directory / 'STOP'} is there", "a file")
    if stage.plan.stop.object and stage.aws.has_object(stage.plan.stop.object):
        desk.stop(f"{stage.plan.stop.object} is there", "a STOP object")


def _look_at_alarms(stage: Stage, desk: Desk) -> None:
    episode = desk.episode
    if episode is None:
        return
    evidence = stage.plan.evidence
    for name, since in sorted(stage.aws.alarms(evidence.alarms, evidence.region).items()):
        if not since:
            continue
        seconds = (datetime.fromisoformat(since) - episode.at).total_seconds()
        if seconds >= 0:
            desk.evidence("detected", seconds, f"alarm {name}")
