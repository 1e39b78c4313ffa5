"""A repository, GitHub's side of it, and a crew whose runner uses containers; no AWS."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx

from harness.clock import SystemClock
from harness.crew import Surroundings, WorldCrew
from harness.egress.proxy import Proxy
from harness.egress.way_out import WayOut
from harness.github.actors import Actor
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.github.runs import Job, Run
from harness.journal import Journal, read_journal
from harness.outside import Outside
from harness.polling import poll
from harness.runner.container import ContainerRunner
from harness.runner.docker import DockerRunner
from harness.runner.engine import SESSION_LABEL, Engine
from harness.runner.job import Runner
from harness.runner.tools import cache_directory, ensure_act
from harness.serving import Serving

REPOSITORY = "harbourlight/website"
SOMEBODY = Actor("on-call")
SECRET = "the-secret-of-the-shop"
#: Seconds within which any run of these tests is over.
WITHIN = 240.0


class NoWayOut:
    """In place of a world's: a folder that jobs must find, and no proxy."""

    def environment(self, run: str, directory: Path) -> tuple[dict[str, str], str]:
        directory.mkdir(parents=True)
        (directory / "note").write_text("found\n")
        return {"NOTE": str(directory / "note")}, ""

    def dismiss(self, run: str) -> None:
        pass


class Vault:
    """One secret and no variables."""

    def variables(self, environment: str) -> Mapping[str, str]:
        return {}

    def secrets(self, environment: str) -> Mapping[str, str]:
        return {"KEY": SECRET}


@dataclass
class Shop:
    """Has workflows run."""

    origin: Origin
    control: ControlPlane
    engine: Engine
    image: str
    session: str
    journal: Path
    url: str
    token: str

    def begin(self, files: Mapping[str, str], **inputs: str) -> Run:
        """Commit these workflows, and start the first."""

        def change(tree: Path) -> None:
            for name, text in files.items():
                path = tree / ".github" / "workflows" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

        now = self.control.clock.now()
        self.origin.commit(change, message="A change", author=SOMEBODY, when=now)
        first = next(iter(files))
        return self.control.dispatch(first, ref="main", inputs=inputs, actor=SOMEBODY.handle)

    def run(self, files: Mapping[str, str], **inputs: str) -> Run:
        """The same, to its end."""
        return self.control.wait(self.begin(files, **inputs), within=WITHIN)

    def jobs(self, run: Run) -> dict[str, Job]:
        """By their names."""
        return {job.name: job for job in self.control.archive.jobs_of(run)}

    def said(self, step: str) -> list[str]:
        """What every step of this name printed."""
        return [
            record.data["line"]
            for record in read_journal(self.journal)
            if record.kind == "step.output" and record.data["step"] == step
        ]

    def artifacts(self, run: Run) -> set[str]:
        """The names of what a run left with GitHub."""
        answer = httpx.get(
            f"{self.url}/repos/{REPOSITORY}/actions/runs/{run.key}/artifacts",
            headers={"authorization": f"Bearer {self.token}"},
            trust_env=False,
        )
        return {one["name"] for one in answer.raise_for_status().json()["artifacts"]}

    def nothing_left(self) -> bool:
        """Whether no container is there any more, as soon as the engine has removed what has ended."""
        poll(
            lambda: None if self._left() else True,
            within=15,
            waiting_for="the engine to have removed every container",
            clock=self.control.clock,
            last_seen=lambda: " ".join(self._left()),
        )
        return True

    def _left(self) -> list[str]:
        return self.engine.containers(f"{SESSION_LABEL}={self.session}")


@contextmanager
def a_shop(kind: str, engine: Engine, image: str, directory: Path) -> Iterator[Shop]:
    """A shop whose runner is `container` or `docker`."""
    clock = SystemClock()
    session = f"test-{directory.name}-{os.getpid()}"
    file = directory / "journal.jsonl"
    with ExitStack() as stack:
        serving = stack.enter_context(Serving())
        journal = stack.enter_context(Journal(file, clock=clock))
        origin = Origin.create(directory / "origin.git")
        control = ControlPlane(
            origin,
            directory / "github",
            repository=REPOSITORY,
            journal=journal,
            clock=clock,
            vault=Vault(),
        )
        stack.callback(control.close)
        api = GitHubApi(control, Issuer.generate(), clock=clock)
        port = serving.serve(api.app)
        url = f"http://127.0.0.1:{port}"
        crew = WorldCrew(
            _runner(kind, engine, image, session, clock),
            directory=directory / "jobs",
            origin=origin,
            api=api,
            outside=Outside(_proxy(directory, session, clock)),
            way_out=cast("WayOut", NoWayOut()),
            surroundings=Surroundings("", url, (port,)),
            journal=journal,
            run_timeout=WITHIN,
        )
        stack.enter_context(control.staffed(crew))
        token = api.token_of(SOMEBODY.handle)
        yield Shop(origin, control, engine, image, session, file, url, token)


def _runner(kind: str, engine: Engine, image: str, session: str, clock: SystemClock) -> Runner:
    if kind == ContainerRunner.name:
        return ContainerRunner(engine=engine, image=image, clock=clock, session=session)
    act = ensure_act(cache_directory(), say=print)
    return DockerRunner(act=act, engine=engine, image=image, clock=clock, session=session)


def _proxy(directory: Path, session: str, clock: SystemClock) -> Proxy:
    """Is never started: nobody has a way to it."""
    return Proxy(
        directory / "proxy",
        cache=cache_directory(),
        session=session,
        owner_pid=os.getpid(),
        clock=clock,
        say=print,
    )


@contextmanager
def a_trap() -> Iterator[tuple[int, list[object]]]:
    """A server on every address of this machine; its port, and who has reached it."""
    reached: list[object] = []
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - reachable, if at all

        def listen() -> None:
            while True:
                try:
                    one, where = server.accept()
                except OSError:
                    return
                reached.append(where)
                one.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], reached
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
