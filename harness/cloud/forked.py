"""The handle to an emulator's process: start one, clone it, stop it.

Speaks only HTTP to the process (`harness.cloud.forking` runs there), so any process that knows the
endpoint can clone it: the template of a session is made once, and each worker's drills clone it.

    template process ──POST /_sitedrill/fork──> os.fork() ──> clone on a port of its own
    (baseline state)                                          (same state, changes stay here)
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import psutil

from harness.clock import Clock
from harness.cloud.emulator import Headers
from harness.errors import EmulatorError, PollTimeoutError
from harness.polling import poll
from harness.processes import TOKEN

#: Seconds for the process to import its emulator and listen; a few on an idle machine, more the first
#: time in a new environment, which Python compiles then.
START_WITHIN = 120.0
#: Seconds for it to answer a request about itself; it serves one request at a time.
ANSWER_WITHIN = 30.0
STOP_WITHIN = 10.0


class ForkedEmulator:
    """One emulator process; a context manager that leaves no process behind.

    Implements `harness.cloud.emulator.Emulator`. Siblings give it a name and say how their process is
    started.
    """

    name = ""

    def __init__(
        self,
        endpoint: str,
        pid: int,
        *,
        clock: Clock,
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        """Use `start` or `attach`; `process` is given when it is our own child."""
        self.endpoint = endpoint
        self.pid = pid
        self._clock = clock
        self._process = process
        self._operations: dict[str, frozenset[str] | None] = {}

    @classmethod
    def launch(
        cls,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        owner_pid: int,
        directory: Path,
        clock: Clock,
        token: str = "",
    ) -> Self:
        """Start an empty emulator, and return once it answers.

        Args:
            command: starts the process; whose it is and where it tells its port is added.
            env: its whole environment but the token.
            owner_pid: the process it must not outlive.
            directory: where its port file and its log are written; made when it is not there.
            clock: whose time counts while waiting.
            token: marks the process and its clones (see `harness.processes`), so that whoever owns
                the session can end them.

        Raises:
            EmulatorError: it ended, or did not listen in time; carries the last lines of its log.
        """
        directory.mkdir(parents=True, exist_ok=True)
        port_file, log = directory / f"{cls.name}.json", directory / f"{cls.name}.log"
        port_file.unlink(missing_ok=True)
        told = ["--owner-pid", str(owner_pid), "--port-file", str(port_file)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *told],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**env, TOKEN: token},
                start_new_session=True,  # Ctrl-C reaches the owner, who decides
            )

        def listening() -> dict[str, int] | None:
            if process.poll() is not None:
                raise EmulatorError(
                    f"{cls.name} ended with status {process.returncode}: {_tail(log)}"
                )
            found: dict[str, int] | None = (
                json.loads(port_file.read_text()) if port_file.exists() else None
            )
            return found

        try:
            found = poll(
                listening, within=START_WITHIN, waiting_for=f"{cls.name} to listen", clock=clock
            )
        except PollTimeoutError as error:
            _end(process)
            raise EmulatorError(f"{error.message}: {_tail(log)}") from error
        except BaseException:
            _end(process)
            raise
        kept: subprocess.Popen[bytes] | None = process
        if owner_pid != os.getpid():
            # It lives as long as its owner, not as this handle; subprocess would warn of that.
            process.returncode, kept = 0, None
        return cls(f"http://127.0.0.1:{found['port']}", found["pid"], clock=clock, process=kept)

    @classmethod
    def attach(cls, endpoint: str, *, clock: Clock) -> Self:
        """A handle to an emulator that runs already, perhaps started by another process.

        Raises:
            EmulatorError: nothing answers there.
        """
        pid = _ask(cls.name, endpoint, "GET", "process")["pid"]
        return cls(endpoint, pid, clock=clock)

    def clone(self, owner_pid: int, *, grace: float = 0) -> Self:
        """A new emulator with all of this one's state; what happens in either stays there.

        Args:
            owner_pid: the process the clone must not outlive,
            grace: but for so many seconds, in which another may `adopt` it.

        Raises:
            EmulatorError: this emulator does not answer.
        """
        told = {"owner": owner_pid, "grace": grace}
        made = _ask(self.name, self.endpoint, "POST", "fork", told)
        clone = type(self)(f"http://127.0.0.1:{made['port']}", made["pid"], clock=self._clock)
        clone._operations.update(self._operations)
        return clone

    def adopt(self, owner_pid: int) -> None:
        """From now on it is this process that it must not outlive.

        Raises:
            EmulatorError: this emulator does not answer.
        """
        _ask(self.name, self.endpoint, "POST", "adopt", {"owner": owner_pid})

    def part(self, service: str) -> Self:
        """Itself: it answers every service."""
        del service
        return self

    def prepared(self, headers: Headers) -> Headers:
        """As they came."""
        return headers

    def implements(self, service: str, operation: str) -> bool:
        """Whether it has the operation; `service` as botocore names it, such as "cloudfront".

        An emulator that cannot tell is taken to have it, and says so itself when it has not.

        Raises:
            EmulatorError: the emulator does not answer.
        """
        if service not in self._operations:
            names = _ask(self.name, self.endpoint, "GET", f"operations?service={quote(service)}")
            self._operations[service] = None if names is None else frozenset(names)
        known = self._operations[service]
        return known is None or operation in known

    def admits(self, status: int, body: bytes) -> bool:
        """It does so before it is asked (`implements`), unless a sibling knows better."""
        del status, body
        return False

    def stop(self) -> None:
        """End the process and return when it is gone; its clones live on. May be called again.

        Raises:
            PollTimeoutError: it is still there after ten seconds.
        """
        if self._process is not None:
            _end(self._process)
            return
        with suppress(EmulatorError):  # gone already, or too busy: the next lines tell
            _ask(self.name, self.endpoint, "POST", "stop")
        poll(
            lambda: None if _runs(self.pid) else True,
            within=STOP_WITHIN,
            waiting_for=f"{self.name} (pid {self.pid}) to end",
            clock=self._clock,
        )

    def __enter__(self) -> Self:
        """For the length of a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


def _ask(emulator: str, endpoint: str, method: str, name: str, body: object = None) -> Any:
    """One request about the process itself, answered in JSON."""
    address = urlsplit(endpoint)
    connection = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=ANSWER_WITHIN
    )
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, f"/_sitedrill/{name}", content)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise EmulatorError(f"{emulator} at {endpoint} answered {answer.status} to {name}")
        return json.loads(text)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise EmulatorError(
            f"{emulator} at {endpoint} does not answer: {error}",
            hint="it ends with the process that started it",
        ) from error
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return " | ".join(lines[-5:]) or "it said nothing"
