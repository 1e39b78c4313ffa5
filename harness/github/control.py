"""The control plane in front of act: everything that GitHub does around jobs.

    control = ControlPlane(origin, directory, repository=..., journal=journal, clock=clock, new_id=...)
    with control.staffed(crew):
        run = control.dispatch("emergency.yml", ref="main", inputs={...}, actor="somebody")
        run = control.wait(run, within=300)

What it accepts is written down before it answers, and everything else follows from what is written
down, so that it may be killed at any moment and another go on (`resume`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.clock import Clock
from harness.errors import DispatchError, PollTimeoutError
from harness.github.archive import Archive
from harness.github.chronicle import Chronicle
from harness.github.dispatch import dispatch_event, validate_inputs
from harness.github.following import (
    LONGEST_CHAIN,
    follows,
    takes_dispatch,
    workflow_run_event,
)
from harness.github.frames import book_of
from harness.github.hands import Crew, Hands
from harness.github.ledger import Ledger
from harness.github.library import WORKFLOWS, Library
from harness.github.orders import Vault
from harness.github.origin import Origin
from harness.github.outbox import Outbox
from harness.github.protection import Resolve, Rules
from harness.github.pushes import Pushes
from harness.github.requests import on_default_branch, request
from harness.github.reruns import rerun
from harness.github.reviews import Reviews
from harness.github.runs import Job, Run
from harness.github.scheduler import Scheduler
from harness.github.workflow import Workflow, workflow_id
from harness.journal import Journal

#: The ids of runs, of GitHub's size, where they are counted.
RUNS_FROM = 16_000_000_001


class NoVault:
    """A repository without variables and secrets."""

    def variables(self, environment: str) -> Mapping[str, str]:
        """None."""
        return {}

    def secrets(self, environment: str) -> Mapping[str, str]:
        """None."""
        return {}


class ControlPlane:
    """One repository's Actions; safe to use from several threads."""

    def __init__(
        self,
        origin: Origin,
        directory: Path,
        *,
        repository: str,
        journal: Journal,
        clock: Clock,
        new_id: Callable[[], int] | None = None,
        vault: Vault | None = None,
        rules: Mapping[str, Rules] | None = None,
        resolve: Resolve = lambda name: (name,),
        labels: Collection[str] = ("ubuntu-latest",),
        runners: int = 4,
    ) -> None:
        """Open what is written down; nothing moves before `staffed`.

        Args:
            origin: the repository itself.
            directory: where everything else is kept.
            repository: `owner/name`.
            journal: told everything.
            clock: whose time counts.
            new_id: makes up the ids of runs; they are counted, where nobody does.
            vault: variables and secrets.
            rules: what protects each environment, by its name on GitHub.
            resolve: the handles behind a person's or a team's name.
            labels: of the runners that there are.
            runners: how many there are.
        """
        self.origin = origin
        self.repository = repository
        self.archive = Archive(directory)
        self.clock = clock
        self.journal = journal
        self.vault = vault or NoVault()
        self.resolve = resolve
        self.library = Library(origin)
        self.told = Outbox(self.archive.store, journal)
        self.ledger = Ledger(self.archive, self.told)
        self._rules = {name.lower(): one for name, one in (rules or {}).items()}
        self.new_id = new_id or (lambda: self.archive.store.next_number("run ids", first=RUNS_FROM))
        self._chronicle = Chronicle(self.told, self.rules)
        self.scheduler = Scheduler(
            self.archive,
            self.library,
            rules=self.rules,
            variables=self.vault.variables,
            clock=clock,
            default_branch=origin.default_branch,
            labels=frozenset(labels),
            run_moved=self._run_moved,
            job_moved=self._job_moved,
            stop=self._stop,
        )
        self.hands = Hands(
            self.archive,
            self.scheduler,
            vault=self.vault,
            clock=clock,
            most=runners,
        )
        self.reviews = Reviews(self)
        self.pushes = Pushes(self)

    # What people and runs ask for.

    def dispatch(
        self,
        name: str,
        *,
        ref: str,
        inputs: Mapping[str, Any],
        actor: str,
        role: str = "",
        by: Run | None = None,
    ) -> Run:
        """Accept a `workflow_dispatch`, or refuse it as GitHub would.

        Args:
            name: the workflow's file name, path, name or id.
            ref: the branch or tag.
            inputs: as given.
            actor: who asks.
            role: what the run is for in a drill.
            by: the run whose token asks, when it is one's.

        Raises:
            DispatchError: with GitHub's status; nothing has run.
        """
        resolved = self.origin.resolve(ref)
        # GitHub knows a workflow by its file on the default branch, and runs the one at the ref.
        known = self.workflow(name)
        workflow = self.library.at(known.file, resolved.sha)
        values = validate_inputs(workflow, inputs)
        event = dispatch_event(
            workflow,
            inputs=values,
            ref=resolved.full,
            repository=self.repository,
            default_branch=self.origin.default_branch,
            sender=actor,
        )
        run = request(
            self,
            workflow,
            event_name="workflow_dispatch",
            event=event,
            ref=resolved.full,
            sha=resolved.sha,
            actor=actor,
            inputs=values,
            role=role,
            by=by,
        )
        return self.begin(run)

    def dispatch_event(
        self, event_type: str, payload: Mapping[str, Any], *, actor: str, by: Run | None = None
    ) -> list[Run]:
        """A `repository_dispatch`; the runs that it starts, by the files of the default branch.

        https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
        """
        return on_default_branch(
            self,
            lambda workflow: takes_dispatch(workflow, event_type),
            "repository_dispatch",
            {
                "action": event_type,
                "client_payload": dict(payload),
                "branch": self.origin.default_branch,
            },
            actor=actor,
            by=by,
        )

    def fire_schedule(self, name: str, *, actor: str, cron: str = "") -> list[Run]:
        """Let a workflow's `schedule` come round now; time alone never does.

        https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule

        Raises:
            DispatchError: there is no such workflow, or it has no schedule.
        """
        wanted = self.workflow(name)
        if "schedule" not in wanted.triggers:
            raise DispatchError("Workflow does not have 'schedule' trigger")
        return on_default_branch(
            self,
            lambda workflow: workflow.file == wanted.file,
            "schedule",
            {"schedule": cron},
            actor=actor,
        )

    def cancel(self, run: Run, *, cause: str = "", force: bool = False) -> None:
        """Ask for a run's end.

        Raises:
            DispatchError: GitHub's 409, it has ended already.
        """
        with self.changing():
            if self.run(run.id).over:
                raise DispatchError("Cannot cancel a workflow run that is completed.", status=409)
            self.scheduler.cancelling.cancel(
                run, cause=cause or "The run was canceled.", force=force
            )

    def rerun(self, run: Run, *, actor: str, failed_only: bool = False, job: int = 0) -> Run:
        """Run it again, all of it or the jobs that failed (or one job) and those after them.

        https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs

        Raises:
            DispatchError: it goes on still, or nothing of it failed.
        """
        with self.changing():
            return rerun(self, self.run(run.id), actor=actor, failed_only=failed_only, only=job)

    # What can be known.

    def run(self, number: int) -> Run:
        """The run of this id.

        Raises:
            DispatchError: GitHub's 404.
        """
        found = self.archive.runs.get(number)
        if found is None:
            raise DispatchError("Not Found", status=404)
        return found

    def started_by(self, run: Run) -> list[Run]:
        """The runs that a run has started, by its end or with its token."""
        return self.archive.runs.find(by_run=run.id)

    def job(self, number: int) -> Job:
        """The job of this id.

        Raises:
            DispatchError: GitHub's 404.
        """
        found = self.archive.jobs.get(number)
        if found is None:
            raise DispatchError("Not Found", status=404)
        return found

    def file_of(self, run: Run, job: Job) -> str:
        """The workflow file that a job stands in: the run's own, or one that it calls."""
        book = book_of(self.archive.jobs_of(run))
        return self.scheduler.frames.of_job(run, job, book)[0].workflow.file

    def workflow(self, name: str) -> Workflow:
        """The workflow on the default branch of this file name, path, name or id.

        Raises:
            DispatchError: GitHub's 404, or 422 when it does not parse.
        """
        head = self.origin.head()
        if name.endswith((".yml", ".yaml")):
            return self.library.at(
                name if name.startswith(f"{WORKFLOWS}/") else f"{WORKFLOWS}/{name}", head
            )
        for workflow in self.library.every(head):
            if name in {workflow.name, str(workflow_id(workflow.file))}:
                return workflow
        raise DispatchError(f"Not Found: no workflow {name}", status=404)

    def rules(self, environment: str) -> Rules:
        """What protects an environment; nothing, where nobody said so."""
        return self._rules.get(environment.lower(), Rules(environment))

    @property
    def environments(self) -> tuple[Rules, ...]:
        """Every environment that somebody spoke of."""
        known = dict(self._rules)
        for deployment in self.archive.deployments.find():
            known.setdefault(deployment.environment.lower(), Rules(deployment.environment))
        return tuple(known.values())

    # How it goes on.

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Whatever is done within is kept together; then what may be executed is."""
        with self.archive.store.change():
            yield

    def begin(self, run: Run) -> Run:
        """Write a new run down, and let it go its way."""
        with self.changing():
            return self.scheduler.begin(run)

    @contextmanager
    def staffed(self, crew: Crew) -> Iterator[None]:
        """While this is open, jobs whose turn it is are executed; at its end, none is any longer."""
        self.hands.start(crew)
        try:
            self.resume()
            yield
        finally:
            self.hands.close()

    def resume(self) -> None:
        """Go on from what is written down: what a runner had is lost with it, the rest is not."""
        with self.changing():
            for job in self.archive.jobs.find(status="in_progress"):
                if not job.calls:
                    self.scheduler.lost(job)
            for run in self.archive.open_runs():
                self.scheduler.advance(run)
            self.pushes.catch_up()
        self.reviews.set_timer()

    def wait(
        self,
        run: Run,
        *,
        within: float,
        until: Callable[[Run], bool] = lambda run: run.over,
    ) -> Run:
        """The run, once it is as wanted: over, where nothing else is.

        Raises:
            PollTimeoutError: it is not, after `within` seconds.
        """
        if not self.hands.wait_for(lambda: until(self.run(run.id)), within=within):
            now = self.run(run.id)
            raise PollTimeoutError(
                f"waited {within:g} s for run {run.key} of {run.file}; it is {now.status}"
            )
        return self.run(run.id)

    def settle(self, *, within: float) -> list[Run]:
        """Wait until nothing moves by itself any more; the runs that wait for somebody.

        Raises:
            PollTimeoutError: something still moves, after `within` seconds.
        """

        def idle() -> bool:
            return all(run.status in {"waiting", "pending"} for run in self.archive.open_runs())

        if not self.hands.wait_for(idle, within=within):
            moving = ", ".join(f"{run.file} ({run.status})" for run in self.archive.open_runs())
            raise PollTimeoutError(f"waited {within:g} s for the runs to end: {moving}")
        return self.archive.open_runs()

    def _run_moved(self, run: Run, action: str) -> None:
        self._chronicle.run_moved(run, action)
        if run.depth < LONGEST_CHAIN:
            on_default_branch(
                self,
                lambda workflow: follows(workflow, run, action),
                "workflow_run",
                workflow_run_event(run, action, default_branch=self.origin.default_branch),
                actor=run.actor,
                by=run,
                depth=run.depth + 1,
            )

    def _job_moved(self, run: Run, job: Job) -> None:
        self._chronicle.job_moved(run, job)
        self.ledger.job_moved(run, job, self.scheduler.now())

    def _stop(self, job: Job) -> None:
        self.hands.stop(job)

    def close(self) -> None:
        """Let go of what is written down; after the crew has gone."""
        self.reviews.close()
        self.archive.close()
