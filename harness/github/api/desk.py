"""What every resource of the API is given, and how its handlers become routes.

    def routes(desk: Desk) -> list[Route]:
        return [repository(desk, "/actions/workflows", list_workflows, needs="actions:read")]

    def list_workflows(asked: Asked) -> Response:
        \"\"\"https://docs.github.com/en/rest/actions/workflows#list-repository-workflows .\"\"\"

A handler answers or raises: `DispatchError` carries GitHub's status and message. It runs in a thread of
its own. Its docstring names GitHub's page, which is told to whoever is refused.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.clock import Clock
from harness.errors import DispatchError, ProcessError
from harness.github.api.access import Asker, People, Tokens
from harness.github.control import ControlPlane
from harness.github.kept import Kept
from harness.github.oidc import Issuer

#: What GitHub says to a token that may not, and to a person.
#: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
NOT_PERMITTED = "Resource not accessible by integration"
NO_RIGHTS = "Must have admin rights to Repository."
#: Where GitHub is for those who reach it by its name.
PUBLIC_API, PUBLIC_WEB = "https://api.github.com", "https://github.com"
DOCUMENTATION = "https://docs.github.com/en/rest"
_PAGE = re.compile(r"https://docs\.github\.com/\S+")


@dataclass(frozen=True)
class Desk:
    """The repository's Actions, who signs, who may ask, and what runs have left to be kept."""

    control: ControlPlane
    issuer: Issuer
    tokens: Tokens
    kept: Kept
    clock: Clock
    people: People


@dataclass(frozen=True)
class Asked:
    """One request, by somebody who has proved who they are."""

    desk: Desk
    request: Request
    asker: Asker
    raw: bytes = b""

    @property
    def control(self) -> ControlPlane:
        """The repository's Actions."""
        return self.desk.control

    @property
    def handle(self) -> str:
        """Who asks."""
        return self.asker.handle

    @cached_property
    def by_name(self) -> bool:
        """Whether GitHub was reached by its own name."""
        return self.request.headers.get("host", "").endswith("github.com")

    @cached_property
    def root(self) -> str:
        """The server's address, as the asker can reach it."""
        host = self.request.headers.get("host", "")
        return PUBLIC_API if self.by_name else f"{self.request.url.scheme}://{host}"

    @property
    def api(self) -> str:
        """The address of the REST API, as the asker can reach it."""
        return self.root if self.by_name else f"{self.root}/api/v3"

    @property
    def web(self) -> str:
        """The address of GitHub's pages; the world has none."""
        return PUBLIC_WEB if self.by_name else self.root

    def url(self, path: str = "") -> str:
        """The address of a resource of the repository."""
        return f"{self.api}/repos/{self.control.repository}{path}"

    def page(self, path: str = "") -> str:
        """The address that a person would open, about the repository."""
        return f"{self.web}/{self.control.repository}{path}"

    def text(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str) -> int:
        """A part of the path that is a number."""
        return int(self.request.path_params[name])

    def query(self, name: str) -> str:
        """A parameter; empty where there is none."""
        return self.request.query_params.get(name, "")

    def body(self) -> dict[str, Any]:
        """The JSON object of the request's body; an empty one where there is no body.

        Raises:
            DispatchError: GitHub's 400, it is none.
        """
        try:
            found = json.loads(self.raw) if self.raw.strip() else {}
        except ValueError:
            raise DispatchError("Problems parsing JSON", status=400) from None
        if not isinstance(found, dict):
            raise DispatchError("Body should be a JSON object", status=400)
        return found

    def given(self, name: str, kind: type, *, default: Any = None) -> Any:
        """A field of the body, of this type; with no default it must be there.

        Raises:
            DispatchError: GitHub's 422.
        """
        value = self.body().get(name)
        if value is None:
            if default is None:
                raise DispatchError(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            word = {str: "a string", bool: "a boolean", int: "an integer", list: "an array"}
            raise DispatchError(
                f"Invalid request.\n\nFor 'properties/{name}', {json.dumps(value)} is not "
                f"{word.get(kind, 'an object')}."
            )
        return value


Handler = Callable[[Asked], Response]


def repository(
    desk: Desk, path: str, handler: Handler, *, needs: str, methods: Sequence[str] = ()
) -> Route:
    """A route below `/repos/{owner}/{repo}` for those who carry a token.

    Args:
        desk: what it is about.
        path: below the repository.
        handler: answers.
        needs: the permission, such as `actions:write`; what no job's token can have is a person's alone.
            https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
        methods: of HTTP; GET when none are named.
    """

    def guarded(asked: Asked) -> Response:
        named = f"{asked.text('owner')}/{asked.text('repo')}"
        # GitHub does not tell a repository that is not there from one that may not be seen.
        stranger = asked.asker.run is None and asked.asker.role == "none"
        if stranger or named.lower() != desk.control.repository.lower():
            return refusal(404, "Not Found", page=page_named_in(handler))
        return _permitted(asked, handler, needs)

    guarded.__doc__ = handler.__doc__
    return _route(desk, f"/repos/{{owner}}/{{repo}}{path}", guarded, methods, needs)


def anywhere(desk: Desk, path: str, handler: Handler, *, methods: Sequence[str] = ()) -> Route:
    """A route that is not about one repository, for those who carry a token."""
    return _route(desk, path, handler, methods, "")


class Resource(Route):
    """A route that says what it takes: `needs` is a permission, empty where any token will do.

    `page` is GitHub's, about it.
    """

    needs = ""
    page = ""


def _route(desk: Desk, path: str, handler: Handler, methods: Sequence[str], needs: str) -> Resource:
    page = page_named_in(handler)

    async def answer(request: Request) -> Response:
        asker = desk.tokens.asker(request)
        if asker is None:
            return refusal(401, "Bad credentials", page=DOCUMENTATION)
        asked = Asked(desk, request, asker, await request.body())
        try:
            found = await asyncio.to_thread(handler, asked)
        except DispatchError as error:
            found = refusal(error.status, error.message, page=page)
        except ProcessError:
            # git does not know what was named.
            found = refusal(404, "Not Found", page=page)
        if asker.run is None:
            found.headers["X-OAuth-Scopes"] = "admin:org, repo, workflow"
        found.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        return found

    made = Resource(path, answer, methods=list(methods) or ["GET"])
    made.needs, made.page = needs, page
    return made


def _permitted(asked: Asked, handler: Handler, needs: str) -> Response:
    scope, _, level = needs.partition(":")
    if asked.asker.may(scope, level):
        return handler(asked)
    said = NOT_PERMITTED if asked.asker.run else NO_RIGHTS
    refused = refusal(403, said, page=page_named_in(handler))
    refused.headers["X-Accepted-GitHub-Permissions"] = f"{scope.replace('-', '_')}={level}"
    return refused


def page_named_in(handler: Handler) -> str:
    """GitHub's page about what a handler answers."""
    found = _PAGE.search(handler.__doc__ or "")
    return found[0] if found else DOCUMENTATION


def refusal(status: int, message: str, *, page: str = DOCUMENTATION, **more: Any) -> JSONResponse:
    """GitHub's way to say no.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    told = {"message": message, **more, "documentation_url": page, "status": str(status)}
    return JSONResponse(told, status)


def cannot(what: str) -> DispatchError:
    """What GitHub can and we cannot is said, and never answered wrongly."""
    return DispatchError(
        f"sitedrill's GitHub cannot {what}; what it can is in docs/github.md", status=501
    )
