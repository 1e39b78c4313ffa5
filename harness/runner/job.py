"""What a runner is given and what it gives back; the same for every kind of runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness.journal import Journal
from harness.runner.real_actions import RealActions


@dataclass(frozen=True)
class Job:
    """One workflow run, ready to be executed.

    `directory` is the run's own: HOME, temporary files and act's caches go there. `workspace` holds
    the repository at the dispatched commit, from which act reads the workflow. `environment` is added
    to what every step sees; `variables` and `secrets` are the repository's. `ports` are those of this
    machine's loopback that belong to the world, the only ones a run needs to reach; `shared` are paths
    outside `directory` that it may write, `readable` those that it may only read. `doubles` are the
    actions that the site itself stands in for, by `owner/name@ref` or `owner/name`; with `real_actions`,
    the others are fetched from there.
    """

    run: str
    attempt: int
    role: str
    workspace: Path
    workflow: str
    event_name: str
    event: Mapping[str, Any]
    actor: str
    directory: Path
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


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `conclusion` is success, failure or timed_out; `cause` one line for a failure."""

    conclusion: str
    exit_code: int | None
    seconds: float
    cause: str = ""


class Runner(Protocol):
    """Executes runs. `name` is what `--runner` says."""

    name: str

    def execute(self, job: Job, journal: Journal) -> Outcome:
        """Run it to its end, journaling as it happens; nothing of it is left afterwards."""
        ...

    def versions(self) -> Mapping[str, str]:
        """The versions of what it runs with."""
        ...
