"""Drills are run by pytest, in a process of its own: how it is called, followed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from harness.cli.common import INTERRUPTED
from harness.cli.signals import stops_on_signal
from harness.clock import SystemClock
from harness.errors import SitedrillError
from harness.polling import poll
from harness.reports.progress import follow
from harness.session import Options

#: pytest's exit codes: https://docs.pytest.org/en/stable/reference/exit-codes.html
PYTEST_FAILED, PYTEST_INTERRUPTED, PYTEST_NO_TESTS = 1, 2, 5
_STOPS_WITHIN = 30.0


@dataclass(frozen=True)
class Selection:
    """Which drills: of these features, those that fit the site and that pytest's `-k` and `-m` choose.

    Raises:
        SitedrillError: a feature is not there.
    """

    features: tuple[Path, ...]
    expression: str = ""
    tags: str = ""
    site: Path | None = None
    settings: Path | None = None

    def __post_init__(self) -> None:
        """Tell a mistake before anything runs."""
        for path in self.features:
            if not path.exists():
                raise SitedrillError(
                    f"{path} is not there", hint="name a .feature file or a folder"
                )

    def arguments(self) -> list[str]:
        """The same for pytest."""
        chosen = [str(path.resolve()) for path in self.features]
        chosen += ["-k", self.expression] if self.expression else []
        for name, path in (("site", self.site), ("settings", self.settings)):
            chosen += [f"--sitedrill-{name}={path.resolve()}"] if path else []
        return chosen + (["-m", self.tags] if self.tags else [])


def collecting_command(selection: Selection, listed: Path, directory: Path) -> list[str]:
    """How pytest is called to write the drills' ids into `listed`, without running any."""
    return [*_pytest(selection, directory), "--collect-only", f"--sitedrill-list={listed}"]


def pytest_command(
    selection: Selection,
    options: Options,
    directory: Path,
    *,
    workers: int,
    only: Path | None = None,
) -> list[str]:
    """How pytest is called to run the drills, as they were chosen; `only` is a file of ids."""
    command = _pytest(selection, directory)
    given = {
        "cloud": options.cloud,
        "endpoint": options.endpoint or None,
        "runner": options.runner,
        "actions": options.actions,
        "out": options.out.resolve(),
        "seed": options.seed,
        "timeout": options.run_timeout,
        "screenshots": options.screenshots,
        "session": directory,
        "only": only,
    }
    command += [f"--sitedrill-{name}={value}" for name, value in given.items() if value is not None]
    if not options.sandbox:
        command.append("--sitedrill-no-sandbox")
    return command + (["-n", str(workers)] if workers > 1 else [])


def _pytest(selection: Selection, directory: Path) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short"]
    command += ["-o", "addopts=", "-o", "filterwarnings=", "--rootdir", str(directory)]
    command += ["--basetemp", str(directory / "pytest"), "-o", "bdd_features_base_dir="]
    return command + selection.arguments()


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
