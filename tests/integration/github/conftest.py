"""One GitHub with real act behind it, for all tests of the real `gh`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from hub import FILES, PEOPLE, PROD, REPOSITORY, WITHIN, Hub

from harness.clock import SystemClock
from harness.crew import Surroundings, WorldCrew
from harness.egress.proxy import Proxy
from harness.egress.way_out import WayOut
from harness.github.actors import Actor
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.journal import Journal
from harness.outside import Outside
from harness.runner.act import HostRunner
from harness.runner.tools import cache_directory, ensure_act, find_tools
from harness.runner.wall import OpenWall
from harness.serving import Serving
from harness.shells import HOST, ensure_certificate


class NoWayOut:
    """In place of a world's: these workflows ask nothing of the world outside."""

    def environment(self, run: str, directory: Path) -> tuple[dict[str, str], str]:
        return {}, ""

    def dismiss(self, run: str) -> None:
        pass


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    if shutil.which("gh") is None:
        if os.environ.get("CI"):
            pytest.fail("gh is missing; `make system` installs it")
        pytest.skip("gh is missing")
    directory, clock = tmp_path_factory.mktemp("hub"), SystemClock()
    session = f"test-{directory.name}-{os.getpid()}"
    origin = Origin.create(directory / "origin.git")

    def first(tree: Path) -> None:
        (tree / ".github" / "workflows").mkdir(parents=True)
        for name, text in FILES.items():
            (tree / ".github" / "workflows" / name).write_text(text)
        (tree / "README.md").write_text("# A site\n")

    origin.commit(first, message="A site", author=Actor("boss"), when=clock.now())
    with Serving() as serving, Journal(directory / "journal.jsonl", clock=clock) as journal:
        control = ControlPlane(
            origin,
            directory / "github",
            repository=REPOSITORY,
            journal=journal,
            clock=clock,
            rules={"prod": PROD},
            resolve=PEOPLE.resolve,
            runners=2,
        )
        api = GitHubApi(control, Issuer.generate(), clock=clock, members=lambda: PEOPLE)
        url = f"http://{HOST}:{serving.serve(api.app)}"
        shells = directory / "people"
        port = serving.serve(api.app, certificate=ensure_certificate(shells))
        crew = WorldCrew(
            HostRunner(
                act=ensure_act(cache_directory(), say=print),
                tools=find_tools(cache_directory()),
                wall=OpenWall(clock),
                clock=clock,
                session=session,
            ),
            directory=directory / "jobs",
            origin=origin,
            api=api,
            outside=Outside(
                Proxy(
                    directory,
                    cache=cache_directory(),
                    session=session,
                    owner_pid=os.getpid(),
                    clock=clock,
                    say=print,
                )
            ),
            way_out=cast("WayOut", NoWayOut()),
            surroundings=Surroundings("", url, ()),
            journal=journal,
            run_timeout=WITHIN,
        )
        with control.staffed(crew):
            yield Hub(control, api, f"{HOST}:{port}", shells)
        control.close()
