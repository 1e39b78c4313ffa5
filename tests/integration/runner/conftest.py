"""The real act, and a repository for it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from runner_support import Bench

from harness.clock import SystemClock
from harness.github.origin import Origin
from harness.runner.bubblewrap import Bubblewrap, find_bubblewrap
from harness.runner.tools import Tool, cache_directory, ensure_act, find_tools


@pytest.fixture(scope="session")
def act() -> Path:
    return ensure_act(cache_directory(), say=print)


@pytest.fixture(scope="session")
def tools() -> tuple[Tool, ...]:
    return find_tools(cache_directory())[1:]


@pytest.fixture(scope="session")
def bubblewrap(act: Path, tools: tuple[Tool, ...]) -> Bubblewrap:
    """The wall; required where tests are required."""
    found = find_bubblewrap()
    if not found.ready:
        message = f"bubblewrap: {found.problem}: {found.how_to_get}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    programs = [act, *(tool.path for tool in tools if tool.path is not None)]
    return Bubblewrap(found, programs=programs, clock=SystemClock())


@pytest.fixture
def bench(tmp_path: Path, act: Path, tools: tuple[Tool, ...]) -> Bench:
    """Runs without a wall."""
    return Bench(tmp_path, act, tools, SystemClock(), Origin.create(tmp_path / "origin.git"))


@pytest.fixture
def walled(bench: Bench, bubblewrap: Bubblewrap) -> Bench:
    """Runs behind one."""
    return replace(bench, wall=bubblewrap)
