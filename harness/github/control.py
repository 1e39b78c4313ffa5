"""The control plane in front of act: accepts dispatches, and starts what the end of a run starts.

    control.dispatch("emergency.yml", ref="main", inputs={...}, actor="somebody")  -> RunRequest
    control.completed(run, "success")                                             -> [RunRequest, ...]

It decides what runs; who runs it is the caller's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.errors import ConfigError, DispatchError
from harness.github.dispatch import common, dispatch_event, validate_inputs
from harness.github.expressions import ExpressionError, interpolate
from harness.github.filters import matches
from harness.github.origin import Origin
from harness.github.runs import RunRequest
from harness.github.workflow import Workflow, parse_workflow

WORKFLOWS = ".github/workflows"
#: How many `workflow_run` events may follow one another: GitHub allows no more than three levels.
#: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run
LONGEST_CHAIN = 3


class ControlPlane:
    """One repository's Actions: its workflows and the runs they were asked for."""

    def __init__(self, origin: Origin, *, repository: str, new_id: Callable[[], int]) -> None:
        """`new_id` makes up run ids."""
        self.origin = origin
        self.repository = repository
        self._new_id = new_id
        self._chain: dict[int, int] = {}
        self.waiting: deque[RunRequest] = deque()
        #: The repository's variables, as `vars` in expressions.
        self.variables: dict[str, str] = {}

    def workflow(self, name: str, sha: str) -> Workflow:
        """The workflow of this file name at a commit.

        Raises:
            DispatchError: GitHub's 404 when there is none, 422 when it does not parse.
        """
        path = f"{WORKFLOWS}/{name}"
        text = self.origin.read_file(sha, path)
        if text is None:
            raise DispatchError(f"Not Found: no workflow {name} at {sha[:12]}", status=404)
        try:
            return parse_workflow(path, text)
        except ConfigError as error:
            raise DispatchError(error.message, hint=error.hint) from error

    def dispatch(self, name: str, *, ref: str, inputs: Mapping[str, Any], actor: str) -> RunRequest:
        """Accept a `workflow_dispatch`, or refuse it as GitHub would.

        Raises:
            DispatchError: with GitHub's status; nothing has run.
        """
        resolved = self.origin.resolve(ref)
        # GitHub knows a workflow by its file on the default branch, and runs the one at the ref.
        self.workflow(name, self.origin.head())
        workflow = self.workflow(name, resolved.sha)
        values = validate_inputs(workflow, inputs)
        event = dispatch_event(
            workflow,
            inputs=values,
            ref=resolved.full,
            repository=self.repository,
            default_branch=self.origin.default_branch,
            sender=actor,
        )
        return self._request(
            workflow,
            event_name="workflow_dispatch",
            event=event,
            ref=resolved.full,
            sha=resolved.sha,
            actor=actor,
            inputs=values,
        )

    def dispatch_later(
        self, name: str, *, ref: str, inputs: Mapping[str, Any], actor: str
    ) -> RunRequest:
        """Like `dispatch`, for a run's own call: the new run waits until a runner is free."""
        run = self.dispatch(name, ref=ref, inputs=inputs, actor=actor)
        self.waiting.append(run)
        return run

    def pushed(self, tag: str, *, actor: str) -> list[RunRequest]:
        """Queue the runs that the push of a tag starts, by the workflow files at that tag.

        https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#push

        Raises:
            DispatchError: there is no such tag.
        """
        resolved = self.origin.resolve(f"refs/tags/{tag}")
        event = {
            "ref": resolved.full,
            "before": "0" * 40,
            "after": resolved.sha,
            "created": True,
            "deleted": False,
            "forced": False,
            "head_commit": {"id": resolved.sha},
            "pusher": {"name": actor},
            **common(
                repository=self.repository,
                default_branch=self.origin.default_branch,
                sender=actor,
            ),
        }
        queued = [
            self._request(
                workflow,
                event_name="push",
                event=event,
                ref=resolved.full,
                sha=resolved.sha,
                actor=actor,
                inputs={},
            )
            for workflow in self._workflows(resolved.sha)
            if workflow.push is not None and workflow.push.takes_tag(tag)
        ]
        self.waiting.extend(queued)
        return queued

    def completed(self, run: RunRequest, conclusion: str) -> None:
        """Queue the runs that the end of this one starts (`on: workflow_run`).

        They use the workflow files of the default branch, as GitHub does; a file that GitHub cannot
        use starts nothing, and keeps no other from starting.
        """
        depth = self._chain.get(run.id, 0)
        if depth >= LONGEST_CHAIN:
            return
        head = self.origin.head()
        for follower in self._workflows(head):
            if not _follows(follower, run):
                continue
            try:
                queued = self._request(
                    follower,
                    event_name="workflow_run",
                    event=self._workflow_run_event(run, conclusion),
                    ref=f"refs/heads/{self.origin.default_branch}",
                    sha=head,
                    actor=run.actor,
                    inputs={},
                )
            except DispatchError:
                continue
            self._chain[queued.id] = depth + 1
            self.waiting.append(queued)

    def _workflows(self, sha: str) -> Iterator[Workflow]:
        """The workflows at a commit, without the files that GitHub could not use."""
        for path in self.origin.files(sha, WORKFLOWS):
            if path.endswith((".yml", ".yaml")):
                try:
                    yield parse_workflow(path, self.origin.read_file(sha, path) or "")
                except ConfigError:
                    continue

    def _workflow_run_event(self, run: RunRequest, conclusion: str) -> dict[str, Any]:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run ."""
        return {
            "action": "completed",
            "workflow": {"name": run.workflow.name, "path": run.workflow.file},
            "workflow_run": {
                "id": run.id,
                "name": run.workflow.name,
                "path": run.workflow.file,
                "event": run.event_name,
                "status": "completed",
                "conclusion": conclusion,
                "head_branch": run.ref_name,
                "head_sha": run.sha,
                "display_title": run.title,
                "run_attempt": run.attempt,
                "actor": {"login": run.actor},
                "triggering_actor": {"login": run.actor},
            },
            **common(
                repository=self.repository,
                default_branch=self.origin.default_branch,
                sender=run.actor,
            ),
        }

    def _request(
        self,
        workflow: Workflow,
        *,
        event_name: str,
        event: Mapping[str, Any],
        ref: str,
        sha: str,
        actor: str,
        inputs: Mapping[str, str],
    ) -> RunRequest:
        name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        github = {
            "actor": actor,
            "event": event,
            "event_name": event_name,
            "ref": ref,
            "ref_name": name,
            "repository": self.repository,
            "sha": sha,
            "workflow": workflow.name,
        }
        typed = {
            name: value == "true" if workflow.inputs[name].type == "boolean" else value
            for name, value in inputs.items()
        }
        context = {"github": github, "inputs": typed, "vars": self.variables}
        try:
            title = interpolate(workflow.run_name, context)
        except ExpressionError as error:
            raise DispatchError(f"run-name: {error.message}", hint=error.hint) from error
        return RunRequest(
            id=self._new_id(),
            attempt=1,
            workflow=workflow,
            event_name=event_name,
            event=event,
            ref=ref,
            sha=sha,
            actor=actor,
            repository=self.repository,
            title=title or workflow.name,
            inputs=dict(inputs),
        )


def _follows(follower: Workflow, run: RunRequest) -> bool:
    trigger = follower.workflow_run
    if trigger is None or run.workflow.name not in trigger.workflows:
        return False
    if trigger.types and "completed" not in trigger.types:
        return False
    if trigger.branches:
        return matches(run.ref_name, trigger.branches)
    return not matches(run.ref_name, trigger.branches_ignore)
