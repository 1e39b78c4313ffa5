"""A Docker engine for the tests: the machine's own where one answers, else one that is started here.

The one that is started needs root and Debian's docker.io. It has no bridge and no firewall rules, so
nothing of the machine's network is touched. Its images are kept in the user's cache, so that only the
first run of the tests makes them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock

from harness.clock import Clock
from harness.errors import PollTimeoutError, ToolMissingError
from harness.polling import poll
from harness.runner.engine import find_engine

#: Seconds for an engine to begin, and to end.
BEGINS_WITHIN, ENDS_WITHIN = 90.0, 60.0


@contextmanager
def an_engine(kept: Path, clock: Clock) -> Iterator[str]:
    """The address of an engine, which answers for as long as this is open.

    Processes that test at the same time share one; the last ends it.

    Args:
        kept: where its images are.
        clock: whose time counts.

    Raises:
        ToolMissingError: there is none, and none can be started.
    """
    try:
        found = find_engine()
    except ToolMissingError:
        pass
    else:
        if found.shares_files:
            yield found.host
            return
    # Unix sockets have short names.
    place = Path(tempfile.gettempdir()) / "sitedrill-test-engine"
    place.mkdir(mode=0o700, exist_ok=True)
    host = f"unix://{place / 'docker.sock'}"
    with (place / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with FileLock(place / "start.lock"):
            if not _answers(host):
                _start(host, place, kept, clock)
        try:
            yield host
        finally:
            with FileLock(place / "start.lock"):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # somebody tests still
                else:
                    _stop(place)


def _answers(host: str) -> bool:
    try:
        find_engine({**os.environ, "DOCKER_HOST": host})
    except ToolMissingError:
        return False
    return True


def _start(host: str, place: Path, kept: Path, clock: Clock) -> None:
    dockerd = shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if dockerd is None:
        raise ToolMissingError("no Docker engine answers", hint="apt-get install docker.io")
    if os.geteuid() != 0:
        raise ToolMissingError("no Docker engine answers, and only root can start one")
    kept.mkdir(parents=True, exist_ok=True)
    command = [dockerd, "--host", host, "--data-root", str(kept)]
    command += ["--exec-root", str(place / "exec"), "--pidfile", str(place / "pid")]
    command += ["--bridge=none", "--iptables=false", "--ip6tables=false"]
    log = place / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )

    def ready() -> bool | None:
        if process.poll() is not None:
            raise ToolMissingError(f"dockerd ended with {process.returncode}: {_tail(log)}")
        return _answers(host) or None

    try:
        poll(ready, within=BEGINS_WITHIN, waiting_for="dockerd", clock=clock, longest_pause=1)
    except PollTimeoutError as error:
        process.kill()
        raise ToolMissingError(f"{error.message}: {_tail(log)}") from error
    # Whoever uses it last ends it, which may be another process than this one.
    process.returncode = 0


def _stop(place: Path) -> None:
    try:
        engine = psutil.Process(int((place / "pid").read_text()))
    except (OSError, ValueError, psutil.NoSuchProcess):
        return
    engine.send_signal(signal.SIGTERM)
    engine.wait(ENDS_WITHIN)
    # The network namespace of containers without one of their own stays mounted.
    subprocess.run(["umount", place / "exec/netns/default"], capture_output=True, check=False)


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").splitlines()[-4:])
