"""The real act, and a repository for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from runner_support import Bench

from harness.clock import SystemClock
from harness.github.origin import Origin
from harness.runner.tools import Tool, cache_directory, ensure_act, find_tools


@pytest.fixture(scope="session")
def act() -> Path:
    return ensure_act(cache_directory(), say=print)


@pytest.fixture(scope="session")
def tools() -> tuple[Tool, ...]:
    return find_tools(cache_directory())[1:]


@pytest.fixture
def bench(tmp_path: Path, act: Path, tools: tuple[Tool, ...]) -> Bench:
    return Bench(tmp_path, act, tools, SystemClock(), Origin.create(tmp_path / "origin.git"))
