"""Runs as they are asked for: what a workflow, an event and somebody become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.errors import DispatchError
from harness.github.contexts import github_context
from harness.github.dispatch import common
from harness.github.expressions import ExpressionError, interpolate
from harness.github.runs import Run
from harness.github.workflow import Workflow

if TYPE_CHECKING:
    from harness.github.control import ControlPlane

#: Of the runs that a run's own doing starts, in a drill.
PIPELINE = "pipeline"


def request(
    control: ControlPlane,
    workflow: Workflow,
    *,
    event_name: str,
    event: Mapping[str, Any],
    ref: str,
    sha: str,
    actor: str,
    inputs: Mapping[str, str] | None = None,
    role: str = "",
    by: Run | None = None,
    depth: int = 0,
) -> Run:
    """A run as it is asked for, not begun.

    Raises:
        DispatchError: its `run-name` cannot be worked out.
    """
    run = Run(
        id=control.new_id(),
        number=control.archive.store.next_number(f"runs of {workflow.file}"),
        repository=control.repository,
        workflow=workflow.file,
        name=workflow.name,
        title=workflow.name,
        event_name=event_name,
        event=event,
        ref=ref,
        sha=sha,
        actor=actor,
        triggering_actor=actor,
        inputs=dict(inputs or {}),
        by_run=by.id if by else 0,
        depth=depth,
        role=role or (follower_role(by.role) if by else ""),
    )
    typed = {
        name: value == "true" if workflow.inputs[name].type == "boolean" else value
        for name, value in run.inputs.items()
    }
    context = {
        "github": github_context(run, default_branch=control.origin.default_branch),
        "inputs": typed,
        "vars": control.vault.variables(""),
    }
    try:
        title = interpolate(workflow.run_name, context)
    except ExpressionError as error:
        raise DispatchError(f"run-name: {error.message}", hint=error.hint) from error
    return replace(run, title=title or _title(run, event) or workflow.name)


def on_default_branch(
    control: ControlPlane,
    takes: Callable[[Workflow], bool],
    event_name: str,
    event: Mapping[str, Any],
    *,
    actor: str,
    by: Run | None = None,
    depth: int = 0,
) -> list[Run]:
    """Begin a run of every workflow of the default branch that takes an event.

    Args:
        control: whose workflows.
        takes: whether a workflow does.
        event_name: the event's.
        event: its payload, without what every payload carries.
        actor: who caused it.
        by: the run that caused it, when one did.
        depth: how many `workflow_run` events came before.
    """
    branch, head = control.origin.default_branch, control.origin.head()
    whole = {
        **common(repository=control.repository, default_branch=branch, sender=actor),
        **event,
    }
    begun = []
    for workflow in control.library.every(head):
        if not takes(workflow):
            continue
        try:
            run = request(
                control,
                workflow,
                event_name=event_name,
                event=whole,
                ref=f"refs/heads/{branch}",
                sha=head,
                actor=actor,
                by=by,
                depth=depth,
            )
        except DispatchError:
            continue
        begun.append(control.begin(run))
    return begun


def follower_role(role: str) -> str:
    """What a run is for that another run started."""
    return PIPELINE if role in {"response", PIPELINE} else role


def _title(run: Run, event: Mapping[str, Any]) -> str:
    """What GitHub shows where a workflow says no `run-name`."""
    message = (
        (event.get("head_commit") or {}).get("message", "") if run.event_name == "push" else ""
    )
    return str(message).partition("\n")[0]
