"""A container that outlives nobody: started, read, ended and removed.

    with contained(engine, [*options, image], command, ...) as started:
        for line in started.lines(): ...

Its first process (`entry.py`) ends when its standard input is closed, and we hold the other end: should
we be killed, so is everything in it. `--rm` removes it then.
https://docs.docker.com/reference/cli/docker/container/run/
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ProcessError
from harness.processes import TOKEN
from harness.runner.engine import Engine, labels
from harness.runner.running import GRACE

ENTRY = Path(__file__).with_name("entry.py")
#: The interpreter in the image.
PYTHON = "/usr/bin/python3"
#: Seconds for the engine to do what it is told, beyond what the container needs.
_ENGINE_WITHIN = 30.0


@dataclass(frozen=True)
class Contained:
    """A container at work, and the docker command attached to it: a `Running`."""

    engine: Engine
    name: str
    process: subprocess.Popen[bytes]

    def lines(self) -> Iterator[str]:
        """What it prints."""
        for line in self.process.stdout or ():
            yield line.decode(errors="replace")

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait()

    def interrupt(self) -> None:
        """Ask act, which the first process passes it on to."""
        with suppress(ProcessError):
            self.engine.call("kill", "--signal", "INT", self.name, timeout=_ENGINE_WITHIN)

    def end(self) -> None:
        """Ask it to end, kill it after `GRACE` seconds, and remove it."""
        try:
            grace = f"{GRACE:.0f}"
            self.engine.call("stop", "-t", grace, self.name, timeout=GRACE + _ENGINE_WITHIN)
        except ProcessError:
            pass  # not there yet, or not any more: what is left goes with its standard input
        self._let_go()

    def close(self) -> None:
        """End it if it has not ended, and let go of it."""
        if self.process.poll() is None:
            self.end()
        self._let_go()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _let_go(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        ended = self.process.poll() is not None
        try:
            self.process.wait(timeout=_ENGINE_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if not ended:
            self.engine.remove([self.name])


@contextmanager
def contained(
    engine: Engine,
    image: str,
    command: Sequence[str],
    *,
    options: Sequence[str],
    session: str,
    token: str,
) -> Iterator[Contained]:
    """Run a command in a new container, and leave nothing of it.

    Args:
        engine: runs it.
        image: what it is made of; has a Python.
        command: what runs in it.
        options: of `docker run`.
        session: whose it is, for its labels.
        token: marks the docker command itself (see `harness.processes`), and names the container.
    """
    name = container_name(token)
    told = [str(engine.docker), "run", "--rm", "--interactive", "--name", name, *labels(session)]
    # A log of the engine's would keep on its disk what runs print, secrets too.
    told += ["--log-driver", "none", "--pull", "never", *options]
    told += ["--mount", bind(ENTRY, ENTRY, read_only=True), "--entrypoint", PYTHON, image]
    process = subprocess.Popen(
        [*told, "-I", "-S", str(ENTRY), *command],
        env={**engine.environment, TOKEN: token},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    started = Contained(engine, name, process)
    try:
        yield started
    finally:
        started.close()


def container_name(token: str) -> str:
    """A name that Docker takes, as good as the token."""
    return re.sub(r"[^a-zA-Z0-9_.-]", "-", f"sitedrill-{token}").strip(".")


def bind(source: Path, target: Path, *, read_only: bool = False) -> str:
    """How `--mount` is told of a path of ours; CSV, so that commas in names are no separators."""
    words = ["type=bind", f"source={source}", f"target={target}"]
    words += ["readonly"] if read_only else []
    return ",".join(f'"{word}"' if set(word) & set(',"') else word for word in words)
