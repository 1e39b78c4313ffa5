"""The session's mitmproxy: one process, in its own environment, started when first somebody asks.

proxy = Proxy(directory, cache=..., session=..., owner_pid=..., clock=clock, say=print)
proxy.certificate                  # what runs trust; needs no process
proxy.port()                       # starts it, or finds the one that another process started
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
from filelock import FileLock

from harness.clock import Clock
from harness.egress.authority import ensure_authority
from harness.errors import ProcessError, SitedrillError, ToolMissingError
from harness.polling import poll
from harness.processes import TOKEN
from harness.venvs import clean_environment, ensure_venv

#: The last that runs on Python 3.11, our oldest.
REQUIREMENTS = ("mitmproxy==11.0.2",)
PYTHON = ">=3.10"
#: Seconds it may take to listen.
READY_WITHIN = 30.0
_OPTIONS = {
    # There is nothing outside to be asked what its certificate looks like.
    "connection_strategy": "lazy",
    "upstream_cert": "false",
    "http2": "false",
    "rawtcp": "false",
}


class Proxy:
    """Starts the proxy at most once in a session, whoever asks first."""

    def __init__(
        self,
        directory: Path,
        *,
        cache: Path,
        session: str,
        owner_pid: int,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        """Nothing runs yet.

        Args:
            directory: shared by the processes of the session.
            cache: where environments of programs are kept, for this user.
            session: begins the token of the process, by which it is ended with the session.
            owner_pid: the process with which it ends.
            clock: whose time counts.
            say: told when it takes longer, and once when it cannot be had.
        """
        self._directory = directory
        self._cache = cache
        self._session = session
        self._owner_pid = owner_pid
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()
        self._process: psutil.Popen | None = None
        self._port: int | None = None
        self._problem = ""

    @property
    def certificate(self) -> Path:
        """The authority that signs what the proxy shows."""
        return ensure_authority(self._directory, now=self._clock.now())

    def port(self) -> int:
        """Where it listens.

        Raises:
            SitedrillError: it cannot be had; said to the person once.
        """
        with self._lock:
            if self._problem:
                raise ToolMissingError(self._problem)
            if self._port is None:
                try:
                    self._port = self._ensure()
                except (SitedrillError, OSError) as error:
                    self._problem = str(error)
                    self._say(
                        f"no egress proxy: {error}; drills go on, and whatever a run asks of the "
                        "world outside is refused"
                    )
                    raise ToolMissingError(self._problem) from error
            return self._port

    def close(self) -> None:
        """End the process, if it was started here; for the session's owner."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _ensure(self) -> int:
        certificate = self.certificate
        facts = self._directory / "proxy.json"
        with FileLock(self._directory / "proxy.lock"):
            if facts.exists():
                return int(json.loads(facts.read_text())["port"])
            venv = ensure_venv(self._cache, "mitmproxy", REQUIREMENTS, python=PYTHON, say=self._say)
            process = self._process = self._start(venv, facts, certificate.parent)
            try:
                return poll(
                    lambda: _port_in(facts, process),
                    within=READY_WITHIN,
                    waiting_for="the egress proxy to listen",
                    clock=self._clock,
                )
            except BaseException:
                self.close()
                raise

    def _start(self, venv: Path, facts: Path, directory: Path) -> psutil.Popen:
        options = [f"--set={name}={value}" for name, value in _OPTIONS.items()]
        command = [
            str(venv / "bin" / "mitmdump"),
            "--quiet",
            "--listen-host=127.0.0.1",
            "--listen-port=0",
            f"--set=confdir={directory}",
            *options,
            f"--scripts={Path(__file__).with_name('addon.py')}",
        ]
        env = {
            **clean_environment(),
            TOKEN: f"{self._session}.egress",
            "SITEDRILL_PORT_FILE": str(facts),
            "SITEDRILL_OWNER": str(self._owner_pid),
        }
        with (directory / "proxy.log").open("ab") as log:
            return psutil.Popen(
                command,
                cwd=directory,
                env={name: value for name, value in env.items() if "proxy" not in name.lower()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _port_in(facts: Path, process: psutil.Popen) -> int | None:
    if facts.exists():
        return int(json.loads(facts.read_text())["port"])
    code = process.poll()
    if code is not None:
        log = facts.with_name("proxy.log").read_text(errors="replace").strip()
        raise ProcessError(
            f"the egress proxy ended with {code}: {os.linesep.join(log.splitlines()[-3:])}"
        )
    return None
