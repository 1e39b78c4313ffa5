"""What every resource of the API is given, and how its handlers become routes.

    def routes(desk: Desk) -> list[Route]:
        return [repository(desk, "/actions/workflows", list_workflows)]

    def list_workflows(desk: Desk, request: Request, asker: Asker) -> Response: ...

A handler answers or raises: `DispatchError` carries GitHub's status and message.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.clock import Clock
from harness.errors import DispatchError
from harness.github.api.access import Asker, Tokens
from harness.github.control import ControlPlane
from harness.github.kept import Kept
from harness.github.oidc import Issuer

#: How many items a page holds when nobody says, and at most.
#: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
PER_PAGE, MOST_PER_PAGE = 30, 100
#: What GitHub says to a token that may not, and to a person.
#: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
NOT_PERMITTED = "Resource not accessible by integration"
NO_RIGHTS = "Must have admin rights to Repository."
#: Where the API is for those who reach it by GitHub's name.
PUBLIC_API = "https://api.github.com"


@dataclass(frozen=True)
class Desk:
    """The repository's Actions, who signs, who may ask, and what runs have left to be kept."""

    control: ControlPlane
    issuer: Issuer
    tokens: Tokens
    kept: Kept
    clock: Clock


Handler = Callable[[Desk, Request, Asker], Awaitable[Response]]


def repository(
    desk: Desk,
    path: str,
    handler: Handler,
    *,
    needs: str,
    methods: Sequence[str] = (),
) -> Route:
    """A route below `/repos/{owner}/{repo}` for those who carry a token.

    Args:
        desk: what it is about.
        path: below the repository.
        handler: answers.
        needs: the permission, such as `actions:write`; `admin` is a person's alone.
            https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
        methods: of HTTP; GET when none are named.
    """
    scope, _, level = needs.partition(":")

    async def answer(request: Request) -> Response:
        asker = desk.tokens.asker(request)
        if asker is None:
            return refusal(401, "Bad credentials")
        asked = f"{request.path_params['owner']}/{request.path_params['repo']}"
        # GitHub does not tell a repository that is not there from one that may not be seen.
        stranger = asker.run is None and asker.role == "none"
        if stranger or asked.lower() != desk.control.repository.lower():
            return refusal(404, "Not Found")
        if not asker.may(scope, level):
            return refusal(403, NOT_PERMITTED if asker.run else NO_RIGHTS)
        try:
            return await handler(desk, request, asker)
        except DispatchError as error:
            return refusal(error.status, error.message)

    return Route(f"/repos/{{owner}}/{{repo}}{path}", answer, methods=list(methods) or ["GET"])


def refusal(status: int, message: str, **more: Any) -> JSONResponse:
    """GitHub's way to say no.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    return JSONResponse({"message": message, **more, "status": str(status)}, status)


async def body_of(request: Request) -> Any:
    """The JSON of a request's body.

    Raises:
        DispatchError: GitHub's 400.
    """
    try:
        return json.loads(await request.body())
    except ValueError:
        raise DispatchError("Problems parsing JSON", status=400) from None


def api_url(desk: Desk, request: Request, path: str = "") -> str:
    """The address of a resource of the repository, as the asker can reach it."""
    host = request.headers.get("host", "")
    local = f"{request.url.scheme}://{host}/api/v3"
    base = PUBLIC_API if host.endswith("github.com") else local
    return f"{base}/repos/{desk.control.repository}{path}"


def web_url(desk: Desk, path: str = "") -> str:
    """The address that a person would open."""
    return f"https://github.com/{desk.control.repository}{path}"


def page_of(
    request: Request, items: Sequence[Mapping[str, Any]], *, within: str = ""
) -> JSONResponse:
    """One page of a list, with the `Link` to the others; in an object with a count when GitHub says so.

    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """
    per_page = min(_number(request, "per_page", PER_PAGE), MOST_PER_PAGE)
    page = _number(request, "page", 1)
    chosen = list(items[(page - 1) * per_page : page * per_page])
    last = max(1, -(-len(items) // per_page))
    links = []
    for name, number in (("prev", page - 1), ("next", page + 1), ("last", last), ("first", 1)):
        if 1 <= number <= last and (name not in {"last", "next"} or page < last):
            there = request.url.include_query_params(page=number, per_page=per_page)
            if request.headers.get("host", "").endswith("github.com"):
                there = there.replace(scheme="https")
            links.append(f'<{there}>; rel="{name}"')
    headers = {"Link": ", ".join(links)} if last > 1 else {}
    content = {"total_count": len(items), within: chosen} if within else chosen
    return JSONResponse(content, headers=headers)


def _number(request: Request, name: str, default: int) -> int:
    value = request.query_params.get(name, "")
    return max(1, int(value)) if value.isdecimal() else default
