"""Everything that GitHub keeps of a repository besides its git objects, and where it lies.

github.db       runs, jobs, deployments, reviews, artifacts, ...
logs/           the logs of jobs
artifacts/      what runs left to be kept
caches/         what runs left for later ones
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.github.runs import OPEN, Job, Run
from harness.github.store import Store, Table

FILE = "github.db"

DeploymentState = Literal[
    "waiting", "queued", "pending", "in_progress", "success", "failure", "error", "inactive"
]


@dataclass(frozen=True, kw_only=True)
class DeploymentStatus:
    """https://docs.github.com/en/rest/deployments/statuses ."""

    id: int
    state: DeploymentState
    at: str
    creator: str
    description: str = ""
    environment_url: str = ""
    log_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment to an environment, made by a job or through the API.

    https://docs.github.com/en/rest/deployments/deployments

    `run` and `job` are 0 for one that was made through the API.
    """

    id: int
    environment: str
    ref: str
    sha: str
    creator: str
    at: str
    run: int = 0
    job: int = 0
    task: str = "deploy"
    description: str = ""
    payload: Mapping[str, Any] | str = field(default_factory=dict)
    statuses: tuple[DeploymentStatus, ...] = ()

    @property
    def state(self) -> DeploymentState:
        """Where it is."""
        return self.statuses[-1].state if self.statuses else "pending"


@dataclass(frozen=True, kw_only=True)
class Review:
    """What somebody said of a run that waited for its environments."""

    id: int
    run: int
    attempt: int
    environments: tuple[str, ...]
    state: Literal["approved", "rejected"]
    by: str
    comment: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A named zip archive that a run left: its size in bytes, its digest as GitHub says it."""

    id: int
    run: str
    name: str
    size: int
    digest: str
    created: str


@dataclass(frozen=True, kw_only=True)
class Cache:
    """What a run left for later runs, under a key; `version` is of the tool that made it."""

    id: int
    key: str
    version: str
    created: str


@dataclass(frozen=True, kw_only=True)
class PastAttempt:
    """A run as it ended before it was run again; `id` names the run and the attempt."""

    id: str
    run: Run


@dataclass(frozen=True, kw_only=True)
class Release:
    """https://docs.github.com/en/rest/releases/releases , without assets."""

    id: int
    tag: str
    target: str
    name: str
    body: str
    draft: bool
    prerelease: bool
    by: str
    created: str
    published: str


@dataclass(frozen=True, kw_only=True)
class Introduced:
    """Somebody who came to the repository after it was set up; `id` is the handle in lower case."""

    id: str
    handle: str
    role: str


class Archive:
    """The tables, opened once by whoever keeps the repository."""

    def __init__(self, directory: Path) -> None:
        """Open what is there, or begin.

        Raises:
            SitedrillError: the file cannot be read.
        """
        self.directory = directory
        self.store = Store(directory / FILE)
        self.runs: Table[Run] = Table(
            self.store,
            "runs",
            Run,
            {
                "status": lambda run: run.status,
                "conclusion": lambda run: run.conclusion,
                "workflow": lambda run: run.workflow,
                "event": lambda run: run.event_name,
                "actor": lambda run: run.actor.lower(),
                "branch": lambda run: run.ref_name,
                "head": lambda run: run.sha,
                "by_run": lambda run: run.by_run,
                "created": lambda run: run.created_at,
                "grp": lambda run: run.group.name if run.group else None,
            },
        )
        self.jobs: Table[Job] = Table(
            self.store,
            "jobs",
            Job,
            {
                "run": lambda job: job.run,
                "attempt": lambda job: job.attempt,
                "status": lambda job: job.status,
                "grp": lambda job: job.group.name if job.group else None,
            },
        )
        self.deployments: Table[Deployment] = Table(
            self.store,
            "deployments",
            Deployment,
            {
                "environment": lambda one: one.environment.lower(),
                "job": lambda one: one.job,
                "run": lambda one: one.run,
                "head": lambda one: one.sha,
                "ref": lambda one: one.ref,
                "task": lambda one: one.task,
                "state": lambda one: one.state,
            },
        )
        self.reviews: Table[Review] = Table(
            self.store, "reviews", Review, {"run": lambda one: one.run}
        )
        self.artifacts: Table[Artifact] = Table(
            self.store,
            "artifacts",
            Artifact,
            {"run": lambda one: one.run, "name": lambda one: one.name},
        )
        self.caches: Table[Cache] = Table(
            self.store,
            "caches",
            Cache,
            {"key": lambda one: one.key, "version": lambda one: one.version},
        )
        self.attempts: Table[PastAttempt] = Table(self.store, "attempts", PastAttempt, {})
        self.releases: Table[Release] = Table(
            self.store, "releases", Release, {"tag": lambda one: one.tag}
        )
        self.introduced: Table[Introduced] = Table(self.store, "introduced", Introduced, {})

    def jobs_of(self, run: Run) -> list[Job]:
        """The jobs of a run's present attempt, in the order in which they came to be."""
        return self.jobs.find(run=run.id, attempt=run.attempt)

    def end_attempt(self, run: Run) -> None:
        """Keep a run as it ended; it is going to be run again."""
        self.attempts.put(PastAttempt(id=f"{run.id}.{run.attempt}", run=run))

    def attempt(self, run: Run, attempt: int) -> Run | None:
        """A run as it was at an earlier attempt."""
        found = self.attempts.get(f"{run.id}.{attempt}")
        return found.run if found else None

    def workflow_files(self) -> list[str]:
        """The files of the workflows that were ever run."""
        return [str(file) for file in self.runs.values("workflow")]

    def open_runs(self) -> list[Run]:
        """The runs that are not over, the oldest first."""
        return self.runs.find(status=OPEN)

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()
