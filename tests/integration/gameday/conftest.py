from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from staging_cloud import Staging, put_up, staging_in

from harness.clock import SystemClock
from harness.cloud.clients import Clients
from harness.cloud.moto import MotoEmulator


@pytest.fixture(scope="session")
def staging_template(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[bool, tuple[MotoEmulator, str]]]:
    """The environment with a bucket that keeps versions, and one that keeps none."""
    clock = SystemClock()
    directory = tmp_path_factory.mktemp("moto")
    with (
        MotoEmulator.start(owner_pid=os.getpid(), directory=directory, clock=clock) as empty,
        empty.clone(os.getpid()) as with_versions,
        empty.clone(os.getpid()) as without,
    ):
        found = {}
        for keeps, emulator in ((True, with_versions), (False, without)):
            with Clients(emulator.endpoint, "setup") as clients:
                found[keeps] = (emulator, put_up(clients, versions=keeps))
        yield found


@pytest.fixture
def staging(staging_template: dict[bool, tuple[MotoEmulator, str]]) -> Iterator[Staging]:
    """An environment of a test's own, in a bucket that keeps versions."""
    with staging_in(*staging_template[True]) as one:
        yield one


@pytest.fixture
def plain_staging(staging_template: dict[bool, tuple[MotoEmulator, str]]) -> Iterator[Staging]:
    """An environment of a test's own, in a bucket that keeps no versions."""
    with staging_in(*staging_template[False]) as one:
        yield one
