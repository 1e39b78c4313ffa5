"""Jobs of runs, what they said, and who let them go.

https://docs.github.com/en/rest/actions/workflow-jobs
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Asked, Desk, repository
from harness.github.api.pages import listed
from harness.github.api.run_shapes import shown, told_job
from harness.github.api.runs import ONE, attempt_of, run_of
from harness.github.attention import read_log
from harness.github.runs import Job, Run

#: GitHub's words for the levels of annotations.
_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}


def routes(desk: Desk) -> list[Route]:
    """What can be asked of jobs."""
    attempt = f"{ONE}/attempts/{{attempt:int}}/jobs"
    return [
        repository(desk, f"{ONE}/jobs", list_jobs, needs="actions:read"),
        repository(desk, attempt, list_jobs_of_attempt, needs="actions:read"),
        repository(desk, "/actions/jobs/{job:int}", get_job, needs="actions:read"),
        repository(
            desk, "/check-runs/{job:int}/annotations", list_annotations, needs="checks:read"
        ),
    ]


def list_jobs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run ."""
    run, archive = run_of(asked), asked.control.archive
    if asked.query("filter") != "all":
        return _listed(asked, run, archive.jobs_of(run))
    jobs = archive.jobs.find(run=run.id)
    attempts = range(run.attempt, 0, -1)
    return _listed(
        asked, run, [job for attempt in attempts for job in jobs if job.attempt == attempt]
    )


def list_jobs_of_attempt(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run-attempt ."""
    run = attempt_of(asked)
    return _listed(asked, run, asked.control.archive.jobs_of(run))


def get_job(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run ."""
    run, job = job_of(asked)
    return JSONResponse(told_job(asked, run, job))


def list_annotations(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/checks/runs#list-check-run-annotations ."""
    run, job = job_of(asked)
    found: list[dict[str, Any]] = [
        {
            "path": ".github",
            "blob_href": asked.page(f"/blob/{run.sha}/.github"),
            "start_line": 1,
            "end_line": 1,
            "start_column": None,
            "end_column": None,
            "annotation_level": _LEVELS[line.level],
            "title": "",
            "message": line.text,
            "raw_details": None,
        }
        for line in read_log(asked.control.archive.directory, job)
        if line.level in _LEVELS
    ]
    return listed(asked, found)


def job_of(asked: Asked) -> tuple[Run, Job]:
    """The job that the path names, and its run at the job's attempt.

    Raises:
        DispatchError: GitHub's 404.
    """
    job = asked.control.job(asked.number("job"))
    run = asked.control.run(job.run)
    if job.attempt != run.attempt:
        earlier = asked.control.archive.attempt(run, job.attempt)
        if earlier is None:
            raise DispatchError("Not Found", status=404)
        run = earlier
    return run, job


def _listed(asked: Asked, run: Run, jobs: list[Job]) -> Response:
    found = [told_job(asked, run, job) for job in shown(jobs)]
    return listed(asked, found, within="jobs")
