"""The part of GitHub's servers that a run talks to: the REST API and the OpenID Connect issuer.

POST /api/v3/repos/{owner}/{repo}/actions/workflows/{file}/dispatches
GET  /oidc/token?run=...&audience=...      (what ACTIONS_ID_TOKEN_REQUEST_URL names)
GET  /oidc/.well-known/jwks
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.clock import Clock
from harness.errors import DispatchError
from harness.github.control import ControlPlane
from harness.github.oidc import ISSUER, Claims, Issuer
from harness.github.runs import RunRequest


@dataclass(frozen=True)
class RunCredentials:
    """What a run proves itself with: `token` is `GITHUB_TOKEN`, `oidc` asks for identity tokens."""

    run: RunRequest
    token: str
    oidc: str


class GitHubApi:
    """Serves one repository; `app` is the ASGI application."""

    def __init__(self, control: ControlPlane, issuer: Issuer, *, clock: Clock) -> None:
        """Runs are made known with `admit`; nobody else has a token."""
        self._control = control
        self._issuer = issuer
        self._clock = clock
        # Apart, because neither token opens the other's door.
        self._by_token: dict[str, RunCredentials] = {}
        self._by_oidc: dict[str, RunCredentials] = {}
        dispatches = "/api/v3/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches"
        self.app = Starlette(
            routes=[
                Route(dispatches, self._dispatch, methods=["POST"]),
                Route("/oidc/token", self._id_token),
                Route("/oidc/.well-known/jwks", self._keys),
                Route("/oidc/.well-known/openid-configuration", self._configuration),
            ],
            exception_handlers={404: _not_found},
        )

    def admit(
        self, run: RunRequest, *, new_secret: Callable[[], str] = lambda: secrets.token_hex(20)
    ) -> RunCredentials:
        """Give a run the tokens it will use."""
        credentials = RunCredentials(run, f"ghs_{new_secret()}", f"oidc_{new_secret()}")
        self._by_token[credentials.token] = credentials
        self._by_oidc[credentials.oidc] = credentials
        return credentials

    def dismiss(self, credentials: RunCredentials) -> None:
        """The run is over: its tokens are no longer worth anything."""
        self._by_token.pop(credentials.token, None)
        self._by_oidc.pop(credentials.oidc, None)

    async def _dispatch(self, request: Request) -> Response:
        """https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event ."""
        credentials = _bearer(request, self._by_token)
        if credentials is None:
            return JSONResponse({"message": "Bad credentials", "status": "401"}, 401)
        path = request.path_params
        if f"{path['owner']}/{path['repo']}" != self._control.repository:
            return await _not_found(request, None)
        try:
            body = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"message": "Problems parsing JSON", "status": "400"}, 400)
        try:
            ref, inputs = _asked(body)
            self._control.dispatch_later(
                path["workflow"],
                ref=ref,
                inputs=inputs,
                actor=credentials.run.actor,
            )
        except DispatchError as error:
            answer = {"message": error.message, "status": str(error.status)}
            return JSONResponse(answer, error.status)
        return Response(status_code=204)

    async def _id_token(self, request: Request) -> Response:
        """Answer ACTIONS_ID_TOKEN_REQUEST_URL: docs.github.com/en/actions/reference/security/oidc ."""
        credentials = _bearer(request, self._by_oidc)
        if credentials is None:
            return JSONResponse({"message": "Bad credentials"}, 401)
        run = credentials.run
        claims = Claims(
            repository=run.repository,
            ref=run.ref,
            sha=run.sha,
            workflow=run.workflow.name,
            run_id=run.key,
            run_attempt=str(run.attempt),
            actor=run.actor,
            event_name=run.event_name,
            environment=run.environment,
        )
        owner = run.repository.split("/", 1)[0]
        audience = request.query_params.get("audience", f"https://github.com/{owner}")
        token = self._issuer.token(
            claims, audience=audience, now=self._clock.now(), token_id=secrets.token_hex(16)
        )
        return JSONResponse({"value": token, "count": len(token)})

    async def _keys(self, _: Request) -> Response:
        return JSONResponse(self._issuer.key_set())

    async def _configuration(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}/.well-known/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )


def _asked(body: Any) -> tuple[str, dict[str, Any]]:
    """The ref and the inputs that the body of a dispatch names."""
    if not isinstance(body, dict) or not isinstance(body.get("ref"), str):
        raise DispatchError('Invalid request.\n\n"ref" wasn\'t supplied.')
    inputs = body.get("inputs")
    if not isinstance(inputs, dict | None):
        said = json.dumps(inputs)
        raise DispatchError(
            f"Invalid request.\n\nFor 'properties/inputs', {said} is not an object."
        )
    return body["ref"], inputs or {}


def _bearer(request: Request, known: Mapping[str, RunCredentials]) -> RunCredentials | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return known.get(token) if scheme.lower() in {"bearer", "token"} else None


async def _not_found(_: Request, __: Exception | None) -> Response:
    return JSONResponse({"message": "Not Found", "status": "404"}, 404)
