"""`kill -9` at any moment of a day: `gameday restore` brings everything back; nobody's change is lost."""

from __future__ import annotations

import multiprocessing
import os
import pty
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from killed_days import Where, hold_one, viewers_get_the_pages
from staging_cloud import BUCKET, Staging, names_of_incidents, staging_in

from harness.clock import SystemClock
from harness.cloud.moto import MotoEmulator
from harness.gameday.holding import resume
from harness.journal import read_journal

pytestmark = pytest.mark.integration

#: Kills of each incident in the long test.
KILLS = 50
#: Seconds in which a whole day is over, on a machine that is not busy.
A_DAY = 3.0
THEIRS = "index.html"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with viewers_get_the_pages() as url:
        yield url


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that are there at once: they are forked from one that has everything loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["killed_days"])
    return context


def kill_one(
    staging: Staging,
    site: str,
    processes: Any,
    directory: Path,
    incident: str,
    chance: random.Random,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Kill a day somewhere, restore it, compare; how far it had come."""
    before = staging.everything()
    is_foreign = chance.random() < 0.5
    where = Where(staging.emulator.endpoint, site, staging.distribution, incident, str(directory))
    process = processes.Process(target=hold_one, args=(where,))
    process.start()
    journal = directory / "journal.jsonl"
    give_up = time.monotonic() + 60
    while not journal.exists() and time.monotonic() < give_up:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, A_DAY))
    if is_foreign:
        staging.other.s3.put_object(Bucket=BUCKET, Key=THEIRS, Body=b"theirs")
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0, 0.3))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    phases = [r.data["name"] for r in read_journal(journal) if r.kind == "phase"]

    monkeypatch.setenv("AWS_ENDPOINT_URL", staging.emulator.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "unused")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    said: list[str] = []
    for _ in range(2):
        to_do = resume(directory, clock=SystemClock(), say=said.append)
        after = staging.everything()
        assert without(after, THEIRS) == without(before, THEIRS), said
        if is_foreign:
            found = staging.other.s3.get_object(Bucket=BUCKET, Key=THEIRS)
            assert found["Body"].read() == b"theirs", said
            assert all(THEIRS in line for line in to_do)
        else:
            assert to_do == []
            assert after == before, said
    return phases[-1] if phases else "begin"


def without(everything: dict[str, Any], key: str) -> dict[str, Any]:
    """The environment without what somebody else has changed."""
    return {
        **everything,
        "objects": {k: v for k, v in everything["objects"].items() if k != key},
        "versions": [one for one in everything["versions"] if one[0] != key],
        "markers": [one for one in everything["markers"] if one[0] != key],
    }


@pytest.mark.parametrize("incident", names_of_incidents())
def test_a_day_that_is_killed_is_put_back(
    staging: Staging,
    site: str,
    processes: Any,
    tmp_path: Path,
    incident: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(incident)  # noqa: S311 - the same moments each time
    kill_one(staging, site, processes, tmp_path / "day", incident, chance, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("incident", names_of_incidents())
def test_a_day_is_put_back_wherever_it_is_killed(
    staging_template: dict[bool, tuple[MotoEmulator, str]],
    site: str,
    processes: Any,
    tmp_path: Path,
    incident: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(f"{incident}, long")  # noqa: S311 - the same moments each time
    reached: dict[str, int] = {}
    for number in range(KILLS):
        with staging_in(*staging_template[number % 5 != 0]) as staging:
            day = tmp_path / f"day-{number}"
            phase = kill_one(staging, site, processes, day, incident, chance, monkeypatch)
            reached[phase] = reached.get(phase, 0) + 1
    print(f"{incident}: killed in {reached}")
    assert len(reached) > 1


class Terminal:
    """A terminal that somebody looks at, who looks away before it is closed.

    Its number is soon another file's, a connection's perhaps, from which they would read on.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._away = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def close(self) -> None:
        """Any number of times."""
        if not self._away.is_set():
            self._away.set()
            self._looking.join()
            os.close(self._number)

    def _look(self) -> None:
        while not self._away.is_set():
            try:
                if not select.select([self._number], [], [], 0.2)[0]:
                    continue
                if not os.read(self._number, 65536):
                    return
            except (OSError, ValueError):
                return


def terminate(process: subprocess.Popen[bytes], _: Terminal) -> None:
    process.send_signal(signal.SIGTERM)


def hang_up(process: subprocess.Popen[bytes], _: Terminal) -> None:
    process.send_signal(signal.SIGHUP)


def close_terminal(_: subprocess.Popen[bytes], terminal: Terminal) -> None:
    terminal.close()


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (terminate, "SIGTERM"),
        (hang_up, "SIGHUP (the terminal is lost)"),
        (close_terminal, "the terminal is lost"),
    ],
)
def test_a_signal_or_a_lost_terminal_puts_everything_back(
    staging: Staging,
    site: str,
    tmp_path: Path,
    cause: Callable[[subprocess.Popen[bytes], Terminal], None],
    reason: str,
) -> None:
    before = staging.everything()
    terminal, inside = pty.openpty()
    day = tmp_path / "day"
    words = [staging.emulator.endpoint, site, staging.distribution, "html-truncated", str(day)]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed_days.py")), *words, "5m"],
        stdin=inside,
        stdout=inside,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"},
    )
    os.close(inside)
    looked_at = Terminal(terminal)
    give_up = time.monotonic() + 60
    # Viewers never see it here: the day has come as far as it can when it looks for the symptom.
    while time.monotonic() < give_up and '"symptom"' not in _text(day / "journal.jsonl"):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    cause(process, looked_at)
    _, errors = process.communicate(timeout=60)
    looked_at.close()
    assert b"Traceback" not in errors, errors.decode()
    records = read_journal(day / "journal.jsonl")
    stopped = [r.data["reason"] for r in records if r.kind == "stop"]
    assert stopped == [reason]
    assert records[-1].kind == "gameday.finished"
    assert records[-1].data["to_do"] == []
    assert staging.everything() == before
    assert (day / "review.md").exists()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
