"""The real actions, from where they are published, for those who ask for them (`--actions real`).

They are fetched outside of the run, which reaches nothing, and kept for the next one.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from harness.errors import ProcessError, ToolMissingError
from harness.processes import run_tool

#: Seconds for one action.
FETCH_WITHIN = 120.0


@dataclass(frozen=True)
class RealActions:
    """Fetches actions into `cache`; `server` is where their repositories are."""

    cache: Path
    server: str = "https://github.com"

    def fetch(self, repository: str, ref: str) -> Path:
        """The files of `owner/name` at a branch, tag or commit.

        Raises:
            ToolMissingError: it cannot be reached, or there is no such ref.
        """
        place = self.cache / re.sub(r"[^\w.@-]+", "-", f"{repository}@{ref}")
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f"{place.name}.lock")):
            if place.is_dir():
                return place
            scratch = place.with_name(f"{place.name}.new")
            shutil.rmtree(scratch, ignore_errors=True)
            try:
                self._clone(repository, ref, scratch)
            except ProcessError as error:
                shutil.rmtree(scratch, ignore_errors=True)
                raise ToolMissingError(
                    f"the real action {repository}@{ref} cannot be fetched: {error.message}",
                    hint="leave out --actions real, and a double stands in for it",
                ) from error
            shutil.rmtree(scratch / ".git")
            scratch.rename(place)
        return place

    def _clone(self, repository: str, ref: str, place: Path) -> None:
        env = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
        url = f"{self.server}/{repository}"
        run_tool(["git", "init", "--quiet", place], env=env)
        git = ["git", "-C", str(place)]
        fetch = [*git, "fetch", "--quiet", "--depth=1", url, ref]
        run_tool(fetch, env=env, timeout=FETCH_WITHIN)
        run_tool([*git, "checkout", "--quiet", "--detach", "FETCH_HEAD"], env=env)
