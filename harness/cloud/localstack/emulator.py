"""LocalStack as an emulator: its runtime from PyPI in its own environment, cloned by fork."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from harness.clock import Clock
from harness.cloud.foreign import ForeignEnvironment
from harness.cloud.forked import ForkedEmulator
from harness.cloud.localstack.answers import says_it_lacks


class LocalStackEmulator(ForkedEmulator):
    """One LocalStack process: https://pypi.org/project/localstack-core/."""

    name = "localstack"

    def admits(self, status: int, body: bytes) -> bool:
        """LocalStack does not tell before it is asked."""
        return says_it_lacks(status, body)

    @classmethod
    def start(
        cls,
        environment: ForeignEnvironment,
        *,
        account: str,
        owner_pid: int,
        directory: Path,
        clock: Clock,
        token: str = "",
    ) -> Self:
        """Start an empty emulator, and return once it answers.

        Args:
            environment: has LocalStack's runtime; made already.
            account: whose everything is.
            owner_pid: the process it must not outlive.
            directory: where its files and its log are written; made when it is not there.
            clock: whose time counts while waiting.
            token: marks the process and its clones.

        Raises:
            EmulatorError: it ended, or did not listen in time; carries the last lines of its log.
        """
        scratch = directory / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        settings = {
            # Nothing is told to anybody, fetched, or left behind.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            # Its index of services takes seconds to make: made once, and kept with the environment.
            "FILESYSTEM_ROOT": str(environment.path / "files"),
            "TMPDIR": str(scratch),
            "LS_LOG": "warning",
        }
        return cls.launch(
            [*environment.command("harness.cloud.localstack.process"), "--account", account],
            env=environment.variables(directory, settings),
            owner_pid=owner_pid,
            directory=directory,
            clock=clock,
            token=token,
        )
