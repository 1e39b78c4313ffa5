"""One emulator of each cloud for the session; each test works on a clone of it, through a gateway."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conformance_promise import Scene

from harness.clock import SystemClock
from harness.cloud.clouds import Ground, choose_cloud
from harness.cloud.emulator import Emulator
from harness.cloud.gateway import Gateway
from harness.cloud.operations import OperationIndex
from harness.journal import Journal
from harness.runner.tools import cache_directory
from harness.serving import Serving

Templates = Callable[[str], Emulator]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    ground = Ground(SystemClock(), token="", cache=cache_directory())
    started: dict[str, Emulator] = {}
    with ExitStack() as stack:

        def template(name: str) -> Emulator:
            if name not in started:
                cloud = choose_cloud(name, ground)
                cloud.ensure(print)
                directory = tmp_path_factory.mktemp(name.replace("+", "-"))
                started[name] = cloud.start(owner_pid=os.getpid(), directory=directory)
                stack.callback(started[name].stop)
            return started[name]

        yield template


@pytest.fixture(scope="session")
def index() -> OperationIndex:
    return OperationIndex()


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, templates: Templates, index: OperationIndex, tmp_path: Path
) -> Iterator[Scene]:
    """An empty AWS of the cloud that the test names."""
    emulator = templates(request.getfixturevalue("cloud")).clone(os.getpid())
    path = tmp_path / "journal.jsonl"
    clock = SystemClock()
    with ExitStack() as stack:
        stack.callback(emulator.stop)
        journal = stack.enter_context(Journal(path, clock=clock))
        serving = stack.enter_context(Serving())
        gateway = Gateway(emulator, journal=journal, clock=clock, index=index)
        made = Scene(f"http://127.0.0.1:{serving.serve(gateway)}", path)
        yield made
        made.close()
        serving.run(gateway.aclose())
