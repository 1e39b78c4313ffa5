"""What expressions see where GitHub itself evaluates them, before a runner has the job.

https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from harness.github.projection import Need
from harness.github.runs import Job, Run

#: From the worst to the best, of the legs of one job.
_RANK = ("failure", "cancelled", "success", "skipped")


def github_context(run: Run, *, default_branch: str) -> dict[str, Any]:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context ."""
    owner, _ = run.repository.split("/", 1)
    return {
        "actor": run.actor,
        "base_ref": "",
        "event": run.event,
        "event_name": run.event_name,
        "head_ref": "",
        "ref": run.ref,
        "ref_name": run.ref_name,
        "ref_protected": run.ref == f"refs/heads/{default_branch}",
        "ref_type": "tag" if run.ref.startswith("refs/tags/") else "branch",
        "repository": run.repository,
        "repository_owner": owner,
        "run_attempt": str(run.attempt),
        "run_id": run.key,
        "run_number": str(run.number),
        "server_url": "https://github.com",
        "sha": run.sha,
        "triggering_actor": run.triggering_actor,
        "workflow": run.name,
        "workflow_ref": f"{run.repository}/{run.workflow}@{run.ref}",
        "workflow_sha": run.sha,
    }


def need_of(legs: Sequence[Job]) -> Need:
    """What the jobs after it see of a job, all its legs taken together.

    Of legs that set the same output the last one to end counts, unless it is empty. A failure that
    `continue-on-error` forgives counts as a success.
    https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#needs-context
    """
    results = {
        "success" if leg.conclusion == "failure" and not leg.blamed else str(leg.conclusion)
        for leg in legs
    }
    outputs: dict[str, str] = {}
    for leg in sorted(legs, key=lambda one: one.completed_at):
        outputs |= {name: text for name, text in leg.outputs.items() if text or name not in outputs}
    return Need(next((rank for rank in _RANK if rank in results), "failure"), outputs)


def needs_context(needs: Mapping[str, Need]) -> dict[str, Any]:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#needs-context ."""
    return {
        name: {"result": need.result, "outputs": dict(need.outputs)} for name, need in needs.items()
    }


def status_of(before: Collection[str], *, cancelled: bool) -> Mapping[str, Callable[[], bool]]:
    """The status functions of a job's `if`.

    Args:
        before: the results of the jobs that it needs, and of those that they need.
        cancelled: whether the run was.
    """
    return {
        "success": lambda: not cancelled and set(before) <= {"success"},
        "failure": lambda: not cancelled and "failure" in before,
        "cancelled": lambda: cancelled,
        "always": lambda: True,
    }
