"""Starting programs so that none of them outlives us.

A program that we start may start others in sessions of their own (act puts each step into one), so a
process group is not enough: every process of a run carries a token in its environment, and whatever
still carries it at the end is ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from harness.clock import Clock
from harness.errors import PollTimeoutError, ProcessError
from harness.polling import poll

#: The environment variable that marks the processes of one run.
TOKEN = "SITEDRILL_RUN"  # noqa: S105 - the name of a variable, not a secret


def run_tool(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float = 60,
) -> bytes:
    """Run a short command to its end and return its standard output.

    Raises:
        ProcessError: it or `cwd` is not there, it cannot be run, took longer than `timeout`
            seconds or ended with an error.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=timeout, check=False
        )
    except OSError as error:
        # The same errors stand for a folder that is not there.
        if cwd is not None and not cwd.is_dir():
            message = f"`{' '.join(words[:3])}` has no folder to run in: {cwd}"
            raise ProcessError(message) from error
        if isinstance(error, FileNotFoundError):
            raise ProcessError(f"{words[0]} is not there", hint="see `sitedrill doctor`") from error
        raise ProcessError(f"{words[0]} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"`{' '.join(words[:3])}` took longer than {timeout:g} s") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise ProcessError(f"`{' '.join(words[:4])}` ended with {done.returncode}: {said}")
    return done.stdout


def marked(token: str, under: Path | None = None) -> list[psutil.Process]:
    """The living processes whose token begins like this, ours excepted.

    A process that has cleared its environment is known by the folder it stands in, if that is
    `under` this one.
    """
    found, unread = [], []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        carried = _carried(process)
        if carried == "":
            unread.append(process)
        elif _is_of(process, carried or "\0", token, under):
            found.append(process)
    # A process that just becomes another program has no environment for a moment.
    return found + [one for one in unread if _is_of(one, _carried(one) or "\0", token, under)]


def _carried(process: psutil.Process) -> str | None:
    """The token of a process: empty where its environment is, None where it has another."""
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return None
    return environment.get(TOKEN) if environment else ""


def _is_of(process: psutil.Process, carried: str, token: str, under: Path | None) -> bool:
    try:
        mine = carried.startswith(token) or (
            under is not None and Path(process.cwd()).is_relative_to(under)
        )
        return mine and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def end_marked(token: str, *, grace: float, clock: Clock, under: Path | None = None) -> int:
    """End every process of a run (see `marked`): first asked, then after `grace` seconds killed.

    Returns:
        How many had to be ended.
    """
    living = marked(token, under)
    count = len(living)
    for process in living:
        _send(process, signal.SIGTERM)
    try:
        poll(
            lambda: True if not marked(token, under) else None,
            within=grace if living else 0,
            waiting_for="processes to end",
            clock=clock,
        )
    except PollTimeoutError:
        # A process may start another between the look and the signal: look until none is left.
        while left := marked(token, under):
            for process in left:
                _send(process, signal.SIGKILL)
            psutil.wait_procs(left, timeout=1)
    return count


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return
