"""Who may ask: the tokens that runs prove themselves with."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from harness.github.oidc import Issuer
from harness.github.runs import RunRequest


@dataclass(frozen=True)
class RunCredentials:
    """What a run proves itself with.

    `token` is `GITHUB_TOKEN`, `oidc` asks for identity tokens, `runtime` is for the service that keeps
    artifacts and caches.
    """

    run: RunRequest
    token: str = field(repr=False)
    oidc: str = field(repr=False)
    runtime: str = field(default="", repr=False)


class Tokens:
    """The runs that are going on; none of a run's tokens opens another's door."""

    def __init__(self, issuer: Issuer) -> None:
        """`issuer` signs what must be a signed token."""
        self._issuer = issuer
        self._by_token: dict[str, RunCredentials] = {}
        self._by_oidc: dict[str, RunCredentials] = {}
        self._by_runtime: dict[str, RunCredentials] = {}

    def admit(
        self, run: RunRequest, *, new_secret: Callable[[], str] = lambda: secrets.token_hex(20)
    ) -> RunCredentials:
        """Give a run the tokens it will use."""
        runtime = self._issuer.runtime_token(run.key, token_id=new_secret())
        credentials = RunCredentials(run, f"ghs_{new_secret()}", f"oidc_{new_secret()}", runtime)
        self._by_token[credentials.token] = credentials
        self._by_oidc[credentials.oidc] = credentials
        self._by_runtime[credentials.runtime] = credentials
        return credentials

    def dismiss(self, credentials: RunCredentials) -> None:
        """The run is over: its tokens are no longer worth anything."""
        self._by_token.pop(credentials.token, None)
        self._by_oidc.pop(credentials.oidc, None)
        self._by_runtime.pop(credentials.runtime, None)

    def job(self, request: Request) -> RunCredentials | None:
        """Whose `GITHUB_TOKEN` a request carries."""
        return _bearer(request, self._by_token)

    def identity(self, request: Request) -> RunCredentials | None:
        """Whose identity a request asks for."""
        return _bearer(request, self._by_oidc)

    def runtime(self, request: Request) -> RunCredentials | None:
        """Whose artifacts and caches a request is about."""
        return _bearer(request, self._by_runtime)


def _bearer(request: Request, known: Mapping[str, RunCredentials]) -> RunCredentials | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return known.get(token) if scheme.lower() in {"bearer", "token"} else None
