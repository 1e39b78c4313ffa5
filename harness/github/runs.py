"""Runs and their jobs as GitHub knows them; who executes a job is told what it needs as an `Order`.

https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
https://docs.github.com/en/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

#: What a run or a job is at: `requested` was not looked at yet, `pending` waits for its group,
#: `waiting` for its environment.
Status = Literal["requested", "queued", "pending", "waiting", "in_progress", "completed"]
Conclusion = Literal["success", "failure", "cancelled", "skipped", "startup_failure"]

#: The statuses of what is not over.
OPEN: tuple[Status, ...] = ("requested", "queued", "pending", "waiting", "in_progress")


@dataclass(frozen=True, kw_only=True)
class Group:
    """A place in a concurrency group: its name in lower case, and what a newcomer does to others.

    https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
    """

    name: str
    cancel_in_progress: bool = False
    queue: Literal["single", "max"] = "single"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a workflow.

    Attributes:
        id: the run's; stays the same when it is run again.
        number: counts the runs of its workflow from 1.
        attempt: counts from 1.
        workflow: the file's path in the repository.
        name: the workflow's.
        title: what people see in a list of runs.
        event_name: what started it.
        event: the payload of that event.
        ref: in full, such as `refs/heads/main`.
        sha: the commit of the ref; the workflow's file is read there.
        actor: who caused the event.
        triggering_actor: who started this attempt.
        inputs: of a dispatch, as text.
        by_run: the run whose token caused it, 0 for a person's doing.
        depth: how many `workflow_run` events lie between it and what somebody did.
        role: what it is for in a drill.
        group: of the whole run's concurrency.
        cancelled: somebody asked for its end, or its group did.
        cause: in one line, why it did not succeed.
    """

    id: int
    number: int
    attempt: int = 1
    repository: str
    workflow: str
    name: str
    title: str
    event_name: str
    event: Mapping[str, Any]
    ref: str
    sha: str
    actor: str
    triggering_actor: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    by_run: int = 0
    depth: int = 0
    role: str = ""
    status: Status = "queued"
    conclusion: Conclusion | None = None
    group: Group | None = None
    cancelled: bool = False
    cause: str = ""
    created_at: str = ""
    started_at: str = ""
    updated_at: str = ""

    @property
    def key(self) -> str:
        """The run's id as text, as journals and session names carry it."""
        return str(self.id)

    @property
    def ref_name(self) -> str:
        """The branch or tag without `refs/heads/` or `refs/tags/`."""
        return self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")

    @property
    def file(self) -> str:
        """The workflow's file name, by which people know it."""
        return PurePosixPath(self.workflow).name

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status == "completed"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a job as its log tells of it; `number` counts from 1, times are ISO 8601."""

    number: int
    name: str
    status: Status
    conclusion: Conclusion | None = None
    started_at: str = ""
    completed_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Use:
    """The environment that a job deploys to; `url` is what the job says viewers should open."""

    name: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of one attempt of a run: one leg of it, where it has a matrix.

    Attributes:
        id: the job's.
        run: the id of its run.
        attempt: the run's.
        path: the ids of the job and of the jobs that called its workflow, such as `deploy/apply`.
        leg: which leg of the matrix, from 0.
        legs: how many there are.
        name: as people see it.
        matrix: the leg's values.
        calls: whether it only calls a reusable workflow, and no runner executes it.
        environment: that it deploys to.
        permissions: what its token may do, by scope: `read`, `write`; what is not named, not at all.
        since: when it began to wait for its environment.
        approved: whether somebody who may has approved of it.
        released: whether its environment's rules let it go.
        blamed: whether its failure fails the run (`continue-on-error`).
        inputs: what a called workflow was given.
        outputs: what it said.
        runner: what executed it.
    """

    id: int
    run: int
    attempt: int
    path: str
    leg: int = 0
    legs: int = 1
    name: str
    matrix: Mapping[str, Any] | None = None
    calls: bool = False
    environment: Use | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    group: Group | None = None
    status: Status = "requested"
    conclusion: Conclusion | None = None
    since: str = ""
    approved: bool = False
    released: bool = False
    blamed: bool = True
    cancelled: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    runner: str = ""
    cause: str = ""
    created_at: str = ""
    started_at: str = ""
    completed_at: str = ""

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status == "completed"


@dataclass(frozen=True)
class Order:
    """What whoever executes a job is told.

    Attributes:
        run: the run.
        job: the job.
        own: the job's id in its workflow.
        files: the files that act is given, by name; the first is the one to run.
        secrets: what `secrets` holds, without the token.
        variables: what `vars` holds.
        timeout_minutes: after which it is ended.
    """

    run: Run
    job: Job
    own: str
    files: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str]
    timeout_minutes: float


@dataclass(frozen=True)
class Done:
    """How a job ended. `seconds` are those of its execution; `timed_out` that it ran too long."""

    conclusion: Conclusion
    outputs: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""
    exit_code: int | None = None
    timed_out: bool = False
