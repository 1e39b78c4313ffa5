"""Which workflows an event starts.

https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from harness.github.dispatch import common
from harness.github.filters import matches
from harness.github.runs import Run
from harness.github.workflow import RunTrigger, Workflow

#: How many `workflow_run` events may follow one another: GitHub allows no more than three levels.
#: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run
LONGEST_CHAIN = 3
#: Where no types are named, any counts.
_TYPES = ("requested", "in_progress", "completed")
_ZERO = "0" * 40


def follows(workflow: Workflow, run: Run, action: str) -> bool:
    """Whether a run that was `requested`, is `in_progress` or `completed` starts this workflow.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run
    """
    trigger: RunTrigger | None = workflow.workflow_run
    if trigger is None or run.name not in trigger.workflows:
        return False
    if action not in (trigger.types or _TYPES):
        return False
    if trigger.branches:
        return matches(run.ref_name, trigger.branches)
    return not matches(run.ref_name, trigger.branches_ignore)


def workflow_run_event(run: Run, action: str, *, default_branch: str) -> dict[str, Any]:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run ."""
    return {
        "action": action,
        "workflow": {"name": run.name, "path": run.workflow},
        "workflow_run": {
            "id": run.id,
            "name": run.name,
            "path": run.workflow,
            "event": run.event_name,
            "status": run.status,
            "conclusion": run.conclusion,
            "head_branch": run.ref_name,
            "head_sha": run.sha,
            "display_title": run.title,
            "run_number": run.number,
            "run_attempt": run.attempt,
            "created_at": run.created_at,
            "updated_at": run.updated_at,
            "actor": {"login": run.actor},
            "triggering_actor": {"login": run.triggering_actor},
        },
        **common(repository=run.repository, default_branch=default_branch, sender=run.actor),
    }


def takes_dispatch(workflow: Workflow, event_type: str) -> bool:
    """Whether a `repository_dispatch` of this type starts a workflow.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#repository_dispatch
    """
    if "repository_dispatch" not in workflow.triggers:
        return False
    return not workflow.dispatch_types or event_type in workflow.dispatch_types


def push_event(
    ref: str, before: str, after: str, *, repository: str, default_branch: str, pusher: str
) -> dict[str, Any]:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#push ."""
    return {
        "ref": ref,
        "before": before or _ZERO,
        "after": after or _ZERO,
        "created": not before,
        "deleted": not after,
        "forced": False,
        "head_commit": {"id": after} if after else None,
        "pusher": {"name": pusher},
        **common(repository=repository, default_branch=default_branch, sender=pusher),
    }


def takes_push(workflow: Workflow, ref: str, changed: Collection[str] | None) -> bool:
    """Whether the push of a branch or a tag starts a workflow."""
    return workflow.push is not None and workflow.push.takes(ref, changed)
