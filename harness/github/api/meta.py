"""The API itself, and what is not answered: https://docs.github.com/en/rest/meta/meta ."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from harness.github.api.desk import Asked, Desk, anywhere, cannot, repository

#: GitHub Enterprise Server's version, by which `gh` decides what it may ask.
VERSION = "3.17.0"
VERSIONS = ("2022-11-28", "2026-03-10")
#: Requests an hour.
#: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
LIMIT = 15_000
_EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(desk: Desk) -> list[Route]:
    """What can be asked of the API itself."""
    return [
        anywhere(desk, "/", get_root),
        anywhere(desk, "/meta", get_meta),
        anywhere(desk, "/rate_limit", get_rate_limit),
        Route("/zen", _zen),
        anywhere(desk, "/versions", list_versions),
    ]


def unanswered(desk: Desk) -> list[Route]:
    """Everything else that GitHub has: said to be missing, and not answered as if it were not there."""
    places = ("user", "users", "orgs", "gists", "search", "notifications", "app", "enterprises")
    return [
        repository(desk, "/{rest:path}", not_here, needs="metadata:read", methods=_EVERY),
        *(anywhere(desk, f"/{place}/{{rest:path}}", not_here, methods=_EVERY) for place in places),
    ]


def get_root(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/meta/meta#github-api-root ."""
    api = asked.api
    return JSONResponse(
        {
            "current_user_url": f"{api}/user",
            "organization_url": f"{api}/orgs/{{org}}",
            "organization_teams_url": f"{api}/orgs/{{org}}/teams",
            "rate_limit_url": f"{api}/rate_limit",
            "repository_url": f"{api}/repos/{{owner}}/{{repo}}",
            "user_url": f"{api}/users/{{user}}",
        }
    )


def get_meta(asked: Asked) -> Response:
    """What `gh` asks to know which GitHub it talks to.

    https://docs.github.com/en/enterprise-server@3.17/rest/meta/meta#get-github-enterprise-server-meta-information
    """
    return JSONResponse({"verifiable_password_authentication": False, "installed_version": VERSION})


def get_rate_limit(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/rate-limit/rate-limit .

    Nothing is counted: a drill is never held back by GitHub's limits.
    """
    reset = int(asked.desk.clock.now().timestamp()) + 3600
    one = {"limit": LIMIT, "used": 0, "remaining": LIMIT, "reset": reset}
    resources = dict.fromkeys(("core", "graphql", "search", "integration_manifest"), one)
    return JSONResponse({"resources": resources, "rate": one})


def list_versions(_: Asked) -> Response:
    """https://docs.github.com/en/rest/meta/meta#get-all-api-versions ."""
    return JSONResponse(list(VERSIONS))


def not_here(asked: Asked) -> Response:
    """What sitedrill does not answer."""
    raise cannot(f"answer {asked.request.method} {asked.request.url.path}")


async def _zen(_: Request) -> Response:
    return PlainTextResponse("Practice before the night it is needed.")
