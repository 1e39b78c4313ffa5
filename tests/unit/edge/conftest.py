from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from edge_world import World


@pytest.fixture
def world() -> Iterator[World]:
    with asyncio.Runner() as runner:
        yield World(runner)
