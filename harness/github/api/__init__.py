"""The part of GitHub's servers that a run talks to, a module for each resource.

    api = GitHubApi(control, issuer, clock=clock)
    serving.serve(api.app)

The REST API stands at `/api/v3`, and at the root too, as on api.github.com. `routes` of each module is
its table of what it answers; what they share is in `desk.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from harness.clock import Clock
from harness.github.api import artifacts, git_http, identity, results, workflows
from harness.github.api.access import Credentials, Tokens
from harness.github.api.desk import Desk, refusal
from harness.github.control import ControlPlane
from harness.github.kept import Kept
from harness.github.oidc import Issuer
from harness.github.runs import Job, Run

__all__ = ["Credentials", "GitHubApi"]

#: The resources of the REST API.
RESOURCES = (workflows, artifacts)


class GitHubApi:
    """Serves one repository; `app` is the ASGI application."""

    def __init__(
        self,
        control: ControlPlane,
        issuer: Issuer,
        *,
        clock: Clock,
        role_of: Callable[[str], str] = lambda _: "write",
    ) -> None:
        """Jobs are made known with `admit`, people with `token_of`; nobody else has a token.

        Args:
            control: the repository's Actions.
            issuer: signs tokens.
            clock: whose time counts.
            role_of: what a person may do in the repository.
        """
        self._tokens = Tokens(issuer, role_of=role_of)
        desk = Desk(control, issuer, self._tokens, Kept(clock), clock)
        rest: list[Route] = [route for resource in RESOURCES for route in resource.routes(desk)]
        self.app = Starlette(
            routes=[
                Mount("/api/v3", routes=rest),
                *rest,
                *identity.routes(desk),
                *results.routes(desk),
                *git_http.routes(desk),
            ],
            exception_handlers={404: _not_found},
        )

    @staticmethod
    def git_url(api: str, repository: str) -> str:
        """Where git finds a repository on the server at this address."""
        return f"{api}{git_http.PLACE}/{repository}"

    def admit(self, run: Run, job: Job) -> Credentials:
        """Give a job the tokens it will use."""
        return self._tokens.admit(run, job)

    def dismiss(self, credentials: Credentials) -> None:
        """The job is over: its tokens are no longer worth anything."""
        self._tokens.dismiss(credentials)

    def token_of(self, handle: str) -> str:
        """The token of a person, who is known from now on."""
        return self._tokens.of_person(handle)


async def _not_found(_: Request, __: Exception) -> Response:
    return refusal(404, "Not Found")
