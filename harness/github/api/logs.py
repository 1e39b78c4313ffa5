"""What jobs wrote: https://docs.github.com/en/rest/actions/workflow-runs#download-workflow-run-logs .

GitHub answers with the address of a file, which is good for a minute and needs no token.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import zipfile
from collections.abc import Callable, Iterable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Asked, Desk, cannot, refusal, repository
from harness.github.api.jobs import job_of
from harness.github.api.run_shapes import shown
from harness.github.api.runs import ONE, attempt_of, run_of
from harness.github.attention import Line, read_log
from harness.github.runs import Run

#: Seconds for which a file can be fetched.
GOOD_FOR = 60
#: Where the files are.
PLACE = "/signed"
#: What GitHub leaves out of names in the archive, and where it cuts them.
_UNFIT, _LONGEST = re.compile(r'[/\\:<>|*?"]'), 90


def routes(desk: Desk) -> list[Route]:
    """Logs of runs and of jobs, and of whoever was given their address."""
    attempt = f"{ONE}/attempts/{{attempt:int}}/logs"
    return [
        repository(desk, f"{ONE}/logs", run_logs, needs="actions:read"),
        repository(desk, f"{ONE}/logs", delete_logs, needs="actions:write", methods=["DELETE"]),
        repository(desk, attempt, attempt_logs, needs="actions:read"),
        repository(desk, "/actions/jobs/{job:int}/logs", job_logs, needs="actions:read"),
    ]


def files(desk: Desk) -> list[Route]:
    """The files themselves, for whoever has an address that is still good."""

    def guarded(make: Callable[[Desk, Request], Response]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            given = request.query_params
            until, seal = given.get("until", ""), given.get("seal", "")
            if not (
                until.isdecimal()
                and hmac.compare_digest(_seal(desk, request.url.path, until), seal)
                and desk.clock.now().timestamp() <= int(until)
            ):
                return refusal(403, "Server failed to authenticate the request.")
            return make(desk, request)

        return answer

    return [
        Route(f"{PLACE}/runs/{{run:int}}/{{attempt:int}}.zip", guarded(_archive)),
        Route(f"{PLACE}/jobs/{{job:int}}.txt", guarded(_text)),
        Route(f"{PLACE}/artifacts/{{artifact:int}}.zip", guarded(_artifact)),
    ]


def signed(asked: Asked, path: str) -> Response:
    """Sends the asker to where a file is."""
    until = str(int(asked.desk.clock.now().timestamp()) + GOOD_FOR)
    seal = _seal(asked.desk, f"{PLACE}{path}", until)
    return RedirectResponse(f"{asked.root}{PLACE}{path}?until={until}&seal={seal}", 302)


def run_logs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#download-workflow-run-logs ."""
    return _of_run(asked, run_of(asked))


def attempt_logs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#download-workflow-run-attempt-logs ."""
    return _of_run(asked, attempt_of(asked))


def job_logs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run ."""
    _, job = job_of(asked)
    if not job.over:
        raise DispatchError("Not Found", status=404)
    return signed(asked, f"/jobs/{job.id}.txt")


def delete_logs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflow-runs#delete-workflow-run-logs ."""
    raise cannot("delete logs: what happened stays written down")


def _of_run(asked: Asked, run: Run) -> Response:
    # As GitHub: there is nothing to fetch before the run is over.
    if not run.over:
        raise DispatchError("Not Found", status=404)
    return signed(asked, f"/runs/{run.id}/{run.attempt}.zip")


def _archive(desk: Desk, request: Request) -> Response:
    archive = desk.control.archive
    number, attempt = request.path_params["run"], request.path_params["attempt"]
    jobs = shown(archive.jobs.find(run=number, attempt=attempt))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target:
        for place, job in enumerate(jobs):
            lines = list(read_log(archive.directory, job))
            name = _fit(job.name)
            target.writestr(f"{place}_{name}.txt", _told(lines))
            for step in job.steps:
                own = [line for line in lines if line.step == step.number]
                target.writestr(f"{name}/{step.number}_{_fit(step.name)}.txt", _told(own))
    return Response(whole.getvalue(), media_type="application/zip")


def _text(desk: Desk, request: Request) -> Response:
    job = desk.control.archive.jobs.get(request.path_params["job"])
    lines: Iterable[Line] = read_log(desk.control.archive.directory, job) if job else ()
    return Response(_told(lines), media_type="text/plain; charset=utf-8")


def _artifact(desk: Desk, request: Request) -> Response:
    found = desk.kept.numbered(request.path_params["artifact"])
    if found is None:
        return refusal(404, "Not Found")
    return Response(desk.kept.content(found), media_type="application/zip")


def _told(lines: Iterable[Line]) -> str:
    """As in GitHub's files: the time to a ten-millionth of a second, and marks for what stands out."""
    told = []
    for line in lines:
        mark = f"##[{line.level}]" if line.level in {"error", "warning", "notice"} else ""
        told.append(f"{line.at.removesuffix('Z').ljust(27, '0')}Z {mark}{line.text}\n")
    return "".join(told)


def _fit(name: str) -> str:
    return _UNFIT.sub("", name)[:_LONGEST]


def _seal(desk: Desk, path: str, until: str) -> str:
    return hmac.new(desk.issuer.seal, f"{path} {until}".encode(), hashlib.sha256).hexdigest()
