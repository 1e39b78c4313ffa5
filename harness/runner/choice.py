"""Which runner runs the drills, when nobody says.

`auto` is `container` wherever a Docker engine answers that shares this machine's files, and `host`
elsewhere. The runner image is made when it is not there yet, which is told before and takes minutes
once; where it cannot be made, which is told too, drills run on the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.clock import Clock
from harness.errors import ConfigError, ProcessError, ToolMissingError
from harness.runner.container import ContainerRunner
from harness.runner.docker import DockerRunner
from harness.runner.engine import find_engine
from harness.runner.image import ensure_image, image_tag
from harness.runner.job import Runner
from harness.runner.terraform import Terraform

AUTO = "auto"
#: What `--runner` may say.
RUNNERS = (AUTO, "host", "container", "docker")


def choose_runner(
    name: str,
    cache: Path,
    *,
    say: Callable[[str], None],
    environ: Mapping[str, str] | None = None,
) -> str:
    """The runner that a name stands for.

    Args:
        name: as `--runner` has it.
        cache: folder in which what the image needs is kept.
        say: told why it is another than the engine promises, and of what takes longer.
        environ: where the engine is looked up, the process's own environment by default.

    Raises:
        ConfigError: there is no such runner.
    """
    if name not in RUNNERS:
        raise ConfigError(
            file="options", key="--runner", value=name, expected="one of " + ", ".join(RUNNERS)
        )
    if name != AUTO:
        return name
    try:
        engine = find_engine(environ)
    except ToolMissingError:
        return "host"
    if not engine.shares_files:
        say(f"the Docker engine at {engine.host} does not share our files: drills run on this host")
        return "host"
    try:
        if not engine.has_image(image_tag()):
            say("drills run in containers where a Docker engine answers (--runner host: do not);")
            say("their image is made now, once:")
            ensure_image(engine, cache, say=say)
    except (ToolMissingError, ProcessError) as error:
        say(f"no runner image: {error}")
        say("drills run on this host")
        return "host"
    return "container"


def engine_runner(
    name: str,
    act: Path,
    cache: Path,
    *,
    session: str,
    clock: Clock,
    say: Callable[[str], None],
    terraform: Terraform | None = None,
) -> Runner:
    """The runner of this name that needs a Docker engine; removes what killed owners left in it.

    Raises:
        ToolMissingError: there is no engine, or it does not see our files, or no base for the image.
        ProcessError: the image cannot be built.
    """
    engine = find_engine()
    if not engine.shares_files:
        raise ToolMissingError(
            f"--runner {name} needs a Docker engine on this machine, not at {engine.host}",
            hint="--runner host needs none",
        )
    engine.sweep_orphans()
    image = ensure_image(engine, cache, say=say)
    if name == DockerRunner.name:
        return DockerRunner(
            act=act,
            engine=engine,
            image=image,
            clock=clock,
            session=session,
            terraform=terraform,
        )
    return ContainerRunner(
        engine=engine, image=image, clock=clock, session=session, terraform=terraform
    )


def sweep_engine(session: str) -> None:
    """Remove what is left of a session in the engine, if that still answers."""
    try:
        find_engine().sweep(session)
    except (ToolMissingError, ProcessError):
        return
