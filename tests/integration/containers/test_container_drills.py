"""Whole drills in containers: a hostile site is contained as on the host, and act may have its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile_site import Trap, hostile_site

from harness.clock import SystemClock
from harness.polling import poll
from harness.runner.engine import Engine

pytestmark = pytest.mark.integration

ONE = ["features/drift.feature", "-k", "html-truncated and content_only"]


def drilled(out: Path, *options: str) -> tuple[dict[str, Any], str]:
    """The one drill of this call of `sitedrill run`, and what it printed."""
    command = [sys.executable, "-m", "harness.cli", "run", *options, "--out", str(out), *ONE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    said = done.stdout + done.stderr
    assert (out / "results.json").exists(), said
    (drill,) = json.loads((out / "results.json").read_text())["drills"]
    return drill, said


def nothing_is_left(engine: Engine) -> None:
    """Others use the engine, too: what belongs to nobody any more must be gone for good."""
    poll(
        lambda: None if engine.orphans() else True,
        within=20,
        waiting_for="every container of the drill to be gone",
        clock=SystemClock(),
        last_seen=lambda: " ".join(engine.orphans()),
    )


def test_a_hostile_site_is_contained_where_an_engine_answers(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with Trap(tmp_path / "person") as trap:
        site = hostile_site(tmp_path / "site", home=trap.home, port=trap.port)
        # No runner is named: an engine answers.
        drill, said = drilled(out, "--site", str(site))
        assert drill["verdict"] in {"met", "unmet"}, said
        assert drill["runner"] == "container"
        assert drill["versions"]["image"] == image
        trap.assert_contained(out, said)
    nothing_is_left(engine)


def test_a_drill_with_job_containers_of_acts_own(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    drill, said = drilled(tmp_path / "out", "--runner", "docker")
    assert drill["verdict"] == "met", said
    assert drill["audit"]["complete"]
    assert drill["versions"]["docker"] == engine.version
    nothing_is_left(engine)
