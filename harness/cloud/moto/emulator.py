"""The handle to an emulator process: start one, clone it, stop it.

Speaks only HTTP to the process, so any process that knows the endpoint can clone it: the template
of a session is made once, and each worker's drills clone it (`MotoEmulator.attach`).
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psutil

import harness
from harness.clock import Clock
from harness.errors import EmulatorError, PollTimeoutError
from harness.polling import poll
from harness.processes import TOKEN

#: Seconds for the process to import moto and listen; about two on an idle machine.
START_WITHIN = 60.0
#: Seconds for it to answer a request about itself; it serves one request at a time.
ANSWER_WITHIN = 30.0
STOP_WITHIN = 10.0


class MotoEmulator:
    """One moto process; a context manager that leaves no process behind.

    Implements `harness.cloud.emulator.Emulator`.
    """

    name = "moto"

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
        self._operations: dict[str, frozenset[str]] = {}

    @classmethod
    def start(
        cls,
        *,
        owner_pid: int,
        directory: Path,
        clock: Clock,
        fixes: bool = True,
        token: str = "",
    ) -> MotoEmulator:
        """Start an empty emulator, and return once it answers.

        Args:
            owner_pid: the process it must not outlive.
            directory: where its port file and its log are written; made when it is not there.
            clock: whose time counts while waiting.
            fixes: False for moto as it is, to see what our fixes mend.
            token: marks the process and its clones (see `harness.processes`), so that whoever owns
                the session can end them.

        Raises:
            EmulatorError: it ended, or did not listen in time; carries the last lines of its log.
        """
        directory.mkdir(parents=True, exist_ok=True)
        port_file, log = directory / "moto.json", directory / "moto.log"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-P", "-m", "harness.cloud.moto.process"]
        command += ["--owner-pid", str(owner_pid), "--port-file", str(port_file)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command if fixes else [*command, "--plain"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**_environment(), TOKEN: token},
                start_new_session=True,  # Ctrl-C reaches the owner, who decides
            )

        def listening() -> dict[str, int] | None:
            if process.poll() is not None:
                raise EmulatorError(f"moto ended with status {process.returncode}: {_tail(log)}")
            found: dict[str, int] | None = (
                json.loads(port_file.read_text()) if port_file.exists() else None
            )
            return found

        try:
            found = poll(listening, within=START_WITHIN, waiting_for="moto to listen", clock=clock)
        except PollTimeoutError as error:
            _end(process)
            raise EmulatorError(f"{error.message}: {_tail(log)}") from error
        except BaseException:
            _end(process)
            raise
        return cls(f"http://127.0.0.1:{found['port']}", found["pid"], clock=clock, process=process)

    @classmethod
    def attach(cls, endpoint: str, *, clock: Clock) -> MotoEmulator:
        """A handle to an emulator that runs already, perhaps started by another process.

        Raises:
            EmulatorError: nothing answers there.
        """
        pid = _ask(endpoint, "GET", "process")["pid"]
        return cls(endpoint, pid, clock=clock)

    def clone(self, owner_pid: int) -> MotoEmulator:
        """A new emulator with all of this one's state; what happens in either stays there.

        Args:
            owner_pid: the process the clone must not outlive.

        Raises:
            EmulatorError: this emulator does not answer.
        """
        made = _ask(self.endpoint, "POST", "fork", {"owner": owner_pid})
        clone = MotoEmulator(f"http://127.0.0.1:{made['port']}", made["pid"], clock=self._clock)
        clone._operations.update(self._operations)
        return clone

    def implements(self, service: str, operation: str) -> bool:
        """Whether moto has the operation; `service` as botocore names it, such as "cloudfront".

        Raises:
            EmulatorError: the emulator does not answer.
        """
        known = self._operations.get(service)
        if known is None:
            names = _ask(self.endpoint, "GET", f"operations?service={quote(service)}")
            known = self._operations[service] = frozenset(names)
        return operation in known

    def versions(self) -> dict[str, str]:
        """What exactly answers, for the journal."""
        return {"moto": version("moto")}

    def stop(self) -> None:
        """End the process and return when it is gone; its clones live on. May be called again.

        Raises:
            PollTimeoutError: it is still there after ten seconds.
        """
        if self._process is not None:
            _end(self._process)
            return
        with suppress(EmulatorError):  # gone already, or too busy: the next lines tell
            _ask(self.endpoint, "POST", "stop")
        poll(
            lambda: None if _runs(self.pid) else True,
            within=STOP_WITHIN,
            waiting_for=f"moto (pid {self.pid}) to end",
            clock=self._clock,
        )

    def __enter__(self) -> MotoEmulator:
        """For the length of a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


def _ask(endpoint: str, method: str, name: str, body: object = None) -> Any:
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
            raise EmulatorError(f"moto at {endpoint} answered {answer.status} to {name}")
        return json.loads(text)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise EmulatorError(
            f"moto at {endpoint} does not answer: {error}",
            hint="it ends with the process that started it",
        ) from error
    finally:
        connection.close()


def _environment() -> dict[str, str]:
    """Ours without AWS and moto settings; a foreign working directory must not shadow modules."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_"))}
    paths = [str(Path(harness.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    kept["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return kept


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
