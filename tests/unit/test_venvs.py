"""Environments are named after what is in them; an interpreter that will do is found, or asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import ToolMissingError
from harness.venvs import WHOLE, ensure_venv, find_python, is_whole, venv_path

pytestmark = pytest.mark.unit


def test_other_requirements_have_another_environment(tmp_path: Path) -> None:
    assert venv_path(tmp_path, "x", ["a==1"]) != venv_path(tmp_path, "x", ["a==2"])


def test_an_environment_whose_interpreter_is_gone_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / WHOLE).touch()
    (tmp_path / "bin" / "python").symlink_to(tmp_path / "uninstalled")
    assert not is_whole(tmp_path)


def test_an_interpreter_that_is_nowhere_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    with pytest.raises(ToolMissingError, match=r"Python >=4\.0") as raised:
        ensure_venv(
            tmp_path,
            "x",
            ["a==1"],
            python=">=4.0",
            say=lambda _: None,
            otherwise="do B",
            search="",
            home=tmp_path,
        )
    assert "do B" in raised.value.hint


def test_our_own_interpreter_is_taken_when_it_will_do() -> None:
    assert find_python(">=3.11") == Path(sys.executable)


def test_interpreters_are_found_on_path_and_in_pyenv_and_broken_ones_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    on_path, pyenv = tmp_path / "bin", tmp_path / ".pyenv" / "versions" / "3.99.1" / "bin"
    for folder, said in ((on_path, "exit 127"), (pyenv, "echo 3.99.1")):
        folder.mkdir(parents=True)
        (folder / "python3.99").write_text(f"#!/bin/sh\n{said}\n")
        (folder / "python3.99").chmod(0o755)
    found = find_python(">=3.99", search=str(on_path), home=tmp_path)
    assert found == pyenv / "python3.99"
