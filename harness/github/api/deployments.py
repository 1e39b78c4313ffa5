"""Deployments and where they are: https://docs.github.com/en/rest/deployments/deployments .

A job with an `environment` makes one; a workflow may make others itself.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Asked, Desk, cannot, repository
from harness.github.api.pages import found_page, listed
from harness.github.api.shapes import node_id, user
from harness.github.archive import Deployment, DeploymentStatus
from harness.github.git import git
from harness.github.ledger import STATES

ONE = "/deployments/{deployment:int}"
STATUSES = f"{ONE}/statuses"
_LONGEST = 140


def routes(desk: Desk) -> list[Route]:
    """What can be asked of deployments."""
    write = "deployments:write"
    return [
        repository(desk, "/deployments", list_deployments, needs="deployments:read"),
        repository(desk, "/deployments", create_deployment, needs=write, methods=["POST"]),
        repository(desk, ONE, get_deployment, needs="deployments:read"),
        repository(desk, ONE, delete_deployment, needs=write, methods=["DELETE"]),
        repository(desk, STATUSES, list_statuses, needs="deployments:read"),
        repository(desk, STATUSES, create_status, needs=write, methods=["POST"]),
        repository(desk, f"{STATUSES}/{{status:int}}", get_status, needs="deployments:read"),
    ]


def list_deployments(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/deployments#list-deployments ."""
    wanted: dict[str, Any] = {}
    for parameter, column in (("sha", "head"), ("ref", "ref"), ("task", "task")):
        value = asked.query(parameter)
        if value and value != "none":
            wanted[column] = value
    if environment := asked.query("environment"):
        wanted["environment"] = environment.lower()
    table = asked.control.archive.deployments

    def find(limit: int, offset: int) -> list[dict[str, Any]]:
        found = table.find(newest_first=True, limit=limit, offset=offset, **wanted)
        return [told_deployment(asked, one) for one in found]

    return found_page(asked, table.count(**wanted), find)


def get_deployment(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/deployments#get-a-deployment ."""
    return JSONResponse(told_deployment(asked, _of(asked)))


def create_deployment(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/deployments#create-a-deployment ."""
    control, ref = asked.control, asked.given("ref", str)
    sha = git(control.origin.path, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if asked.body().get("required_contexts"):
        raise cannot("wait for commit statuses before a deployment")
    payload = asked.body().get("payload") or {}
    with control.changing():
        made = control.ledger.create(
            environment=asked.given("environment", str, default="production"),
            ref=ref,
            sha=sha,
            creator=asked.handle,
            now=control.scheduler.now(),
            run=asked.asker.run.id if asked.asker.run else 0,
            task=asked.given("task", str, default="deploy"),
            description=asked.given("description", str, default="")[:_LONGEST],
            payload=payload if isinstance(payload, dict | str) else {},
        )
    return JSONResponse(told_deployment(asked, made), 201)


def delete_deployment(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/deployments#delete-a-deployment ."""
    raise cannot("delete a deployment: what happened stays written down")


def list_statuses(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/statuses#list-deployment-statuses ."""
    deployment = _of(asked)
    newest_first = reversed(deployment.statuses)
    return listed(asked, [_told_status(asked, deployment, one) for one in newest_first])


def get_status(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/statuses#get-a-deployment-status ."""
    deployment = _of(asked)
    for status in deployment.statuses:
        if status.id == asked.number("status"):
            return JSONResponse(_told_status(asked, deployment, status))
    raise DispatchError("Not Found", status=404)


def create_status(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status ."""
    control, state = asked.control, asked.given("state", str)
    if state not in STATES:
        allowed = ", ".join(f'"{one}"' for one in STATES)
        raise DispatchError(f"Invalid request.\n\n{state} is not a member of [{allowed}].")
    log_url = asked.given("log_url", str, default="") or asked.given("target_url", str, default="")
    with control.changing():
        status = control.ledger.add_status(
            _of(asked),
            state,
            creator=asked.handle,
            now=control.scheduler.now(),
            description=asked.given("description", str, default="")[:_LONGEST],
            environment_url=asked.given("environment_url", str, default=""),
            log_url=log_url,
        )
    return JSONResponse(_told_status(asked, _of(asked), status), 201)


def told_deployment(asked: Asked, one: Deployment) -> dict[str, Any]:
    """What GitHub says of a deployment."""
    url = asked.url(f"/deployments/{one.id}")
    return {
        "url": url,
        "id": one.id,
        "node_id": node_id("Deployment", one.id),
        "sha": one.sha,
        "ref": one.ref,
        "task": one.task,
        "payload": one.payload,
        "original_environment": one.environment,
        "environment": one.environment,
        "description": one.description or None,
        "creator": user(asked, one.creator),
        "created_at": _second(one.at),
        "updated_at": _second(one.statuses[-1].at if one.statuses else one.at),
        "statuses_url": f"{url}/statuses",
        "repository_url": asked.url(),
        "transient_environment": False,
        "production_environment": one.environment.lower() == "production",
    }


def _told_status(asked: Asked, deployment: Deployment, one: DeploymentStatus) -> dict[str, Any]:
    url = asked.url(f"/deployments/{deployment.id}")
    log_url = one.log_url
    if not log_url and deployment.job:
        log_url = asked.page(f"/actions/runs/{deployment.run}/job/{deployment.job}")
    return {
        "url": f"{url}/statuses/{one.id}",
        "id": one.id,
        "node_id": node_id("DeploymentStatus", one.id),
        "state": one.state,
        "creator": user(asked, one.creator),
        "description": one.description,
        "environment": deployment.environment,
        "target_url": log_url,
        "created_at": _second(one.at),
        "updated_at": _second(one.at),
        "deployment_url": url,
        "repository_url": asked.url(),
        "environment_url": one.environment_url,
        "log_url": log_url,
    }


def _of(asked: Asked) -> Deployment:
    return asked.control.ledger.get(asked.number("deployment"))


def _second(time: str) -> str:
    return f"{time[:19]}Z"
