"""Artifacts by the REST API: https://docs.github.com/en/rest/actions/artifacts ."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Asked, Desk, repository
from harness.github.api.logs import signed
from harness.github.api.pages import listed
from harness.github.api.runs import ONE as RUN
from harness.github.api.runs import run_of
from harness.github.api.shapes import node_id
from harness.github.archive import Artifact
from harness.github.numbers import number_of

ONE = "/actions/artifacts/{artifact:int}"
#: https://docs.github.com/en/organizations/managing-organization-settings/configuring-the-retention-period-for-github-actions-artifacts-and-logs-in-your-organization
RETENTION = timedelta(days=90)


def routes(desk: Desk) -> list[Route]:
    """What can be asked of artifacts."""
    return [
        repository(desk, "/actions/artifacts", list_artifacts, needs="actions:read"),
        repository(desk, f"{RUN}/artifacts", list_artifacts_of_run, needs="actions:read"),
        repository(desk, ONE, get_artifact, needs="actions:read"),
        repository(desk, ONE, delete_artifact, needs="actions:write", methods=["DELETE"]),
        repository(desk, f"{ONE}/zip", download, needs="actions:read"),
    ]


def list_artifacts(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#list-artifacts-for-a-repository ."""
    return _listed(asked, asked.desk.kept.artifacts())


def list_artifacts_of_run(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#list-workflow-run-artifacts ."""
    return _listed(asked, asked.desk.kept.artifacts(run_of(asked).key))


def get_artifact(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#get-an-artifact ."""
    return JSONResponse(_told(asked, _named(asked)))


def delete_artifact(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#delete-an-artifact ."""
    artifact = _named(asked)
    asked.desk.kept.delete_artifact(artifact.run, artifact.name)
    return Response(status_code=204)


def download(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#download-an-artifact ."""
    return signed(asked, f"/artifacts/{_named(asked).id}.zip")


def _named(asked: Asked) -> Artifact:
    found = asked.desk.kept.numbered(asked.number("artifact"))
    if found is None:
        raise DispatchError("Not Found", status=404)
    return found


def _listed(asked: Asked, artifacts: list[Artifact]) -> Response:
    name = asked.query("name")
    found = [_told(asked, one) for one in artifacts if name in {"", one.name}]
    return listed(asked, found, within="artifacts")


def _told(asked: Asked, artifact: Artifact) -> dict[str, Any]:
    url = asked.url(f"/actions/artifacts/{artifact.id}")
    expires = datetime.fromisoformat(artifact.created) + RETENTION
    run = asked.control.archive.runs.get(int(artifact.run))
    repository_id = number_of(asked.control.repository)
    return {
        "id": artifact.id,
        "node_id": node_id("Artifact", artifact.id),
        "name": artifact.name,
        "size_in_bytes": artifact.size,
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": False,
        "digest": artifact.digest,
        "created_at": artifact.created,
        "updated_at": artifact.created,
        "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "workflow_run": {
            "id": int(artifact.run),
            "repository_id": repository_id,
            "head_repository_id": repository_id,
            "head_branch": run.ref_name if run else None,
            "head_sha": run.sha if run else None,
        },
    }
