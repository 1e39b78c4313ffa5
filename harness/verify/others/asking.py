"""Running a tool of others on a site's folder, without anything of the person's own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from harness.errors import ProcessError
from harness.verify.source import Source

#: Seconds; each of them takes a fraction of one.
WITHIN = 60.0


class ToolEndedError(ProcessError):
    """It ended with an unusual code: `said` is what it wrote."""

    def __init__(self, message: str, said: str, *, hint: str) -> None:
        """The end of what it said belongs to the message."""
        super().__init__(message, hint=hint)
        self.said = said


def source_at(root: Path, path: str, sources: Iterable[Source]) -> Source:
    """The workflow that a tool names, in whatever way it does.

    Raises:
        ProcessError: it is none of those that it was asked about.
    """
    named = (root / path).resolve()
    for source in sources:
        if (root / source.file).resolve() == named:
            return source
    raise ProcessError(f"a finding is about {path}, which was not asked about")


def run(
    program: Path, arguments: Sequence[str], *, root: Path, usual: Collection[int]
) -> tuple[str, str]:
    """What the tool writes to standard output and to standard error.

    Its home is an empty folder: neither a configuration nor a token of the person's changes what it
    finds, nor can it leave anything behind.

    Raises:
        ToolEndedError: it ended with another code than the usual ones.
        ProcessError: it cannot be run, or took too long.
    """
    name = program.name.partition("-")[0]
    with tempfile.TemporaryDirectory(prefix="sitedrill-verify-") as home:
        env = {"HOME": home, "PATH": os.defpath, "LANG": "C.UTF-8", "NO_COLOR": "1"}
        try:
            done = subprocess.run(
                [str(program), *arguments],
                cwd=root,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=WITHIN,
                check=False,
            )
        except OSError as error:
            raise ProcessError(f"{name} cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise ProcessError(f"{name} took longer than {WITHIN:g} s") from error
    out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    if done.returncode not in usual:
        raise ToolEndedError(
            f"{name} ended with {done.returncode}: {' '.join((err or out).split())[-300:]}",
            err or out,
            hint=f"--without {name} does without it",
        )
    return out, err
