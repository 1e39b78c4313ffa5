"""A proxy for all tests, a world for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from outward_world import CLOCK, REPOSITORY, RUN, Outward, control_over

from harness.cloud.gateway import Gateway
from harness.cloud.moto import MotoEmulator
from harness.egress.downloads import Downloads
from harness.egress.egress import Egress
from harness.egress.proxy import Proxy
from harness.egress.way_out import WayOut
from harness.github.actors import Actor
from harness.github.api import GitHubApi
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.github.permissions import SCOPES
from harness.journal import Journal
from harness.runner.tools import cache_directory
from harness.serving import Serving

WORKFLOW = """\
name: Deploy
run-name: Deploy ${{ inputs.release }}
on:
  workflow_dispatch:
    inputs:
      release: { required: true }
jobs:
  deploy: { runs-on: ubuntu-latest }
"""


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    proxy = Proxy(
        tmp_path_factory.mktemp("proxy"),
        cache=cache_directory(),
        session=f"test-{os.getpid()}",
        owner_pid=os.getpid(),
        clock=CLOCK,
        say=print,
    )
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer.generate()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoEmulator]:
    directory = tmp_path_factory.mktemp("moto")
    with MotoEmulator.start(owner_pid=os.getpid(), directory=directory, clock=CLOCK) as emulator:
        yield emulator


@pytest.fixture
def outward(
    tmp_path: Path, proxy: Proxy, issuer: Issuer, emulator: MotoEmulator
) -> Iterator[Outward]:
    origin = Origin.create(tmp_path / "origin.git")

    def first(tree: Path) -> None:
        (tree / ".github/workflows").mkdir(parents=True)
        (tree / ".github/workflows/deploy.yml").write_text(WORKFLOW)
        (tree / "README.md").write_text("a site\n")

    somebody, when = Actor("on-call"), datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
    origin.commit(first, message="A site", author=somebody, when=when)
    double = tmp_path / "tofu.zip"
    double.write_bytes(b"PK double")
    with (
        Journal(tmp_path / "journal.jsonl", clock=CLOCK) as journal,
        control_over(origin, journal) as control,
        Serving() as serving,
    ):
        api = GitHubApi(control, issuer, clock=CLOCK)
        gateway = Gateway(emulator, journal=journal, clock=CLOCK)
        egress = Egress(
            repository=REPOSITORY,
            github=api.app,
            aws=gateway,
            downloads=Downloads({"https://github.com/opentofu/*/tofu.zip": double}),
            journal=journal,
        )
        run = control.dispatch("deploy.yml", ref="main", inputs={"release": "1"}, actor="on-call")
        (job,) = control.archive.jobs_of(run)
        credentials = api.admit(run, replace(job, permissions=dict.fromkeys(SCOPES, "write")))
        with WayOut(egress, serving, proxy) as way_out:
            environment, _ = way_out.environment(RUN, tmp_path / "egress")
            yield Outward(
                tmp_path, journal, way_out, origin, control, api, credentials, environment
            )
        serving.run(gateway.aclose())
