"""The part of GitHub's servers that people and runs talk to, a module for each resource.

    api = GitHubApi(control, issuer, clock=clock)
    serving.serve(api.app)

The REST API stands at `/api/v3`, as on GitHub Enterprise Server, and at the root too, as on
api.github.com. `routes` of each module is its table of what it answers; what they share is in `desk.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from harness.clock import Clock
from harness.github.api import (
    artifacts,
    commits,
    contents,
    deployments,
    environments,
    git_data,
    git_http,
    graphql,
    identity,
    jobs,
    logs,
    meta,
    people,
    releases,
    results,
    runs,
    variables,
    workflows,
)
from harness.github.api.access import Credentials, People, Tokens
from harness.github.api.desk import Desk, refusal
from harness.github.codeowners import CodeOwners, Problem
from harness.github.control import ControlPlane
from harness.github.kept import Kept
from harness.github.left import tell
from harness.github.oidc import Issuer
from harness.github.people import Membership
from harness.github.runs import Job, Run

__all__ = ["Credentials", "GitHubApi"]

#: The resources of the REST API; what comes first answers.
RESOURCES = (
    meta,
    workflows,
    runs,
    jobs,
    logs,
    artifacts,
    environments,
    deployments,
    variables,
    people,
    contents,
    commits,
    git_data,
    releases,
)


@dataclass(frozen=True)
class Members:
    """People as an organisation has them, and whoever else was given a token."""

    membership: Callable[[], Membership]
    tokens: Callable[[], Collection[str]]

    def role_of(self, handle: str) -> str:
        """What somebody may do."""
        return self.membership().role_of(handle)

    def handles(self) -> Collection[str]:
        """Every owner and member, and who has a token."""
        told = {handle.lower(): handle for handle in self.membership().everybody}
        return list((told | {handle.lower(): handle for handle in self.tokens()}).values())

    def teams(self) -> Mapping[str, Collection[str]]:
        """Those that can be seen, with their members."""
        now = self.membership()
        return {
            team.slug: now.members_of(team.slug) for team in now.teams.values() if not team.secret
        }

    def problems_of(self, owners: CodeOwners) -> tuple[Problem, ...]:
        """What is wrong with a file of code owners."""
        return owners.problems(self.membership())


@dataclass(frozen=True)
class TokenHolders:
    """People as they are where nobody says more: those who were given tokens, and no teams."""

    tokens: Tokens
    roles: Callable[[str], str]

    def role_of(self, handle: str) -> str:
        """What somebody may do."""
        return self.roles(handle)

    def handles(self) -> Collection[str]:
        """Everybody who was given a token."""
        return self.tokens.people()

    def problems_of(self, owners: CodeOwners) -> tuple[Problem, ...]:
        """What is wrong with a file of code owners, whoever they are."""
        return owners.malformed

    def teams(self) -> Mapping[str, Collection[str]]:
        """None."""
        return {}


class GitHubApi:
    """Serves one repository; `app` is the ASGI application."""

    def __init__(
        self,
        control: ControlPlane,
        issuer: Issuer,
        *,
        clock: Clock,
        role_of: Callable[[str], str] = lambda _: "write",
        members: Callable[[], Membership] | None = None,
    ) -> None:
        """Jobs are made known with `admit`, people with `token_of`; nobody else has a token.

        Args:
            control: the repository's Actions.
            issuer: signs tokens.
            clock: whose time counts.
            role_of: what a person may do in the repository, where `members` are not told.
            members: who belongs to the organisation, now.
        """
        self._tokens = Tokens(
            issuer, role_of=(lambda who: members().role_of(who)) if members else role_of
        )
        known: People = (
            Members(members, self._tokens.people)
            if members
            else TokenHolders(self._tokens, role_of)
        )
        kept = Kept(control.archive, clock, told=partial(tell, control.told))
        desk = Desk(control, issuer, self._tokens, kept, clock, known)
        rest: list[Route] = [route for resource in RESOURCES for route in resource.routes(desk)]
        rest += meta.unanswered(desk)
        self.app = Starlette(
            routes=[
                *logs.files(desk),
                *identity.routes(desk),
                *results.routes(desk),
                *git_http.routes(desk),
                Mount("/api/v3", routes=rest),
                *graphql.routes(desk),
                *rest,
            ],
            exception_handlers={404: _not_found, 405: _not_found},
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
