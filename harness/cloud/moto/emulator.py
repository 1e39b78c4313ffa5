"""moto as an emulator: started with our own interpreter, mended, cloned by fork."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Self

import harness
from harness.clock import Clock
from harness.cloud.forked import ForkedEmulator


class MotoEmulator(ForkedEmulator):
    """One moto process."""

    name = "moto"

    @classmethod
    def start(
        cls,
        *,
        owner_pid: int,
        directory: Path,
        clock: Clock,
        fixes: bool = True,
        token: str = "",
    ) -> Self:
        """Start an empty emulator, and return once it answers.

        Args:
            owner_pid: the process it must not outlive.
            directory: where its port file and its log are written; made when it is not there.
            clock: whose time counts while waiting.
            fixes: False for moto as it is, to see what our fixes mend.
            token: marks the process and its clones.

        Raises:
            EmulatorError: it ended, or did not listen in time; carries the last lines of its log.
        """
        command = [sys.executable, "-P", "-m", "harness.cloud.moto.process"]
        return cls.launch(
            command if fixes else [*command, "--plain"],
            env=_environment(),
            owner_pid=owner_pid,
            directory=directory,
            clock=clock,
            token=token,
        )


def _environment() -> dict[str, str]:
    """Ours without AWS and moto settings; a foreign working directory must not shadow modules."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_"))}
    paths = [str(Path(harness.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    kept["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return kept
