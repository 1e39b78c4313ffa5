"""git, without the configuration of the person running it, so that histories come out the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from harness.processes import run_tool

#: What a commit or tag needs to know; nothing is read from the person's own configuration.
CLEAN = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}


def git(
    directory: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> str:
    """Run git in `directory`; returns its output without the last newline.

    Raises:
        ProcessError: git is not there, or says no.
    """
    path = {"PATH": os.environ.get("PATH", os.defpath)}
    whole = {**path, **CLEAN, **(env or {})}
    output = run_tool(["git", *arguments], cwd=directory, env=whole, stdin=stdin)
    return output.decode(errors="replace").rstrip("\n")


def signature(name: str, email: str, when: datetime) -> dict[str, str]:
    """The environment that makes a commit or tag `name`'s, at `when`."""
    stamp = when.isoformat(timespec="seconds")
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
        "GIT_COMMITTER_DATE": stamp,
    }
