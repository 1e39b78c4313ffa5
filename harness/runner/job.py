"""What a runner is given and what it gives back; the same for every kind of runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness.journal import Journal
from harness.runner.brake import Brake
from harness.runner.real_actions import RealActions


@dataclass(frozen=True)
class Job:
    """One job of a workflow run, ready to be executed.

    Attributes:
        run: the run's id.
        attempt: the run's.
        role: what the run is for in a drill.
        name: the job's, as journals and people call it.
        own: the job's id in the workflow's file; other jobs of the file only help it along. Empty for
            all jobs of the file together.
        helpers: the label of the file's other jobs, which run beside act and touch nothing.
        outputs_from: the id of a job of the file whose one step has what this one said for a name.
        workspace: where its steps begin.
        workflow: the file that act is given: a path, or one in the workspace.
        event_name: what started the run.
        event: the payload of that event.
        actor: who started it.
        directory: the job's own: HOME, temporary files and act's caches go there.
        source: a checkout of the run's commit, in which the actions of the site itself are looked up;
            the workspace, where none is given.
        environment: added to what every step sees.
        variables: the repository's, and the environment's.
        secrets: likewise.
        git_urls: where git finds what it asks for under these addresses.
        timeout: seconds after which it is ended.
        ports: those of this machine's loopback that belong to the world, the only ones it needs to reach.
        shared: paths outside `directory` that it may write.
        readable: those that it may only read.
        doubles: the actions that the site itself stands in for, by `owner/name@ref` or `owner/name`.
        real_actions: fetches the others, where they are to be the real ones.
    """

    run: str
    attempt: int
    role: str
    name: str
    own: str
    workspace: Path
    workflow: str
    event_name: str
    event: Mapping[str, Any]
    actor: str
    directory: Path
    helpers: str = ""
    outputs_from: str = ""
    source: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    git_urls: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 300
    ports: tuple[int, ...] = ()
    shared: tuple[Path, ...] = ()
    doubles: Mapping[str, Path] = field(default_factory=dict)
    real_actions: RealActions | None = None
    readable: tuple[Path, ...] = ()

    @property
    def token(self) -> str:
        """What tells the job from every other of its session."""
        return f"{self.run}.{self.attempt}.{self.directory.name}"


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        conclusion: success, failure, cancelled or timed_out.
        exit_code: act's.
        seconds: that it took.
        cause: one line for what is no success.
        outputs: what the job said, for those after it.
    """

    conclusion: str
    exit_code: int | None
    seconds: float
    cause: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)


class Listener(Protocol):
    """Somebody else who wants to know what happens in a job, as it happens."""

    def step_started(self, name: str) -> None:
        """A step begins."""
        ...

    def step_finished(self, name: str, conclusion: Any) -> None:
        """A step has ended, or was skipped."""
        ...

    def line(self, name: str, text: str, *, level: str = "") -> None:
        """A step wrote a line; `level` is error, warning or notice for an annotation."""
        ...


class Runner(Protocol):
    """Executes jobs. `name` is what `--runner` says."""

    name: str

    def execute(
        self,
        job: Job,
        journal: Journal,
        *,
        listener: Listener | None = None,
        brake: Brake | None = None,
    ) -> Outcome:
        """Run it to its end, journaling as it happens; nothing of it is left afterwards.

        Args:
            job: what.
            journal: told everything.
            listener: told what happens in it, too.
            brake: ends it from elsewhere.
        """
        ...

    def versions(self) -> Mapping[str, str]:
        """The versions of what it runs with."""
        ...
