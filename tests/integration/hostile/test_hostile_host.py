"""A hostile site under `--runner host`: contained, and drilled all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_site import Trap, hostile_site

from harness.runner.bubblewrap import find_bubblewrap

pytestmark = pytest.mark.integration


def test_a_hostile_site_is_contained_and_gets_its_verdict(tmp_path: Path) -> None:
    if not find_bubblewrap().ready and os.environ.get("CI") != "true":
        pytest.skip(find_bubblewrap().problem)
    out = tmp_path / "out"
    with Trap(tmp_path / "person") as trap:
        site = hostile_site(tmp_path / "site", home=trap.home, port=trap.port)
        command = [sys.executable, "-m", "harness.cli", "run", "--site", str(site)]
        command += ["--runner", "host", "--out", str(out)]
        command += ["features/drift.feature", "-k", "html-truncated and content_only"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
        (drill,) = json.loads((out / "results.json").read_text())["drills"]
        assert drill["verdict"] in {"met", "unmet"}
        assert drill["versions"]["sandbox"].startswith("bubblewrap ")
        trap.assert_contained(out, done.stdout + done.stderr)
