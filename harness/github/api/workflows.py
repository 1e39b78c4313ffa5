"""Workflows, and the events that start them: https://docs.github.com/en/rest/actions/workflows ."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Asked, Desk, cannot, repository
from harness.github.api.pages import listed
from harness.github.api.shapes import began_at, node_id
from harness.github.workflow import Workflow, short_name, workflow_id

ONE = "/actions/workflows/{workflow}"
#: From here on GitHub always tells which run a dispatch has started.
#: https://docs.github.com/en/rest/about-the-rest-api/breaking-changes
TELLS_FROM = "2026-03-10"


def routes(desk: Desk) -> list[Route]:
    """What can be asked of workflows."""
    return [
        repository(desk, "/actions/workflows", list_workflows, needs="actions:read"),
        repository(desk, ONE, get_workflow, needs="actions:read"),
        repository(desk, f"{ONE}/dispatches", dispatch, needs="actions:write", methods=["POST"]),
        repository(desk, f"{ONE}/enable", turn, needs="actions:write", methods=["PUT"]),
        repository(desk, f"{ONE}/disable", turn, needs="actions:write", methods=["PUT"]),
        repository(desk, "/dispatches", dispatch_event, needs="contents:write", methods=["POST"]),
    ]


def list_workflows(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflows#list-repository-workflows ."""
    control = asked.control
    found = [_told(asked, one) for one in control.library.every(control.origin.head())]
    return listed(asked, found, within="workflows")


def get_workflow(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflows#get-a-workflow ."""
    return JSONResponse(_told(asked, asked.control.workflow(asked.text("workflow"))))


def dispatch(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event ."""
    ref, inputs = _wanted(asked)
    body, by = asked.body(), asked.asker.run
    actor = by.actor if by else asked.handle
    with asked.control.changing():
        run = asked.control.dispatch(
            asked.text("workflow"), ref=ref, inputs=inputs, actor=actor, by=by
        )
        if by is None:
            asked.control.told.write(
                "dispatched",
                run=run.key,
                workflow=run.file,
                ref=run.ref,
                sha=run.sha,
                actor=actor,
                inputs=dict(run.inputs),
                role=run.role,
            )
    version = asked.request.headers.get("x-github-api-version", "")
    if version < TELLS_FROM and body.get("return_run_details") is not True:
        return Response(status_code=204)
    return JSONResponse(
        {
            "workflow_run_id": run.id,
            "run_url": asked.url(f"/actions/runs/{run.id}"),
            "html_url": asked.page(f"/actions/runs/{run.id}"),
        }
    )


def dispatch_event(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event ."""
    event_type = asked.given("event_type", str)
    payload = asked.given("client_payload", dict, default={})
    if not 1 <= len(event_type) <= 100:
        raise DispatchError("event_type is too long (maximum is 100 characters)")
    if len(payload) > 10:
        raise DispatchError("client_payload has too many top-level properties (maximum is 10)")
    by = asked.asker.run
    actor = by.actor if by else asked.handle
    asked.control.dispatch_event(event_type, payload, actor=actor, by=by)
    return Response(status_code=204)


def turn(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/workflows#disable-a-workflow ."""
    raise cannot("enable or disable workflows: they are what the default branch holds")


def _wanted(asked: Asked) -> tuple[str, dict[str, Any]]:
    """The ref and the inputs that the body of a dispatch names."""
    if not asked.raw:
        raise DispatchError("Problems parsing JSON", status=400)
    body = asked.body()
    if not isinstance(body.get("ref"), str):
        raise DispatchError('Invalid request.\n\n"ref" wasn\'t supplied.')
    inputs = body.get("inputs")
    if not isinstance(inputs, dict | None):
        said = json.dumps(inputs)
        raise DispatchError(
            f"Invalid request.\n\nFor 'properties/inputs', {said} is not an object."
        )
    return body["ref"], inputs or {}


def _told(asked: Asked, workflow: Workflow) -> dict[str, Any]:
    number, name = workflow_id(workflow.file), short_name(workflow)
    branch = asked.control.origin.default_branch
    # git knows when a file came to be, and asking it for every file takes its time.
    began = began_at(asked.control.origin.path)
    return {
        "id": number,
        "node_id": node_id("Workflow", number),
        "name": workflow.name,
        "path": workflow.file,
        "state": "active",
        "created_at": began,
        "updated_at": began,
        "url": asked.url(f"/actions/workflows/{number}"),
        "html_url": asked.page(f"/blob/{branch}/{workflow.file}"),
        "badge_url": asked.page(f"/workflows/{name}/badge.svg"),
    }
