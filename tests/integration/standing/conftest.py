"""What a person's shell holds before they source anything of ours."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    if shutil.which("gh") is None:
        if os.environ.get("CI"):
            pytest.fail("gh is missing; `make system` installs it")
        pytest.skip("gh is missing")
    (tmp_path / "tmp").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**kept, "TMPDIR": str(tmp_path / "tmp"), "COLUMNS": "100"}
