"""The OpenID Connect issuer: what ACTIONS_ID_TOKEN_REQUEST_URL names.

https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.github.api.desk import Desk
from harness.github.oidc import ISSUER, Claims


def routes(desk: Desk) -> list[Route]:
    """The token, the keys, and where they are."""

    async def id_token(request: Request) -> Response:
        return _id_token(desk, request)

    async def keys(_: Request) -> Response:
        return JSONResponse(desk.issuer.key_set())

    return [
        Route("/oidc/token", id_token),
        Route("/oidc/.well-known/jwks", keys),
        Route("/oidc/.well-known/openid-configuration", _configuration),
    ]


def _id_token(desk: Desk, request: Request) -> Response:
    credentials = desk.tokens.identity(request)
    if credentials is None:
        return JSONResponse({"message": "Bad credentials"}, 401)
    run, job = credentials.run, credentials.job
    claims = Claims(
        repository=run.repository,
        ref=run.ref,
        sha=run.sha,
        workflow=run.name,
        workflow_ref=f"{run.repository}/{run.workflow}@{run.ref}",
        run_id=run.key,
        run_attempt=str(run.attempt),
        actor=run.actor,
        event_name=run.event_name,
        environment=job.environment.name if job.environment else "",
        job_workflow_ref=f"{run.repository}/{desk.control.file_of(run, job)}@{run.ref}",
        run_number=str(run.number),
    )
    owner = run.repository.split("/", 1)[0]
    audience = request.query_params.get("audience", f"https://github.com/{owner}")
    token = desk.issuer.token(
        claims, audience=audience, now=desk.clock.now(), token_id=secrets.token_hex(16)
    )
    return JSONResponse({"value": token, "count": len(token)})


async def _configuration(_: Request) -> Response:
    return JSONResponse(
        {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/.well-known/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )
