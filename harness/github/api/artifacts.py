"""Artifacts by the REST API: https://docs.github.com/en/rest/actions/artifacts ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.access import Asker
from harness.github.api.desk import Desk, api_url, page_of, repository
from harness.github.kept import Artifact


def routes(desk: Desk) -> list[Route]:
    """What can be asked of artifacts."""
    one = "/actions/artifacts/{artifact:int}"
    return [
        repository(desk, "/actions/artifacts", list_artifacts, needs="actions:read"),
        repository(desk, "/actions/runs/{run:int}/artifacts", list_artifacts, needs="actions:read"),
        repository(desk, one, get_artifact, needs="actions:read"),
        repository(desk, one, delete_artifact, needs="actions:write", methods=["DELETE"]),
        repository(desk, f"{one}/zip", download, needs="actions:read"),
    ]


async def list_artifacts(desk: Desk, request: Request, _: Asker) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#list-workflow-run-artifacts ."""
    run = request.path_params.get("run")
    name = request.query_params.get("name")
    found = [
        _told(desk, request, artifact)
        for artifact in desk.kept.artifacts(run if run is None else str(run))
        if name in {None, artifact.name}
    ]
    return page_of(request, found, within="artifacts")


async def get_artifact(desk: Desk, request: Request, _: Asker) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#get-an-artifact ."""
    return JSONResponse(_told(desk, request, _named(desk, request)))


async def delete_artifact(desk: Desk, request: Request, _: Asker) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#delete-an-artifact ."""
    artifact = _named(desk, request)
    desk.kept.delete_artifact(artifact.run, artifact.name)
    return Response(status_code=204)


async def download(desk: Desk, request: Request, _: Asker) -> Response:
    """https://docs.github.com/en/rest/actions/artifacts#download-an-artifact .

    GitHub redirects to where the archive is; here it is at once.
    """
    return Response(_named(desk, request).archive, media_type="application/zip")


def _named(desk: Desk, request: Request) -> Artifact:
    for artifact in desk.kept.artifacts():
        if artifact.id == request.path_params["artifact"]:
            return artifact
    raise DispatchError("Not Found", status=404)


def _told(desk: Desk, request: Request, artifact: Artifact) -> Mapping[str, Any]:
    url = api_url(desk, request, f"/actions/artifacts/{artifact.id}")
    return {
        "id": artifact.id,
        "name": artifact.name,
        "size_in_bytes": len(artifact.archive),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": False,
        "digest": artifact.digest,
        "created_at": artifact.created,
        "updated_at": artifact.created,
        "workflow_run": {"id": int(artifact.run)},
    }
