"""One moto process for the session; each test works on a clone of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud_support import Front

from harness.clock import Clock, SystemClock
from harness.cloud.clients import Clients
from harness.cloud.gateway import Gateway
from harness.cloud.moto import MotoEmulator
from harness.journal import Journal
from harness.serving import Serving


@pytest.fixture(scope="session")
def clock() -> Clock:
    return SystemClock()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[MotoEmulator]:
    directory = tmp_path_factory.mktemp("moto")
    with MotoEmulator.start(owner_pid=os.getpid(), directory=directory, clock=clock) as started:
        yield started


@pytest.fixture
def moto(template: MotoEmulator) -> Iterator[MotoEmulator]:
    with template.clone(os.getpid()) as clone:
        yield clone


@pytest.fixture
def aws(moto: MotoEmulator) -> Iterator[Clients]:
    with Clients(moto.endpoint, "tests") as clients:
        yield clients


@pytest.fixture
def front(moto: MotoEmulator, tmp_path: Path, clock: Clock) -> Iterator[Front]:
    path = tmp_path / "journal.jsonl"
    with Journal(path, clock=clock) as journal, Serving() as serving:
        gateway = Gateway(moto, journal=journal, clock=clock)
        endpoint = f"http://127.0.0.1:{serving.serve(gateway)}"
        made = Front(gateway, endpoint, serving, path)
        yield made
        for clients in made.clients:
            clients.close()
        serving.run(gateway.aclose())
