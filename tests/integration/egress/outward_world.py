"""A world that is nothing but its way out, an AWS and a GitHub, and a run's programs in it."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.clock import SystemClock
from harness.egress.way_out import WayOut
from harness.github.api import Credentials, GitHubApi
from harness.github.control import ControlPlane
from harness.github.origin import Origin
from harness.journal import Journal, read_journal

REPOSITORY = "harbourlight/website"
RUN = "8001"
CLOCK = SystemClock()


@dataclass
class Outward:
    """What a run of this world is given, and what it asked for."""

    directory: Path
    journal: Journal
    way_out: WayOut
    origin: Origin
    control: ControlPlane
    api: GitHubApi
    credentials: Credentials
    environment: Mapping[str, str] = field(default_factory=dict)

    def sh(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a step would, with nothing of ours but PATH."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            **self.environment,
            **more,
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.directory,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def asked(self) -> list[tuple[str, str, str, int]]:
        """Method, address, answer and status of every request so far."""
        return [
            (r.data["method"], r.data["url"], r.data["answer"], r.data["status"])
            for r in read_journal(self.journal.path)
            if r.kind == "egress"
        ]


@contextmanager
def control_over(origin: Origin, journal: Journal) -> Iterator[ControlPlane]:
    """Actions of the repository, which execute nothing."""
    control = ControlPlane(
        origin,
        origin.path.with_name("github"),
        repository=REPOSITORY,
        journal=journal,
        clock=CLOCK,
        new_id=itertools.count(int(RUN)).__next__,
    )
    try:
        yield control
    finally:
        control.close()
