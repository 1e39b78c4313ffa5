"""Who may ask: the tokens that people and jobs prove themselves with, and what each may do.

https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
https://docs.github.com/en/actions/concepts/security/github_token
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request

from harness.github.codeowners import CodeOwners, Problem
from harness.github.oidc import Issuer
from harness.github.people import Role, at_least
from harness.github.permissions import allows
from harness.github.runs import Job, Run

#: The role that each level of a permission takes.
_TAKES: Mapping[str, Role] = {"read": "read", "write": "write", "admin": "admin"}
#: Who a job is to GitHub.
BOT = "github-actions[bot]"


@dataclass(frozen=True)
class Credentials:
    """What a job proves itself with.

    `token` is `GITHUB_TOKEN`, `oidc` asks for identity tokens (empty where the job may not have any),
    `runtime` is for the service that keeps artifacts and caches.
    """

    run: Run
    job: Job
    token: str = field(repr=False)
    oidc: str = field(repr=False)
    runtime: str = field(repr=False)


@dataclass(frozen=True)
class Asker:
    """Somebody who has proved who they are: a person with a role, or a job with permissions."""

    handle: str
    role: str = "none"
    credentials: Credentials | None = None

    @property
    def run(self) -> Run | None:
        """The run whose token was used, when it was one's."""
        return self.credentials.run if self.credentials else None

    def may(self, scope: str, level: str) -> bool:
        """Whether they may do what needs this level of this permission."""
        if scope == "metadata":
            return True
        if self.credentials is not None:
            return level != "admin" and allows(self.credentials.job.permissions, scope, level)
        return at_least(self.role, "admin" if scope == "administration" else _TAKES[level])


class People(Protocol):
    """Who belongs to the repository, and who is in which team."""

    def role_of(self, handle: str) -> str:
        """What somebody may do: one of `ROLES`."""
        ...

    def handles(self) -> Collection[str]:
        """Everybody who is known."""
        ...

    def teams(self) -> Mapping[str, Collection[str]]:
        """The handles in each team of the organisation, by its short name."""
        ...

    def problems_of(self, owners: CodeOwners) -> tuple[Problem, ...]:
        """What is wrong with a file of code owners."""
        ...


class Tokens:
    """The people who have a token, and the jobs that are going on; no token opens another's door."""

    def __init__(self, issuer: Issuer, *, role_of: Callable[[str], str]) -> None:
        """`issuer` signs what must be a signed token; `role_of` says what a person may do."""
        self._issuer = issuer
        self._role_of = role_of
        self._people: dict[str, str] = {}
        self._by_token: dict[str, Credentials] = {}
        self._by_oidc: dict[str, Credentials] = {}
        self._by_runtime: dict[str, Credentials] = {}

    def admit(
        self, run: Run, job: Job, *, new_secret: Callable[[], str] = lambda: secrets.token_hex(20)
    ) -> Credentials:
        """Give a job the tokens it will use."""
        runtime = self._issuer.runtime_token(run.key, token_id=new_secret())
        identity = allows(job.permissions, "id-token", "write")
        credentials = Credentials(
            run,
            job,
            token=f"ghs_{new_secret()}",
            oidc=f"oidc_{new_secret()}" if identity else "",
            runtime=runtime,
        )
        self._by_token[credentials.token] = credentials
        self._by_runtime[credentials.runtime] = credentials
        if identity:
            self._by_oidc[credentials.oidc] = credentials
        return credentials

    def dismiss(self, credentials: Credentials) -> None:
        """The job is over: its tokens are no longer worth anything."""
        self._by_token.pop(credentials.token, None)
        self._by_oidc.pop(credentials.oidc, None)
        self._by_runtime.pop(credentials.runtime, None)

    def of_person(self, handle: str) -> str:
        """A person's token: always the same for the same issuer."""
        seal = hmac.new(self._issuer.seal, handle.lower().encode(), hashlib.sha256).hexdigest()
        token = f"ghp_{seal[:36]}"
        self._people[token] = handle
        return token

    def people(self) -> list[str]:
        """The handles of those who have a token."""
        return list(self._people.values())

    def asker(self, request: Request) -> Asker | None:
        """Whose token a request carries."""
        token = _token(request)
        if token in self._by_token:
            return Asker(BOT, credentials=self._by_token[token])
        if token in self._people:
            handle = self._people[token]
            return Asker(handle, role=self._role_of(handle))
        return None

    def identity(self, request: Request) -> Credentials | None:
        """Whose identity a request asks for."""
        return self._by_oidc.get(_token(request))

    def runtime(self, request: Request) -> Credentials | None:
        """Whose artifacts and caches a request is about."""
        return self._by_runtime.get(_token(request))


def _token(request: Request) -> str:
    """The token of a request: by itself, or as the password of whatever user."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in {"bearer", "token"}:
        return told.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(told, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
