"""An environment is made once, and made again when it is not whole; what cannot be had is named."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from harness.errors import ToolMissingError
from harness.venvs import WHOLE, ensure_venv, venv_path

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wheel") / "greeting-1.0-py3-none-any.whl"
    about = "greeting-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("greeting.py", "print('hello')\n")
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n"
        )
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return path


def said_by(venv: Path) -> str:
    command = [str(venv / "bin" / "python"), "-m", "greeting"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_an_environment_is_made_once_and_made_again_when_it_is_not_whole(
    tmp_path: Path, wheel: Path
) -> None:
    told: list[str] = []
    venv = ensure_venv(tmp_path, "greeting", [str(wheel)], say=told.append)
    assert said_by(venv) == "hello\n"
    assert ensure_venv(tmp_path, "greeting", [str(wheel)], say=told.append) == venv
    assert len(told) == 1

    (venv / WHOLE).unlink()  # as when its making was interrupted
    left = venv / "left.txt"
    left.touch()
    assert said_by(ensure_venv(tmp_path, "greeting", [str(wheel)], say=told.append)) == "hello\n"
    assert not left.exists()
    assert len(told) == 2


def test_packages_that_cannot_be_had_are_named_and_nothing_is_left(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing-1.0-py3-none-any.whl")
    with pytest.raises(ToolMissingError, match=r"missing-1\.0") as raised:
        ensure_venv(tmp_path, "greeting", [missing], say=lambda _: None, otherwise="use another")
    assert "use another" in raised.value.hint
    assert not venv_path(tmp_path, "greeting", [missing]).exists()
