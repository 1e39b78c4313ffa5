"""Drills are run by pytest, in a process of its own: how it is called, followed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from rich.console import Console

from harness.cli.common import INTERRUPTED
from harness.cli.signals import stops_on_signal
from harness.clock import SystemClock
from harness.polling import poll
from harness.reports.progress import follow
from harness.session import Options

#: pytest's exit codes: https://docs.pytest.org/en/stable/reference/exit-codes.html
PYTEST_FAILED, PYTEST_INTERRUPTED, PYTEST_NO_TESTS = 1, 2, 5
_STOPS_WITHIN = 30.0


def pytest_command(
    paths: list[Path], options: Options, directory: Path, expression: str, tags: str, workers: int
) -> list[str]:
    """How pytest is called to run the drills of these features, as they were chosen."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short"]
    command += ["-o", "addopts=", "-o", "filterwarnings=", "--rootdir", str(directory)]
    command += ["--basetemp", str(directory / "pytest")]
    command += ["-o", "bdd_features_base_dir=", *map(str, (path.resolve() for path in paths))]
    given = {
        "site": options.site.resolve() if options.site else None,
        "settings": options.settings.resolve() if options.settings else None,
        "cloud": options.cloud,
        "runner": options.runner,
        "out": options.out.resolve(),
        "seed": options.seed,
        "timeout": options.run_timeout,
        "session": directory,
    }
    command += [f"--sitedrill-{name}={value}" for name, value in given.items() if value is not None]
    if expression:
        command += ["-k", expression]
    if tags:
        command += ["-m", tags]
    if workers > 1:
        command += ["-n", str(workers)]
    return command


def follow_pytest(command: list[str], out: Path, directory: Path, console: Console) -> int:
    """Run the drills and show their progress; Ctrl-C reaches them once, and they are waited for."""
    stop = threading.Event()
    ended = threading.Event()
    with (out / "pytest.log").open("wb") as log, stops_on_signal(stop):
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )

        def wait() -> None:
            process.wait()
            ended.set()

        threading.Thread(target=wait, daemon=True).start()
        screen = threading.Thread(
            target=_show, args=(out / "journals", directory / "total", console, ended), daemon=True
        )
        screen.start()
        while not ended.wait(0.2):
            if stop.is_set():
                console.print("stopping: the drills under way are closed ...")
                _stop(process, ended)
                break
        ended.wait()
        screen.join()
    return INTERRUPTED if stop.is_set() else process.returncode


def _stop(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    # The whole group: xdist's workers close their drills too.
    os.killpg(process.pid, signal.SIGINT)
    if not ended.wait(_STOPS_WITHIN):
        os.killpg(process.pid, signal.SIGKILL)


def _show(journals: Path, total: Path, console: Console, ended: threading.Event) -> None:
    clock = SystemClock()

    def known() -> int | None:
        if total.exists():
            return int(total.read_text())
        return -1 if ended.is_set() else None

    number = poll(known, within=600, waiting_for="the drills to be collected", clock=clock)
    follow(
        journals, clock=clock, console=console, stop=ended, total=number if number >= 0 else None
    )


def last_lines(log: Path) -> str:
    """The end of pytest's own words, in one line."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or "pytest said nothing"
