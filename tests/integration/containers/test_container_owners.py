"""Nothing in an engine outlives whoever started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.polling import poll
from harness.runner.engine import OWNER_LABEL, SESSION_LABEL, Engine, owner_label

pytestmark = pytest.mark.integration

_OWNER = """\
import sys
from harness.runner.contained import contained
from harness.runner.engine import find_engine

image, session = sys.argv[1:]
command = ["/bin/sh", "-c", "trap '' TERM HUP; echo begun; while :; do sleep 1; done"]
with contained(
    find_engine(), image, command, options=["--network", "none"], session=session, token=session
) as started:
    for line in started.lines():
        print(line, end="", flush=True)
"""


def test_a_container_ends_with_an_owner_that_is_killed(engine: Engine, image: str) -> None:
    session = "test-killed-owner"
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, image, session], stdout=subprocess.PIPE, text=True
    )
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "begun\n"
        assert len(engine.containers(f"{SESSION_LABEL}={session}")) == 1
    finally:
        owner.kill()
        owner.communicate()
    poll(
        lambda: None if engine.containers(f"{SESSION_LABEL}={session}") else True,
        within=30,
        waiting_for="the container to end",
        clock=SystemClock(),
    )


def test_what_owners_left_behind_is_swept_and_what_the_living_have_is_not(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    node, _, started = owner_label().split("/")
    made = {}
    for whose, owner in (("dead", f"{node}/{gone.pid}/{started}"), ("alive", owner_label())):
        words = ["create", "--network", "none", "--label", f"{OWNER_LABEL}={owner}", image, "true"]
        made[whose] = engine.call(*words)[:12]
    try:
        engine.sweep_orphans()
        left = engine.containers(OWNER_LABEL)
        assert made["dead"] not in left
        assert made["alive"] in left
    finally:
        engine.remove([made["alive"]])
