"""Starts runs in a world, as a person or a pushed tag would, and waits until they have ended.

run = world.dispatcher.dispatch(
    "emergency.yml", ref="main", inputs={...}, actor=who, role="response"
)
ran = world.dispatcher.finished(run)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.approvals import Decide, approve
from harness.community import Community
from harness.errors import DispatchError
from harness.github.chronicle import conclusion_of
from harness.github.control import ControlPlane
from harness.github.pushes import Pusher
from harness.github.runs import Run
from harness.journal import Journal
from harness.places import Values

#: Seconds that a run may take beyond the time of its longest job.
SLACK = 60.0


@dataclass(frozen=True)
class Ran:
    """A run, and how it ended: success, failure, cancelled, skipped or timed_out, and why."""

    run: Run
    conclusion: str
    cause: str


class Dispatcher:
    """Starts runs of a world's workflows, and follows them to their end."""

    def __init__(
        self,
        control: ControlPlane,
        community: Community,
        *,
        values: Values,
        journal: Journal,
        run_timeout: float,
    ) -> None:
        """Nothing is started yet.

        Args:
            control: GitHub's side of the world.
            community: who belongs to it; who dispatches becomes known to it.
            values: what placeholders in inputs stand for.
            journal: told what was dispatched, refused and pushed.
            run_timeout: seconds after which a job is ended.
        """
        self._control = control
        self._community = community
        self._values = values
        self._journal = journal
        self._run_timeout = run_timeout
        #: What is done about a run that waits for its environment; it is let go, unless somebody says
        #: otherwise.
        self.decide: Decide = approve

    def dispatch(
        self,
        workflow: str,
        *,
        ref: str,
        inputs: Mapping[str, Any],
        actor: str,
        role: str,
        said: Mapping[str, Any] | None = None,
    ) -> Run:
        """Start a workflow by hand; whatever follows goes on by itself.

        Args:
            workflow: the file's name, such as `emergency.yml`.
            ref: the branch or tag it is started on.
            inputs: as the person gives them.
            actor: the person's handle; they need write access.
            role: what the run is for in the drill: setup, inject, response or pipeline.
            said: what else the journal is to hold about the dispatch.

        Raises:
            DispatchError: GitHub would refuse it; journaled, and nothing has run.
        """
        given = self._values.filled(inputs)
        try:
            self._community.admit(actor)
            with self._control.changing():
                run = self._control.dispatch(
                    workflow, ref=ref, inputs=given, actor=actor, role=role
                )
                self._control.told.write(
                    "dispatched",
                    run=run.key,
                    workflow=workflow,
                    ref=run.ref,
                    sha=run.sha,
                    actor=actor,
                    inputs=run.inputs,
                    role=role,
                    **(said or {}),
                )
        except DispatchError as error:
            self._journal.write(
                "dispatch.rejected", workflow=workflow, status=error.status, message=error.message
            )
            raise
        return run

    def push_tag(self, tag: str, *, actor: str, role: str) -> list[Run]:
        """Somebody pushes a tag that stands in the origin already; the runs that it starts.

        Raises:
            DispatchError: GitHub would not let them push.
        """
        self._community.admit(actor)
        runs = self._control.pushes.pushed_tag(tag, Pusher(actor, role=role))
        for run in runs:
            self._journal.write(
                "pushed",
                run=run.key,
                workflow=run.workflow,
                ref=run.ref,
                sha=run.sha,
                actor=actor,
                role=role,
            )
        return runs

    def finished(self, run: Run) -> Ran:
        """A run once it has ended; `decide` says what becomes of what waits for an environment.

        Raises:
            DrillError: nobody may approve of it, or it does not end.
        """
        within = self._run_timeout + SLACK
        while True:
            now = self._control.wait(
                run, within=within, until=lambda one: one.over or one.status == "waiting"
            )
            if now.over:
                return Ran(now, conclusion_of(now), now.cause)
            self.decide(self._control, now)

    def concluded(self, runs: Sequence[Run]) -> list[Ran]:
        """Runs, and all those that they have started, once they have ended."""
        ran, waiting = [], list(runs)
        while waiting:
            run = waiting.pop(0)
            ran.append(self.finished(run))
            waiting += self._control.started_by(run)
        return ran

    def settled(self) -> None:
        """Wait until every run has ended, with whoever may approving what waits for approval."""
        for run in iter(lambda: next(iter(self._control.archive.open_runs()), None), None):
            self.finished(run)
