"""The workflow files of a repository, as they stand at a commit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from harness.errors import ConfigError, DispatchError
from harness.github.origin import Origin
from harness.github.workflow import Workflow, parse_workflow

WORKFLOWS = ".github/workflows"
#: How many files, and lists of files, are kept in mind: what stands at a commit never changes.
_KEPT = 256


class Library:
    """Reads workflows; safe to use from several threads."""

    def __init__(self, origin: Origin) -> None:
        """Nothing is read yet."""
        self._origin = origin
        self._text = lru_cache(maxsize=_KEPT)(origin.read_file)
        self._files = lru_cache(maxsize=_KEPT)(
            lambda sha: tuple(
                path
                for path in origin.files(sha, WORKFLOWS)
                if path.endswith((".yml", ".yaml")) and path.count("/") == WORKFLOWS.count("/") + 1
            )
        )
        self._parsed = lru_cache(maxsize=_KEPT)(parse_workflow)

    def at(self, path: str, sha: str) -> Workflow:
        """The workflow of this path at a commit.

        Raises:
            DispatchError: GitHub's 404 when there is none, 422 when it does not parse.
        """
        text = self._text(sha, path)
        if text is None:
            name = path.removeprefix(f"{WORKFLOWS}/")
            raise DispatchError(f"Not Found: no workflow {name} at {sha[:12]}", status=404)
        try:
            return self._parsed(path, text)
        except ConfigError as error:
            raise DispatchError(error.message, hint=error.hint) from error

    def every(self, sha: str) -> Iterator[Workflow]:
        """The workflows at a commit, without the files that GitHub could not use."""
        for path in self._files(sha):
            try:
                yield self.at(path, sha)
            except DispatchError:
                continue

    def commit(self, ref: str) -> str:
        """The commit of a branch, a tag, or a full SHA.

        Raises:
            DispatchError: there is no such thing.
        """
        if re.fullmatch(r"[0-9a-f]{40}", ref):
            return ref
        return self._origin.resolve(ref).sha

    def files(self, sha: str) -> tuple[str, ...]:
        """The paths of all workflow files at a commit."""
        return self._files(sha)
