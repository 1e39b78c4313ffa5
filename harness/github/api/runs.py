"""Runs: https://docs.github.com/en/rest/actions/workflow-runs ."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Asked, Desk, Handler, cannot, repository
from harness.github.api.pages import found_page
from harness.github.api.run_shapes import told_run
from harness.github.api.shapes import repository_in_short
from harness.github.runs import Run
from harness.github.workflow import workflow_id

ONE = "/actions/runs/{run:int}"
#: What `status` may be; GitHub takes conclusions for it as well.
CONCLUSIONS = frozenset(
    {"success", "failure", "cancelled", "skipped", "startup_failure", "timed_out", "neutral"}
    | {"action_required", "stale"}
)
STATUSES = frozenset({"queued", "in_progress", "completed", "requested", "waiting", "pending"})


def routes(desk: Desk) -> list[Route]:
    """What can be asked of runs."""

    def act(path: str, handler: Handler) -> Route:
        return repository(desk, f"{ONE}{path}", handler, needs="actions:write", methods=["POST"])

    return [
        repository(desk, "/actions/runs", list_runs, needs="actions:read"),
        repository(
            desk, "/actions/workflows/{workflow}/runs", list_runs_of_workflow, needs="actions:read"
        ),
        repository(desk, ONE, get_run, needs="actions:read"),
        repository(desk, f"{ONE}/attempts/{{attempt:int}}", get_attempt, needs="actions:read"),
        repository(desk, ONE, delete_run, needs="actions:write", methods=["DELETE"]),
        act("/cancel", cancel),
        act("/force-cancel", force_cancel),
        act("/rerun", rerun),
        act("/rerun-failed-jobs", rerun_failed_jobs),
        repository(
            desk,
            "/actions/jobs/{job:int}/rerun",
            rerun_job,
            needs="actions:write",
            methods=["POST"],
        ),
    ]


def list_runs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository ."""
    return _list(asked)


def list_runs_of_workflow(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow ."""
    name, archive = asked.text("workflow"), asked.control.archive
    # A workflow that is on no branch any more still has the runs that it had.
    had = [file for file in archive.workflow_files() if name == str(workflow_id(file))]
    file = had[0] if had else asked.control.workflow(name).file
    return _list(asked, workflow=file)


def get_run(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run ."""
    return JSONResponse(told_run(asked, run_of(asked)))


def get_attempt(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run-attempt ."""
    return JSONResponse(told_run(asked, attempt_of(asked)))


def delete_run(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#delete-a-workflow-run ."""
    raise cannot("delete a run: what happened stays written down")


def cancel(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#cancel-a-workflow-run ."""
    asked.control.cancel(run_of(asked), cause=f"The run was canceled by @{asked.handle}.")
    return JSONResponse({}, 202)


def force_cancel(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#force-cancel-a-workflow-run ."""
    cause = f"The run was canceled by @{asked.handle}."
    asked.control.cancel(run_of(asked), cause=cause, force=True)
    return JSONResponse({}, 202)


def rerun(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#re-run-a-workflow ."""
    return _again(asked, run_of(asked))


def rerun_failed_jobs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#re-run-failed-jobs-from-a-workflow-run ."""
    return _again(asked, run_of(asked), failed_only=True)


def rerun_job(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#re-run-a-job-from-a-workflow-run ."""
    job = asked.control.job(asked.number("job"))
    return _again(asked, asked.control.run(job.run), job=job.id)


def run_of(asked: Asked) -> Run:
    """The run that the path names.

    Raises:
        DispatchError: GitHub's 404.
    """
    return asked.control.run(asked.number("run"))


def attempt_of(asked: Asked) -> Run:
    """The run that the path names as it was at the attempt that the path names.

    Raises:
        DispatchError: GitHub's 404.
    """
    run, attempt = run_of(asked), asked.number("attempt")
    if attempt == run.attempt:
        return run
    found = asked.control.archive.attempt(run, attempt)
    if found is None:
        raise DispatchError("Not Found", status=404)
    return found


def _again(asked: Asked, run: Run, **how: Any) -> Response:
    if asked.given("enable_debug_logging", bool, default=False):
        raise cannot("turn debug logging on for a run")
    asked.control.rerun(run, actor=asked.handle, **how)
    return JSONResponse({}, 201)


def _list(asked: Asked, **wanted: Any) -> Response:
    for parameter, column in (("branch", "branch"), ("event", "event"), ("head_sha", "head")):
        if value := asked.query(parameter):
            wanted[column] = value
    if actor := asked.query("actor"):
        wanted["actor"] = actor.lower()
    if status := asked.query("status"):
        if status in CONCLUSIONS:
            wanted["conclusion"] = status
        elif status in STATUSES:
            wanted["status"] = status
        else:
            return _none()
    if asked.query("check_suite_id"):
        raise cannot("list runs by their check suite")
    archive = asked.control.archive
    where = _created(asked.query("created"))
    short = repository_in_short(asked)

    def find(limit: int, offset: int) -> list[dict[str, Any]]:
        runs = archive.runs.find(
            newest_first=True, limit=limit, offset=offset, where=where, **wanted
        )
        return [told_run(asked, run, repository=short) for run in runs]

    return found_page(
        asked, archive.runs.count(where=where, **wanted), find, within="workflow_runs"
    )


def _none() -> Response:
    return JSONResponse({"total_count": 0, "workflow_runs": []})


def _created(asked: str) -> tuple[tuple[str, str, str], ...]:
    """Conditions on when runs were created, of GitHub's syntax for dates.

    https://docs.github.com/en/search-github/getting-started-with-searching-on-github/understanding-the-search-syntax#query-for-dates
    """
    if not asked:
        return ()
    first, dots, last = asked.partition("..")
    if dots:
        lower = ((("created", ">=", first)),) if first != "*" else ()
        upper = ((("created", "<=", _to_its_end(last))),) if last != "*" else ()
        return (*lower, *upper)
    for sign in (">=", "<=", ">", "<"):
        if asked.startswith(sign):
            day = asked.removeprefix(sign)
            whole = _to_its_end(day) if sign in {">", "<="} else day
            return (("created", sign, whole),)
    return (("created", ">=", asked), ("created", "<=", _to_its_end(asked)))


def _to_its_end(time: str) -> str:
    """The last that still belongs to a day or a second; times are compared as text."""
    return f"{time.removesuffix('Z')}~"
