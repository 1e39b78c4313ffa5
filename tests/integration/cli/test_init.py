"""`sitedrill init` in a site's repository, and then a drill of that site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from harness.github.git import git
from harness.resources import reference_site

pytestmark = pytest.mark.integration

SITEDRILL = Path(sys.executable).parent / "sitedrill"


@pytest.fixture
def website(tmp_path: Path) -> Path:
    """A team's repository, which knows nothing of sitedrill."""
    root = tmp_path / "website"
    copytree(reference_site(), root)
    (root / "sitedrill.toml").unlink()
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "remote", "add", "origin", "https://github.com/acme/website.git")
    git(root, "add", "--all")
    git(root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "A site")
    return root


def sitedrill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [SITEDRILL, *arguments],
        cwd=folder,
        env={**kept, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_what_init_writes_drills_the_site(website: Path, tmp_path: Path) -> None:
    said = sitedrill(website, "init")
    assert said.returncode == 0, said.stderr
    assert "emergency workflow: emergency.yml" in said.stdout
    assert "Could not tell" not in said.stdout
    assert "then: sitedrill run" in said.stdout
    out = tmp_path / "out"
    ran = sitedrill(website, "run", "-k", "content_only", "--out", str(out))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (drill,) = json.loads((out / "results.json").read_text())["drills"]
    assert (drill["method"], drill["verdict"]) == ("content_only", "met")
    assert drill["audit"]["complete"] is True


def test_nothing_is_overwritten_unless_it_is_asked_for(website: Path) -> None:
    mine = website / "sitedrill.toml"
    mine.write_text("mine")
    said = sitedrill(website, "init", "--yes")
    assert (said.returncode, mine.read_text()) == (2, "mine")
    assert "would be overwritten; nothing was written" in said.stderr
    assert "--force" in said.stderr
    assert not (website / "drill").exists()
    assert sitedrill(website, "init", "--force").returncode == 0
    assert mine.read_text() != "mine"


def test_a_folder_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    said = sitedrill(tmp_path, "init", "nowhere")
    assert said.returncode == 2
    assert "nowhere is not a folder" in said.stderr
    assert "Traceback" not in said.stderr
