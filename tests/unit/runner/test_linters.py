"""actionlint and zizmor: found on PATH, else in the cache, else made, at one version each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ToolMissingError
from harness.runner import linters
from harness.runner.linters import (
    ACTIONLINT_VERSION,
    ZIZMOR_VERSION,
    ensure_actionlint,
    ensure_zizmor,
    find_actionlint,
    find_zizmor,
)
from harness.runner.tools import Tool
from harness.venvs import WHOLE, venv_path

pytestmark = pytest.mark.unit

Find = Callable[..., Tool]
BOTH = pytest.mark.parametrize(
    ("find", "name", "version"),
    [
        (find_actionlint, "actionlint", ACTIONLINT_VERSION),
        (find_zizmor, "zizmor", ZIZMOR_VERSION),
    ],
)


def program(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {path.name} {version}\n")
    path.chmod(0o755)
    return path


@BOTH
def test_the_pinned_version_on_path_is_taken(
    tmp_path: Path, find: Find, name: str, version: str
) -> None:
    there = program(tmp_path / "bin" / name, version)
    found = find(tmp_path / "cache", search=str(tmp_path / "bin"))
    assert (found.path, found.version, found.optional) == (there, version, True)


@BOTH
def test_another_version_is_named_and_not_taken(
    tmp_path: Path, find: Find, name: str, version: str
) -> None:
    there = program(tmp_path / "bin" / name, "0.0.1")
    found = find(tmp_path / "cache", search=str(tmp_path / "bin"))
    assert found.path is None
    assert found.problem == f"{there} is version 0.0.1, {version} is needed"
    assert "sitedrill tools" in found.how_to_get


def test_what_was_made_before_is_in_the_cache(tmp_path: Path) -> None:
    lint = program(tmp_path / f"actionlint-{ACTIONLINT_VERSION}", ACTIONLINT_VERSION)
    venv = venv_path(tmp_path, "zizmor", (f"zizmor=={ZIZMOR_VERSION}",))
    zizmor = program(venv / "bin" / "zizmor", ZIZMOR_VERSION)
    program(venv / "bin" / "python", "3")
    assert find_zizmor(tmp_path, search="/none").path is None, "it is not whole yet"
    (venv / WHOLE).touch()
    assert find_actionlint(tmp_path, search="/none").path == lint
    assert find_zizmor(tmp_path, search="/none").path == zizmor
    assert ensure_actionlint(tmp_path, say=pytest.fail, search="/none") == lint
    assert ensure_zizmor(tmp_path, say=pytest.fail, search="/none") == zizmor


def test_actionlint_is_built_by_go_and_kept(tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.write_text(
        '#!/bin/sh\necho "$@" > "$0.asked"\n'
        f"printf '#!/bin/sh\\necho v{ACTIONLINT_VERSION}\\n' > \"$GOBIN/actionlint\"\n"
    )
    go.chmod(0o755)
    said: list[str] = []
    cache = tmp_path / "cache"
    made = ensure_actionlint(cache, say=said.append, search="/none", go=str(go))
    assert find_actionlint(cache, search="/none").path == made
    asked = (tmp_path / "go.asked").read_text()
    assert asked == f"install {linters.ACTIONLINT_PACKAGE}@v{ACTIONLINT_VERSION}\n"
    assert len(said) == 1
    assert [path.name for path in cache.iterdir() if path.is_dir()] == []


def test_without_go_it_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="go is not on PATH") as told:
        ensure_actionlint(tmp_path, say=str, search="/none")
    assert "PATH" in told.value.hint
