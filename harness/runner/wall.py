"""What stands between a run's steps and the machine they run on.

A `Wall` starts a command for a job and ends it with everything that it started. `OpenWall` is none at
all: a clean environment and a HOME of its own, but the machine's files and network.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.clock import Clock
from harness.processes import TOKEN, end_marked
from harness.runner.job import Job
from harness.runner.running import GRACE, Running


class Wall(Protocol):
    """Starts what a job runs, behind it. `name` is what results say."""

    name: str

    def start(
        self, command: Sequence[str], job: Job, *, environment: Mapping[str, str], token: str
    ) -> AbstractContextManager[Running]:
        """Start a command in the job's workspace; leaving the context ends all that it started.

        Args:
            command: what is run.
            job: whose workspace, folder, ports and shared paths it may use.
            environment: all that it sees of one.
            token: what its processes carry (see `harness.processes`).
        """
        ...

    def versions(self) -> Mapping[str, str]:
        """The versions of what it is made of."""
        ...


@dataclass(frozen=True)
class Started:
    """A process of this machine and everything that carries its token: a `Running`."""

    process: subprocess.Popen[bytes]
    token: str
    under: Path
    clock: Clock

    def lines(self) -> Iterator[str]:
        """What it prints."""
        if self.process.stdout is None:
            return
        for line in self.process.stdout:
            yield line.decode(errors="replace")

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait()

    def interrupt(self) -> None:
        """Ask act, and nothing that it has started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def end(self) -> None:
        """Ask, then kill, whatever carries the token."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        end_marked(self.token, grace=GRACE, clock=self.clock, under=self.under)

    def close(self) -> None:
        """End it and let go of it."""
        self.end()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def popen(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a command, its output and errors in one pipe."""
    return subprocess.Popen(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=pass_fds,
    )


class OpenWall:
    """No wall: the steps are ordinary processes of this machine."""

    name = "none"

    def __init__(self, clock: Clock) -> None:
        """`clock` is whose time counts while processes are ended."""
        self._clock = clock

    @contextmanager
    def start(
        self, command: Sequence[str], job: Job, *, environment: Mapping[str, str], token: str
    ) -> Iterator[Running]:
        """Start it as it is."""
        process = popen(command, directory=job.workspace, environment={**environment, TOKEN: token})
        started = Started(process, token, job.directory, self._clock)
        try:
            yield started
        finally:
            started.close()

    def versions(self) -> Mapping[str, str]:
        """Says that there is none."""
        return {"sandbox": "none"}
