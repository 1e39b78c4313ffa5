"""`--runner container`: act and all its steps in one throw-away container of the runner image, a run.

    ContainerRunner(engine=..., image=..., ...).execute(job, journal)  ->  Outcome

Inside, act is in its host mode, so a run goes as it does under `--runner host`, and its log reads the
same. The container has no network but the world's ports (through the `Doorway`), no capability, a
read-only root and limits; of this machine it sees the run's folder and what the run shares.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.clock import Clock
from harness.journal import Journal
from harness.runner.brake import Brake
from harness.runner.call import prepare, run_environment
from harness.runner.contained import PYTHON, Contained, bind, contained
from harness.runner.doorway import INSIDE, Doorway
from harness.runner.engine import Engine
from harness.runner.job import Job, Listener, Outcome
from harness.runner.running import conduct
from harness.runner.terraform import Terraform
from harness.runner.tools import ACT_VERSION

#: Where things are in the image.
ACT = Path("/usr/local/bin/act")
TOOLS = {name: Path("/usr/bin") / name for name in ("bash", "node")}
#: What one run may use: memory, processes, and each of its temporary file systems, which are memory.
MEMORY, PROCESSES, TEMPORARY = "4g", 2048, "512m"


class ContainerRunner:
    """act in host mode, inside a container of the runner image."""

    name = "container"

    def __init__(
        self,
        *,
        engine: Engine,
        image: str,
        clock: Clock,
        session: str,
        terraform: Terraform | None = None,
    ) -> None:
        """Nothing runs yet.

        Args:
            engine: a Docker engine that sees this machine's files.
            image: the runner image.
            clock: whose time counts.
            session: labels every container, and begins the token of every process.
            terraform: this machine's programs of that kind, and the providers that runs find.
        """
        self._engine = engine
        self._image = image
        self._clock = clock
        self._session = session
        self._terraform = terraform

    def versions(self) -> Mapping[str, str]:
        """Of act, the engine and the image, which decides the rest."""
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
        own = programs(self._terraform)
        if self._terraform:
            job = replace(
                job, environment={**self._terraform.offer(job.directory), **job.environment}
            )
        command = prepare(job, act=ACT, tools={**TOOLS, **own})
        token = f"{self._session}.{os.getpid()}.{job.token}."

        @contextmanager
        def start() -> Iterator[Contained]:
            with (
                Doorway(job.ports, directory=job.directory) as door,
                contained(
                    self._engine,
                    self._image,
                    door.through(command, python=PYTHON),
                    options=self._options(job),
                    session=self._session,
                    token=token,
                ) as started,
            ):
                yield started

        return conduct(job, journal, start=start, clock=self._clock, listener=listener, brake=brake)

    def _options(self, job: Job) -> list[str]:
        """What of the machine is in the container, and what it may not do."""
        people = job.directory / "passwd"
        write_people(people, self._engine.user, home=job.directory / "home")
        options = ["--user", self._engine.user, *self._engine.options]
        options += ["--network", "none", "--read-only", "--cap-drop", "ALL"]
        options += ["--security-opt", "no-new-privileges", "--pids-limit", str(PROCESSES)]
        options += ["--memory", MEMORY, "--memory-swap", MEMORY]
        for folder in ("/tmp", "/var/tmp", "/run"):  # noqa: S108 - in the container
            options += ["--tmpfs", f"{folder}:exec,nosuid,nodev,mode=1777,size={TEMPORARY}"]
        writable = {job.directory, job.workspace, *job.shared}
        for path in sorted(writable):
            options += ["--mount", bind(path, path)]
        brought = self._terraform.readable if self._terraform else ()
        for path in dict.fromkeys((INSIDE, *(path.resolve() for path in brought))):
            options += ["--mount", bind(path, path, read_only=True)]
        options += ["--mount", bind(people, Path("/etc/passwd"), read_only=True)]
        # Temporary files have the limit of the container's own file system, not this machine's disk.
        environment = {**run_environment(job), "TMPDIR": "/tmp"}  # noqa: S108
        for name, value in environment.items():
            options += ["--env", f"{name}={value}"]
        return [*options, "--workdir", str(job.workspace)]


def programs(terraform: Terraform | None) -> dict[str, Path]:
    """This machine's Terraform and OpenTofu by name; one file each, which runs on any Linux."""
    tools = terraform.programs if terraform else ()
    return {tool.name: tool.path.resolve() for tool in tools if tool.path is not None}


def write_people(file: Path, user: str, *, home: Path) -> None:
    """A passwd file in which whoever runs is `runner`: programs that ask for their name get one."""
    number, _, group = user.partition(":")
    people = [f"runner:x:{number}:{group}:runner:{home}:/bin/bash"]
    if number != "0":
        people.insert(0, "root:x:0:0:root:/root:/bin/bash")
    file.write_text("\n".join(people) + "\n")
    file.chmod(0o644)
