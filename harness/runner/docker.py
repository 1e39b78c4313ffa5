"""`--runner docker`: act with a container of its own for each job, as it works for most who use it.

    DockerRunner(engine=..., image=..., ...).execute(job, journal)  ->  Outcome

act runs on this machine and starts each job in a container of the runner image; `container:` jobs get
the image they name. Job containers join the network of an anchor, a container that has the world's
ports and no other network. They see the origin and git's settings, never the engine's socket.
https://nektosact.com/usage/runners.html

act names containers after workflow and job alone, and removes one that is called so before it begins:
two runs of a workflow would end each other, so only one run at a time is under way in an engine.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from harness.clock import Clock
from harness.errors import ProcessError
from harness.journal import Journal
from harness.runner.brake import Brake
from harness.runner.call import prepare, run_environment
from harness.runner.contained import PYTHON, bind, contained, container_name
from harness.runner.container import MEMORY, PROCESSES, programs, write_people
from harness.runner.doorway import INSIDE, Doorway
from harness.runner.engine import Engine, labels
from harness.runner.job import Job, Listener, Outcome
from harness.runner.running import Running, conduct
from harness.runner.terraform import Terraform
from harness.runner.tools import ACT_VERSION
from harness.runner.wall import OpenWall

#: HOME of whoever a job runs as, in the image.
HOME = Path("/home/runner")
#: How everything that act makes in an engine is called.
_OWN = "act-"
_READY = "the anchor holds"


class DockerRunner:
    """act with job containers of its own."""

    name = "docker"

    def __init__(
        self,
        *,
        act: Path,
        engine: Engine,
        image: str,
        clock: Clock,
        session: str,
        terraform: Terraform | None = None,
    ) -> None:
        """Nothing runs yet.

        Args:
            act: the program, on this machine.
            engine: a Docker engine that sees this machine's files.
            image: what `ubuntu-latest` stands for.
            clock: whose time counts.
            session: labels every container, and begins the token of every process.
            terraform: this machine's programs of that kind, and the providers that runs find.
        """
        self._act = act
        self._engine = engine
        self._image = image
        self._clock = clock
        self._session = session
        self._terraform = terraform

    def versions(self) -> Mapping[str, str]:
        """Of act, the engine and the image."""
        return {"act": ACT_VERSION, "docker": self._engine.version, "image": self._image}

    def execute(
        self,
        job: Job,
        journal: Journal,
        *,
        listener: Listener | None = None,
        brake: Brake | None = None,
    ) -> Outcome:
        """Run the job to its end, or to its timeout; everything that happens is journaled."""
        if self._terraform:
            job = replace(
                job, environment={**self._terraform.offer(job.directory), **job.environment}
            )
        token = f"{self._session}.{os.getpid()}.{job.token}."
        anchor = container_name(f"{token}anchor")
        command = prepare(job, act=self._act, tools={}, platform=self._image)
        command += ["--pull=false", "--container-daemon-socket", "-"]
        # The second for jobs with a `container:`, whose options are their own.
        command += ["--container-options", shlex.join(self._options(job, anchor))]
        command += ["--network", f"container:{anchor}"]
        # act, unlike its steps, has to find the engine.
        environment = {**run_environment(job), "DOCKER_HOST": self._engine.host}

        @contextmanager
        def start() -> Iterator[Running]:
            wall = OpenWall(self._clock)
            with (
                self._anchored(job, token),
                wall.start(command, job, environment=environment, token=token) as running,
            ):
                yield running

        with self._alone(), _nothing_left(self._engine):
            return conduct(
                job, journal, start=start, clock=self._clock, listener=listener, brake=brake
            )

    def _options(self, job: Job, anchor: str) -> list[str]:
        """What act adds to a job's container."""
        people = job.directory / "passwd"
        write_people(people, self._engine.user, home=HOME)
        options = ["--network", f"container:{anchor}", *labels(self._session)]
        options += ["--user", self._engine.user, *self._engine.options]
        options += ["--memory", MEMORY, "--pids-limit", str(PROCESSES)]
        options += ["--env", "GIT_TERMINAL_PROMPT=0", "--env", f"HOME={HOME}"]
        options += ["--volume", f"{job.directory / 'home' / '.gitconfig'}:/etc/gitconfig:ro"]
        options += ["--volume", f"{people}:/etc/passwd:ro"]
        for path in job.shared:
            options += ["--volume", f"{path}:{path}"]
        for path in job.readable:
            options += ["--volume", f"{path}:{path}:ro"]
        for name, program in programs(self._terraform).items():
            options += ["--volume", f"{program}:/usr/local/bin/{name}:ro"]
        if self._terraform:
            found = [job.directory / name for name in ("terraform.rc", "providers")]
            found += [package.path for package in self._terraform.providers]
            for path in found:
                options += ["--volume", f"{path}:{path}:ro"] if path.exists() else []
        return options

    @contextmanager
    def _anchored(self, job: Job, token: str) -> Iterator[None]:
        """While this is open, a container holds a network in which the world's ports are."""
        options = ["--user", self._engine.user, *self._engine.options, "--network", "none"]
        options += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        options += ["--mount", bind(job.directory, job.directory)]
        options += ["--mount", bind(INSIDE, INSIDE, read_only=True)]
        hold = ["/bin/sh", "-c", f"echo {_READY}; exec sleep infinity"]
        with (
            Doorway(job.ports, directory=job.directory) as door,
            contained(
                self._engine,
                self._image,
                door.through(hold, python=PYTHON),
                options=options,
                session=self._session,
                token=f"{token}anchor",
            ) as anchor,
        ):
            said = []
            for line in anchor.lines():
                said.append(line.strip())
                if said[-1] == _READY:
                    break
            else:
                raise ProcessError(f"the jobs' network cannot be made: {' '.join(said)}")
            yield

    def _alone(self) -> FileLock:
        which = hashlib.sha256(self._engine.host.encode()).hexdigest()[:12]
        # Engines are shared by the people of a machine, so the lock is too.
        return FileLock(Path(tempfile.gettempdir()) / f"sitedrill-engine-{which}.lock", mode=0o666)


@dataclass(frozen=True)
class _Made:
    """What act has made in an engine, by name."""

    containers: frozenset[str]
    volumes: frozenset[str]
    networks: frozenset[str]


def _made(engine: Engine) -> _Made:
    def named(*words: str, form: str = "{{.Name}}") -> frozenset[str]:
        told = engine.call(*words, "--filter", f"name={_OWN}", "--format", form)
        return frozenset(name for name in told.split() if name.startswith(_OWN))

    return _Made(
        named("ps", "--all", form="{{.Names}}"), named("volume", "ls"), named("network", "ls")
    )


@contextmanager
def _nothing_left(engine: Engine) -> Iterator[None]:
    """Remove what act has made and, because it was ended, could not remove itself."""
    before = _made(engine)
    try:
        yield
    finally:
        left = _made(engine)
        engine.remove(left.containers - before.containers)
        for kind, names in (
            ("volume", left.volumes - before.volumes),
            ("network", left.networks - before.networks),
        ):
            for name in names:
                engine.forget(kind, name)
