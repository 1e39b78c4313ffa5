"""Programs of others that read workflows without running them: actionlint and zizmor.

Each is found on PATH, else in the user's cache, else made, at one pinned version: another one finds
other things, and a check that depends on the machine is none. actionlint is built by Go; zizmor comes
as a package of Python with the program in it, in an environment of its own.

https://github.com/rhysd/actionlint and https://docs.zizmor.sh/
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from harness.errors import ProcessError, ToolMissingError
from harness.runner.tools import Tool, build_with_go, version_of
from harness.venvs import ensure_venv, is_whole, venv_path

ACTIONLINT_VERSION = "1.7.12"
ACTIONLINT_PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
ZIZMOR_VERSION = "1.32.0"
_ZIZMOR = (f"zizmor=={ZIZMOR_VERSION}",)


def find_actionlint(cache: Path, *, search: str | None = None) -> Tool:
    """Look for actionlint on PATH (or on `search`), then in the cache; makes nothing."""
    how = f"sitedrill tools, or go install {ACTIONLINT_PACKAGE}@v{ACTIONLINT_VERSION}"
    cached = cache / f"actionlint-{ACTIONLINT_VERSION}"
    return _find("actionlint", ACTIONLINT_VERSION, cached, how, search)


def find_zizmor(cache: Path, *, search: str | None = None) -> Tool:
    """Look for zizmor on PATH (or on `search`), then in the cache; makes nothing."""
    how = f"sitedrill tools, or pipx install {_ZIZMOR[0]}"
    venv = venv_path(cache, "zizmor", _ZIZMOR)
    cached = venv / "bin" / "zizmor" if is_whole(venv) else None
    return _find("zizmor", ZIZMOR_VERSION, cached, how, search)


def ensure_actionlint(
    cache: Path, *, say: Callable[[str], None], search: str | None = None, go: str | None = None
) -> Path:
    """The pinned actionlint, built when it is nowhere.

    Raises:
        ToolMissingError: it cannot be built; says why.
    """
    found = find_actionlint(cache, search=search)
    if found.path is not None:
        return found.path
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "actionlint.lock"):
        found = find_actionlint(cache, search=search)
        if found.path is not None:
            return found.path
        say(f"building actionlint {ACTIONLINT_VERSION} with Go, about a minute")
        try:
            return build_with_go(
                cache,
                go or shutil.which("go", path=search),
                ACTIONLINT_PACKAGE,
                name="actionlint",
                version=ACTIONLINT_VERSION,
            )
        except ProcessError as error:
            raise ToolMissingError(
                f"actionlint {ACTIONLINT_VERSION} is not here and cannot be built: {error.message}",
                hint="put Go or this version of actionlint on PATH",
            ) from error


def ensure_zizmor(cache: Path, *, say: Callable[[str], None], search: str | None = None) -> Path:
    """The pinned zizmor, fetched when it is nowhere.

    Raises:
        ToolMissingError: it cannot be fetched; says why.
    """
    found = find_zizmor(cache, search=search)
    if found.path is not None:
        return found.path
    otherwise = f"or put zizmor {ZIZMOR_VERSION} on PATH"
    return ensure_venv(cache, "zizmor", _ZIZMOR, say=say, otherwise=otherwise) / "bin" / "zizmor"


def _find(name: str, version: str, cached: Path | None, how: str, search: str | None) -> Tool:
    on_path = shutil.which(name, path=search)
    problem = "not found"
    for path in (Path(on_path) if on_path else None, cached):
        if path is None or not os.access(path, os.X_OK):
            continue
        actual = version_of(path)
        if actual == version:
            return Tool(name, path, version, how, optional=True)
        problem = f"{path} is version {actual or 'unknown'}, {version} is needed"
    return Tool(name, None, "", how, problem, optional=True)
