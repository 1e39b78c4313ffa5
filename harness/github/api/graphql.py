"""GraphQL, as far as `gh` needs it: https://docs.github.com/en/graphql .

`graphql.graphql` beside this file is the part of GitHub's schema that is answered.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, graphql_sync
from graphql.type import GraphQLInterfaceType
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api import meta, releases
from harness.github.api.access import BOT
from harness.github.api.desk import NOT_PERMITTED, Asked, Desk, anywhere
from harness.github.api.shapes import node_id, owner, repository_whole, user
from harness.github.archive import Release

Info = GraphQLResolveInfo[Any]
SCHEMA = Path(__file__).with_suffix(".graphql")
_MOST = 100
_MISSING = "Cannot query field"


def routes(desk: Desk) -> list[Route]:
    """The one address that GraphQL has, below the API's on github.com, beside it elsewhere."""
    return [
        anywhere(desk, place, answer, methods=["POST"]) for place in ("/graphql", "/api/graphql")
    ]


def answer(asked: Asked) -> Response:
    """https://docs.github.com/en/graphql/guides/forming-calls-with-graphql ."""
    query = asked.given("query", str)
    done = graphql_sync(
        _schema(),
        query,
        root_value=_root(asked),
        variable_values=asked.given("variables", dict, default={}),
        operation_name=asked.body().get("operationName"),
    )
    told: dict[str, Any] = {}
    if done.data is not None or not done.errors:
        told["data"] = done.data
    if done.errors:
        told["errors"] = [_problem(error) for error in done.errors]
    return JSONResponse(told)


@lru_cache(maxsize=1)
def _schema() -> GraphQLSchema:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = _kind_of
    return schema


def _kind_of(value: Mapping[str, Any], _: Info, __: Any) -> str:
    return str(value["kind"])


def _problem(error: GraphQLError) -> dict[str, Any]:
    told: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    if isinstance(cause, DispatchError):
        told["type"] = "NOT_FOUND" if cause.status == 404 else "FORBIDDEN"
    if error.message.startswith(_MISSING):
        told["message"] += " sitedrill answers a part of GitHub's schema: see docs/github.md"
    return told


def _root(asked: Asked) -> dict[str, Any]:
    def repository(_: Info, **which: Any) -> dict[str, Any]:
        named = f"{which['owner']}/{which['name']}"
        stranger = asked.asker.run is None and asked.asker.role == "none"
        if stranger or named.lower() != asked.control.repository.lower():
            raise DispatchError(
                f"Could not resolve to a Repository with the name '{named}'.", status=404
            )
        return _repository(asked)

    def named(kind: str) -> Callable[..., dict[str, Any]]:
        def find(_: Info, login: str) -> dict[str, Any]:
            return _somebody(asked, login, kind)

        return find

    limit = {"limit": meta.LIMIT, "cost": 0, "remaining": meta.LIMIT, "used": 0}
    reset = asked.desk.clock.now().isoformat(timespec="seconds")
    return {
        "viewer": lambda _: _person(asked, asked.handle),
        "repository": repository,
        "repositoryOwner": named(""),
        "user": named("User"),
        "organization": named("Organization"),
        "rateLimit": lambda _, **__: {**limit, "resetAt": reset},
    }


def _somebody(asked: Asked, login: str, kind: str) -> dict[str, Any]:
    known = {handle.lower() for handle in asked.desk.people.handles()} | {BOT}
    if login.lower() == asked.control.repository.split("/")[0].lower() and kind != "User":
        return _organization(asked)
    if login.lower() in known and kind != "Organization":
        return _person(asked, login)
    raise DispatchError(
        f"Could not resolve to a {kind or 'RepositoryOwner'} with the login of '{login}'.",
        status=404,
    )


def _person(asked: Asked, handle: str) -> dict[str, Any]:
    return {**_named(user(asked, handle)), "kind": "User", "email": ""}


def _organization(asked: Asked) -> dict[str, Any]:
    return {**_named(owner(asked)), "kind": "Organization"}


def _named(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": said["node_id"],
        # A GraphQL Int has 32 bits.
        "databaseId": said["id"] & 0x7FFFFFFF,
        "login": said["login"],
        "name": said["login"],
        "url": said["html_url"],
        "avatarUrl": lambda _, **__: said["avatar_url"],
    }


def _repository(asked: Asked) -> dict[str, Any]:
    said, origin = repository_whole(asked), asked.control.origin
    role = asked.asker.role
    return {
        "id": said["node_id"],
        "databaseId": said["id"] & 0x7FFFFFFF,
        "name": said["name"],
        "nameWithOwner": said["full_name"],
        "owner": _organization(asked),
        "description": "",
        "homepageUrl": None,
        "url": said["html_url"],
        "sshUrl": said["ssh_url"],
        "createdAt": said["created_at"],
        "updatedAt": said["updated_at"],
        "pushedAt": said["pushed_at"],
        "visibility": "PRIVATE",
        "isPrivate": True,
        **dict.fromkeys(("isFork", "isArchived", "isEmpty", "isMirror", "isTemplate"), False),
        "isInOrganization": True,
        **{f"has{what}Enabled": False for what in ("Issues", "Projects", "Wiki", "Discussions")},
        "mergeCommitAllowed": False,
        "rebaseMergeAllowed": False,
        "squashMergeAllowed": False,
        "deleteBranchOnMerge": False,
        "diskUsage": said["size"],
        "forkCount": 0,
        "stargazerCount": 0,
        "viewerPermission": None if asked.asker.run else role.upper(),
        "viewerCanAdminister": said["permissions"]["admin"],
        "defaultBranchRef": lambda _: _ref(asked, f"refs/heads/{origin.default_branch}"),
        "parent": None,
        "ref": lambda _, qualifiedName: _ref(asked, qualifiedName),  # noqa: N803 - as in GitHub's schema
        "release": lambda _, tagName: _one_release(asked, tagName),  # noqa: N803
        "latestRelease": lambda _: _latest(asked),
        "releases": lambda _, **which: _releases(asked, **which),
        "pullRequests": lambda _, **__: _nothing(),
    }


def _ref(asked: Asked, name: str) -> dict[str, Any] | None:
    tips = asked.control.origin.tips()
    for full in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        if full in tips:
            prefix, _, short = full.removeprefix("refs/").partition("/")
            target = {"id": node_id("Commit", tips[full]), "oid": tips[full]}
            return {
                "id": node_id("Ref", full),
                "name": short,
                "prefix": f"refs/{prefix}/",
                "target": target,
            }
    return None


def _seen(asked: Asked) -> list[Release]:
    if not asked.asker.may("contents", "read"):
        raise DispatchError(NOT_PERMITTED, status=403)
    drafts = asked.asker.may("contents", "write")
    return [one for one in releases.newest_first(asked) if drafts or not one.draft]


def _latest(asked: Asked) -> dict[str, Any] | None:
    number = _latest_id(asked)
    return next((_release(asked, one, number) for one in _seen(asked) if one.id == number), None)


def _latest_id(asked: Asked) -> int:
    full = (one.id for one in _seen(asked) if not one.draft and not one.prerelease)
    return next(full, 0)


def _one_release(asked: Asked, tag: str) -> dict[str, Any] | None:
    latest = _latest_id(asked)
    return next((_release(asked, one, latest) for one in _seen(asked) if one.tag == tag), None)


def _releases(asked: Asked, **which: Any) -> dict[str, Any]:
    found, latest = _seen(asked), _latest_id(asked)
    if which.get("last") is not None or which.get("before"):
        raise DispatchError("releases are listed with first and after", status=501)
    order = which.get("orderBy") or {"field": "CREATED_AT", "direction": "DESC"}
    if order["field"] == "NAME":
        found = sorted(found, key=lambda one: one.name, reverse=order["direction"] == "DESC")
    elif order["direction"] == "ASC":
        found = found[::-1]
    start = int(base64.b64decode(which["after"])) if which.get("after") else 0
    end = start + min(which.get("first") or _MOST, _MOST)
    nodes = [_release(asked, one, latest) for one in found[start:end]]
    cursors = [base64.b64encode(str(place).encode()).decode() for place in (start, end)]
    return {
        "nodes": nodes,
        "totalCount": len(found),
        "pageInfo": {
            "hasNextPage": end < len(found),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0],
            "endCursor": cursors[1],
        },
    }


def _release(asked: Asked, one: Release, latest: int) -> dict[str, Any]:
    said = releases.told(asked, one)
    return {
        "id": said["node_id"],
        "databaseId": one.id & 0x7FFFFFFF,
        "name": one.name,
        "tagName": one.tag,
        "description": one.body,
        "isDraft": one.draft,
        "isPrerelease": one.prerelease,
        "isLatest": one.id == latest,
        "immutable": False,
        "createdAt": one.created,
        "publishedAt": one.published or None,
        "updatedAt": one.created,
        "url": said["html_url"],
        "resourcePath": f"/{asked.control.repository}/releases/tag/{one.tag}",
        "author": _person(asked, one.by),
    }


def _nothing() -> dict[str, Any]:
    page = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    return {"nodes": [], "totalCount": 0, "pageInfo": page}
