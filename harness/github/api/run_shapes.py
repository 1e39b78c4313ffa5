"""What GitHub says of runs, jobs and the commits that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.github.api.desk import Asked
from harness.github.api.shapes import node_id, repository_in_short, stamp, user
from harness.github.git import git
from harness.github.numbers import number_of
from harness.github.runs import Job, Run, Step
from harness.github.workflow import workflow_id


def told_run(asked: Asked, run: Run, *, repository: dict[str, Any] | None = None) -> dict[str, Any]:
    """https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run .

    `repository` is what is said of the repository, where it is said of several runs.
    """
    url = asked.url(f"/actions/runs/{run.id}")
    suite = number_of(f"suite {run.id}")
    repository = repository or repository_in_short(asked)
    commit = commit_in_short(asked.control.origin.path, run.sha)
    branch = run.ref_name
    earlier = f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WorkflowRun", run.id),
        "head_branch": branch,
        "head_sha": run.sha,
        "path": run.workflow,
        "display_title": run.title,
        "run_number": run.number,
        "event": run.event_name,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": workflow_id(run.workflow),
        "check_suite_id": suite,
        "check_suite_node_id": node_id("CheckSuite", suite),
        "url": url,
        "html_url": asked.page(f"/actions/runs/{run.id}"),
        "pull_requests": [],
        "created_at": _second(run.created_at),
        "updated_at": _second(run.updated_at),
        "actor": user(asked, run.actor),
        "run_attempt": run.attempt,
        "referenced_workflows": [],
        "run_started_at": _second(run.started_at),
        "triggering_actor": user(asked, run.triggering_actor),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": asked.url(f"/check-suites/{suite}"),
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": earlier,
        "workflow_url": asked.url(f"/actions/workflows/{workflow_id(run.workflow)}"),
        "head_commit": commit,
        "repository": repository,
        "head_repository": repository,
    }


def told_job(asked: Asked, run: Run, job: Job) -> dict[str, Any]:
    """https://docs.github.com/en/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run ."""
    created = job.created_at or run.created_at
    runner = job.runner or None
    return {
        "id": job.id,
        "run_id": run.id,
        "run_url": asked.url(f"/actions/runs/{run.id}"),
        "run_attempt": job.attempt,
        "node_id": node_id("CheckRun", job.id),
        "head_sha": run.sha,
        "head_branch": run.ref_name,
        "workflow_name": run.name,
        "url": asked.url(f"/actions/jobs/{job.id}"),
        "html_url": asked.page(f"/actions/runs/{run.id}/job/{job.id}"),
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": _second(created),
        "started_at": _second(job.started_at or created),
        "completed_at": _second(job.completed_at),
        "name": job.name,
        "steps": [_step(step) for step in job.steps],
        "check_run_url": asked.url(f"/check-runs/{job.id}"),
        "labels": list(job.labels),
        "runner_id": number_of(runner) if runner else None,
        "runner_name": runner,
        "runner_group_id": 1 if runner else None,
        "runner_group_name": "Default" if runner else None,
    }


def shown(jobs: Sequence[Job]) -> list[Job]:
    """The jobs that GitHub shows: one that calls a workflow, only where nothing of that came to be."""
    paths = [job.path for job in jobs]
    return [
        job
        for job in jobs
        if not (job.calls and any(path.startswith(f"{job.path}/") for path in paths))
    ]


@lru_cache(maxsize=4096)
def commit_in_short(path: Path, sha: str) -> dict[str, Any]:
    """What is said of a commit in passing."""
    told = git(
        path, "show", "--no-patch", "--format=%T%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%B", sha
    )
    tree, author, email, committer, committer_email, at, message = told.split("\0", 6)
    return {
        "id": sha,
        "tree_id": tree,
        "message": message.rstrip("\n"),
        "timestamp": stamp(int(at)),
        "author": {"name": author, "email": email},
        "committer": {"name": committer, "email": committer_email},
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "status": step.status,
        "conclusion": step.conclusion,
        "number": step.number,
        "started_at": step.started_at or None,
        "completed_at": step.completed_at or None,
    }


def _second(time: str) -> str | None:
    """To the second, as GitHub tells it."""
    return f"{time[:19]}Z" if time else None
