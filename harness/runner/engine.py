"""The Docker engine of this machine, asked through its own command line.

    engine = find_engine()              # ToolMissingError says why there is none
    engine.call("image", "inspect", "sitedrill-runner:4f0c...")

Whatever we start in it is labelled with the session and with its owner, so that a session sweeps what
is left of it, and the next one what a killed owner could not.
https://docs.docker.com/reference/cli/docker/
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.errors import ProcessError, ToolMissingError
from harness.processes import run_tool

#: Labels of everything that we start: whose session, whose process.
SESSION_LABEL = "sitedrill.session"
OWNER_LABEL = "sitedrill.owner"
#: Seconds for an engine to answer at all.
ANSWERS_WITHIN = 20.0
#: A volume of act's that all its runs share.
SHARED_VOLUME = "act-toolcache"
HOW_TO_GET = "Debian: apt-get install docker.io; elsewhere: docs.docker.com/engine/install"


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answers: `host` is its address, `user` whom our files belong to in it."""

    docker: Path
    host: str
    version: str
    user: str
    options: tuple[str, ...] = ()
    _environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """For programs that talk to it: act looks for it in `DOCKER_HOST` alone."""
        return {**self._environment, "DOCKER_HOST": self.host}

    @property
    def shares_files(self) -> bool:
        """Whether it runs on this machine's own kernel, and so sees our files and sockets."""
        return self.host.startswith("unix://") and platform.system() == "Linux"

    def call(self, *words: str | Path, timeout: float = 60) -> str:
        """Run one docker command to its end.

        Raises:
            ProcessError: it failed; says what it said.
        """
        done = run_tool([self.docker, *words], env=self.environment, timeout=timeout)
        return done.decode(errors="replace").strip()

    def has_image(self, image: str) -> bool:
        """Whether it holds this image."""
        return bool(self.call("image", "ls", "--quiet", image))

    def containers(self, label: str) -> list[str]:
        """The containers with this label, whatever their state."""
        return self.call("ps", "--all", "--quiet", "--filter", f"label={label}").split()

    def remove(self, containers: Iterable[str]) -> None:
        """Remove containers, running or not, with the volumes that only they have."""
        for container in containers:
            try:
                told = self.call(
                    "inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", container
                )
                self.call("rm", "--force", "--volumes", container)
            except ProcessError:
                continue  # it has just ended by itself
            for volume in told.split():
                if volume != SHARED_VOLUME:
                    self.forget("volume", volume)

    def sweep(self, session: str) -> None:
        """Remove everything of a session."""
        self.remove(self.containers(f"{SESSION_LABEL}={session}"))

    def orphans(self) -> list[str]:
        """The containers whose owners are gone from this machine."""
        asked = f'{{{{index .Config.Labels "{OWNER_LABEL}"}}}}'
        found = []
        for container in self.containers(OWNER_LABEL):
            try:
                owner = self.call("inspect", "--format", asked, container)
            except ProcessError:
                continue  # it has just ended by itself
            if not may_be_alive(owner):
                found.append(container)
        return found

    def sweep_orphans(self) -> None:
        """Remove what owners left behind that were killed on this machine."""
        self.remove(self.orphans())

    def forget(self, kind: str, name: str) -> None:
        """Remove a volume or a network, unless it is in use or gone."""
        try:
            self.call(kind, "rm", name)
        except ProcessError:
            return


def find_engine(environ: Mapping[str, str] | None = None) -> Engine:
    """The engine that the docker command talks to.

    Args:
        environ: where `DOCKER_HOST`, `DOCKER_CONTEXT` and HOME are looked up, the process's own by
            default.

    Raises:
        ToolMissingError: there is no docker command, or no engine answers it.
    """
    environment = dict(os.environ if environ is None else environ)
    found = shutil.which("docker", path=environment.get("PATH"))
    if found is None:
        raise ToolMissingError("docker is not on PATH", hint=HOW_TO_GET)
    docker = Path(found)
    asked = "{{json .ServerVersion}} {{json .SecurityOptions}}"
    try:
        host = run_tool(
            [docker, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
            env=environment,
            timeout=ANSWERS_WITHIN,
        )
        info = run_tool(
            [docker, "info", "--format", asked], env=environment, timeout=ANSWERS_WITHIN
        )
    except ProcessError as error:
        raise ToolMissingError(
            f"no Docker engine answers: {_last_line(str(error))}",
            hint="start it (systemctl start docker), or say where it is in DOCKER_HOST",
        ) from error
    version, _, security = info.decode().strip().partition(" ")
    user, options = _who(json.loads(security) or [])
    return Engine(docker, host.decode().strip(), json.loads(version), user, options, environment)


def labels(session: str) -> list[str]:
    """What marks a container as a session's."""
    return ["--label", f"{SESSION_LABEL}={session}", "--label", f"{OWNER_LABEL}={owner_label()}"]


def owner_label() -> str:
    """This process, told apart from every other, later ones of the same number too."""
    started = psutil.Process().create_time()
    return f"{platform.node()}/{os.getpid()}/{started:.0f}"


def may_be_alive(owner: str) -> bool:
    """Whether the process of an owner's label may still be there; another machine's may."""
    node, _, rest = owner.partition("/")
    number, _, started = rest.partition("/")
    if node != platform.node() or not number.isdigit() or not started.isdigit():
        return True
    try:
        # The clock that creation times are told by may be set; a few seconds are nobody else.
        return abs(psutil.Process(int(number)).create_time() - int(started)) < 5
    except psutil.NoSuchProcess:
        return False


def _who(security: list[str]) -> tuple[str, tuple[str, ...]]:
    """Whom a container has to run as so that our files are its own."""
    names = {option.split(",")[0] for option in security}
    if "name=rootless" in names:
        return "0:0", ()  # which is us, outside
    user = f"{os.getuid()}:{os.getgid()}"
    return user, ("--userns", "host") if "name=userns" in names else ()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else text
