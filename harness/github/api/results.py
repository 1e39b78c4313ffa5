"""The service that keeps artifacts and caches, as GitHub's toolkit talks to it: Twirp with JSON.

POST /twirp/github.actions.results.api.v1.ArtifactService/CreateArtifact ...
PUT  /blobs/{key}                              (where an upload goes; in blocks, if need be)
GET  /blobs/{key}

https://github.com/actions/toolkit/tree/main/packages/artifact/src/generated/results/api/v1
https://github.com/actions/toolkit/tree/main/packages/cache/src/generated/results/api/v1
https://learn.microsoft.com/en-us/rest/api/storageservices/put-block-list
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Desk
from harness.github.kept import Kept, Upload

Fields = Mapping[str, Any]
Method = Callable[[Kept, str, Fields, str], Fields]

_SERVICE = "/twirp/github.actions.results.api.v1.{service}/{method}"
_BLOCK = re.compile(rb"<(?:Latest|Committed|Uncommitted)>([^<]+)<")
#: The words that Twirp has for what went wrong: https://twitchtv.github.io/twirp/docs/errors.html
_CODES = {400: "malformed", 404: "not_found", 409: "already_exists"}


def routes(desk: Desk) -> list[Route]:
    """The service's methods, and the place that uploads go to."""

    async def call(request: Request) -> Response:
        credentials = desk.tokens.runtime(request)
        if credentials is None:
            return JSONResponse({"code": "unauthenticated", "msg": "Bad credentials"}, 401)
        method = _METHODS.get(request.path_params["method"])
        if method is None:
            said = {"code": "bad_route", "msg": f"no handler for path {request.url.path}"}
            return JSONResponse(said, 404)
        try:
            fields = await _fields_of(request)
            blobs = f"{request.url.scheme}://{request.headers['host']}/blobs/"
            return JSONResponse(method(desk.kept, credentials.run.key, fields, blobs))
        except DispatchError as error:
            code = _CODES.get(error.status, "invalid_argument")
            return JSONResponse({"code": code, "msg": error.message}, error.status)

    async def blob(request: Request) -> Response:
        return await _blob(desk.kept, request)

    return [
        Route(_SERVICE, call, methods=["POST"]),
        Route("/blobs/{key}", blob, methods=["GET", "PUT"]),
    ]


async def _blob(kept: Kept, request: Request) -> Response:
    """One upload, whole or in blocks; who knows its key may use it."""
    upload = kept.uploads.get(request.path_params["key"])
    if upload is None:
        return Response(status_code=404)
    if request.method == "GET":
        return Response(upload.content, media_type="application/octet-stream")
    body, part = await request.body(), request.query_params.get("comp")
    if part == "block":
        upload.blocks[request.query_params.get("blockid", "")] = body
    elif part == "blocklist":
        named = [name.decode() for name in _BLOCK.findall(body)]
        if not set(named) <= set(upload.blocks):
            return Response("InvalidBlockList", 400)
        upload.content = b"".join(upload.blocks[name] for name in named)
    else:
        upload.content = body
    return Response(status_code=201)


def _create_artifact(kept: Kept, run: str, fields: Fields, blobs: str) -> Fields:
    name = _text(fields, "name")
    shared = fields.get("version") == 3
    if not shared and kept.artifact(run, name) is not None:
        raise DispatchError(
            "an artifact with this name already exists on the workflow run", status=409
        )
    return {"ok": True, "signed_upload_url": blobs + kept.expect("artifact", run, name)}


def _finalize_artifact(kept: Kept, run: str, fields: Fields, _: str) -> Fields:
    name = _text(fields, "name")
    upload = _uploaded(kept, "artifact", run, name)
    given = fields.get("hash")
    digest = given.get("value") if isinstance(given, dict) else given
    actual = f"sha256:{hashlib.sha256(upload.content).hexdigest()}"
    if digest and digest != actual:
        raise DispatchError(f"the artifact's hash is {actual}, not {digest}", status=400)
    return {"ok": True, "artifact_id": str(kept.keep_artifact(run, name, upload.content).id)}


def _list_artifacts(kept: Kept, run: str, fields: Fields, _: str) -> Fields:
    wanted, number = _filter(fields, "name_filter"), _filter(fields, "id_filter")
    return {
        "artifacts": [
            {
                "workflow_run_backend_id": run,
                "workflow_job_run_backend_id": run,
                "database_id": str(artifact.id),
                "name": artifact.name,
                "size": str(artifact.size),
                "created_at": artifact.created,
                "digest": {"value": artifact.digest},
            }
            for artifact in kept.artifacts(run)
            if wanted in {None, artifact.name} and number in {None, str(artifact.id)}
        ]
    }


def _signed_artifact(kept: Kept, run: str, fields: Fields, blobs: str) -> Fields:
    artifact = kept.artifact(run, _text(fields, "name"))
    if artifact is None:
        raise DispatchError("artifact not found", status=404)
    return {"name": artifact.name, "signed_url": blobs + kept.offer(kept.content(artifact))}


def _delete_artifact(kept: Kept, run: str, fields: Fields, _: str) -> Fields:
    name = _text(fields, "name")
    artifact = kept.artifact(run, name)
    if artifact is None:
        raise DispatchError("artifact not found", status=404)
    kept.delete_artifact(run, name)
    return {"ok": True, "artifact_id": str(artifact.id)}


def _create_cache(kept: Kept, _: str, fields: Fields, blobs: str) -> Fields:
    key, version = _text(fields, "key"), _text(fields, "version")
    if kept.cache(key, version) is not None:
        return {"ok": False, "signed_upload_url": "", "message": "cache entry already exists"}
    return {"ok": True, "signed_upload_url": blobs + kept.expect("cache", key, version)}


def _finalize_cache(kept: Kept, _: str, fields: Fields, __: str) -> Fields:
    key, version = _text(fields, "key"), _text(fields, "version")
    upload = _uploaded(kept, "cache", key, version)
    return {"ok": True, "entry_id": str(kept.keep_cache(key, version, upload.content))}


def _find_cache(kept: Kept, _: str, fields: Fields, blobs: str) -> Fields:
    found = kept.find_cache(
        _text(fields, "key"), fields.get("restore_keys") or (), _text(fields, "version")
    )
    if found is None:
        return {"ok": False, "signed_download_url": "", "matched_key": ""}
    key, content = found
    return {"ok": True, "signed_download_url": blobs + kept.offer(content), "matched_key": key}


_METHODS: Mapping[str, Method] = {
    "CreateArtifact": _create_artifact,
    "FinalizeArtifact": _finalize_artifact,
    "ListArtifacts": _list_artifacts,
    "GetSignedArtifactURL": _signed_artifact,
    "DeleteArtifact": _delete_artifact,
    "CreateCacheEntry": _create_cache,
    "FinalizeCacheEntryUpload": _finalize_cache,
    "GetCacheEntryDownloadURL": _find_cache,
}


async def _fields_of(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise DispatchError("Problems parsing JSON", status=400) from None


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name) if isinstance(fields, Mapping) else None
    if not isinstance(value, str) or not value:
        raise DispatchError(f"{name} is missing", status=400)
    return value


def _filter(fields: Fields, name: str) -> str | None:
    """A filter is a string, or an object that holds one (Google's wrappers)."""
    value = fields.get(name)
    value = value.get("value") if isinstance(value, Mapping) else value
    return None if value is None else str(value)


def _uploaded(kept: Kept, *which: str) -> Upload:
    upload = kept.expected.get(which)
    if upload is None:
        raise DispatchError("nothing was uploaded", status=404)
    return upload
