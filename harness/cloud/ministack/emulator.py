"""MiniStack as an emulator: started in its own environment, cloned by fork."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from harness.clock import Clock
from harness.cloud.foreign import ForeignEnvironment
from harness.cloud.forked import ForkedEmulator

_LACKING = re.compile(rb"No route for [A-Z]+ /|Unknown \w+ action: ")


class MiniStackEmulator(ForkedEmulator):
    """One MiniStack process: https://pypi.org/project/ministack/."""

    name = "ministack"

    def admits(self, status: int, body: bytes) -> bool:
        """MiniStack has no one word for it: a route or an action that it does not know."""
        return status in {400, 404} and _LACKING.search(body) is not None

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
            environment: has MiniStack; made already.
            account: whose everything is.
            owner_pid: the process it must not outlive.
            directory: where its port file and its log are written; made when it is not there.
            clock: whose time counts while waiting.
            token: marks the process and its clones.

        Raises:
            EmulatorError: it ended, or did not listen in time; carries the last lines of its log.
        """
        settings = {
            "MINISTACK_ACCOUNT_ID": account,
            "LOG_LEVEL": "WARNING",
            # No listeners and no containers beside its own port.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        return cls.launch(
            environment.command("harness.cloud.ministack.process"),
            env=environment.variables(directory, settings),
            owner_pid=owner_pid,
            directory=directory,
            clock=clock,
            token=token,
        )
