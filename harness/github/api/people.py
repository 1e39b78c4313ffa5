"""People, the organisation, its teams, and who may what in the repository.

https://docs.github.com/en/rest/users/users
https://docs.github.com/en/rest/collaborators/collaborators
https://docs.github.com/en/rest/teams/members
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.access import BOT
from harness.github.api.desk import NOT_PERMITTED, Asked, Desk, anywhere, repository
from harness.github.api.pages import listed
from harness.github.api.shapes import began_at, node_id, owner, rights, user
from harness.github.numbers import number_of

#: The old names of roles, which `permission` still has.
_OLD = {"maintain": "write", "triage": "read"}
COLLABORATOR = "/collaborators/{handle}"


def routes(desk: Desk) -> list[Route]:
    """What can be asked of people."""
    members = "/orgs/{org}/teams/{team}/members"
    return [
        anywhere(desk, "/user", get_me),
        anywhere(desk, "/users/{handle}", get_user),
        anywhere(desk, "/orgs/{org}", get_organization),
        anywhere(desk, "/orgs/{org}/members", list_members),
        anywhere(desk, "/orgs/{org}/members/{handle}", check_member),
        anywhere(desk, "/orgs/{org}/teams", list_teams),
        anywhere(desk, "/orgs/{org}/teams/{team}", get_team),
        anywhere(desk, members, list_members_of_team),
        anywhere(desk, "/orgs/{org}/teams/{team}/memberships/{handle}", get_membership),
        repository(desk, "/collaborators", list_collaborators, needs="metadata:read"),
        repository(desk, COLLABORATOR, check_collaborator, needs="metadata:read"),
        repository(desk, f"{COLLABORATOR}/permission", get_permission, needs="metadata:read"),
        repository(desk, "/teams", list_teams_of_repository, needs="administration:read"),
    ]


def get_me(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/users/users#get-the-authenticated-user ."""
    if asked.asker.run:
        # The token of a job is no person's.
        raise DispatchError(NOT_PERMITTED, status=403)
    return JSONResponse(_whole(asked, user(asked, asked.handle)))


def get_user(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/users/users#get-a-user ."""
    handle = asked.text("handle")
    if handle.lower() == _organization(asked).lower():
        return JSONResponse(_whole(asked, owner(asked)))
    if handle == BOT:
        return JSONResponse(_whole(asked, user(asked, BOT)))
    return JSONResponse(_whole(asked, user(asked, _known(asked, handle))))


def get_organization(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/orgs/orgs#get-an-organization ."""
    _ours(asked)
    said = owner(asked)
    url = f"{asked.api}/orgs/{said['login']}"
    began = began_at(asked.control.origin.path)
    return JSONResponse(
        {
            **{name: said[name] for name in ("login", "id", "node_id", "avatar_url", "html_url")},
            "url": url,
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events",
            "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues",
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "description": None,
            "has_organization_projects": False,
            "has_repository_projects": False,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "type": "Organization",
            "created_at": began,
            "updated_at": began,
            "archived_at": None,
        }
    )


def list_members(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/orgs/members#list-organization-members ."""
    _ours(asked, people_only=True)
    return listed(asked, [user(asked, handle) for handle in _members(asked)])


def check_member(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/orgs/members#check-organization-membership-for-a-user ."""
    _ours(asked, people_only=True)
    _known(asked, asked.text("handle"))
    return Response(status_code=204)


def list_teams(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/teams/teams#list-teams ."""
    _ours(asked, people_only=True)
    return listed(asked, [told_team(asked, name) for name in asked.desk.people.teams()])


def get_team(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/teams/teams#get-a-team-by-name ."""
    _in_team(asked)
    return JSONResponse(told_team(asked, asked.text("team")))


def list_members_of_team(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/teams/members#list-team-members ."""
    return listed(asked, [user(asked, handle) for handle in _in_team(asked)])


def get_membership(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user ."""
    handle, team = asked.text("handle"), asked.text("team")
    if handle.lower() not in {one.lower() for one in _in_team(asked)}:
        raise DispatchError("Not Found", status=404)
    url = f"{asked.api}/orgs/{_organization(asked)}/teams/{team}/memberships/{handle}"
    return JSONResponse({"url": url, "role": "member", "state": "active"})


def list_collaborators(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/collaborators/collaborators#list-repository-collaborators ."""
    found = []
    for handle in _members(asked):
        role = asked.desk.people.role_of(handle)
        if role != "none":
            found.append({**user(asked, handle), "permissions": rights(role), "role_name": role})
    return listed(asked, found)


def check_collaborator(asked: Asked) -> Response:
    """Whether somebody may see the repository.

    https://docs.github.com/en/rest/collaborators/collaborators#check-if-a-user-is-a-repository-collaborator
    """
    handle = _known(asked, asked.text("handle"))
    if asked.desk.people.role_of(handle) == "none":
        raise DispatchError("Not Found", status=404)
    return Response(status_code=204)


def get_permission(asked: Asked) -> Response:
    """What somebody may do.

    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    handle = _known(asked, asked.text("handle"))
    role = asked.desk.people.role_of(handle)
    return JSONResponse(
        {
            "permission": _OLD.get(role, role),
            "role_name": role,
            "user": {**user(asked, handle), "permissions": rights(role), "role_name": role},
        }
    )


def list_teams_of_repository(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/repos#list-repository-teams ."""
    return listed(asked, [told_team(asked, name) for name in asked.desk.people.teams()])


def told_team(asked: Asked, slug: str) -> dict[str, Any]:
    """What GitHub says of a team."""
    number, organization = number_of(f"team {slug}"), _organization(asked)
    url = f"{asked.api}/orgs/{organization}/teams/{slug}"
    return {
        "id": number,
        "node_id": node_id("Team", number),
        "name": slug,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "push",
        "url": url,
        "html_url": f"{asked.web}/orgs/{organization}/teams/{slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": number_of(organization),
        "parent": None,
    }


def _whole(asked: Asked, short: dict[str, Any]) -> dict[str, Any]:
    began = began_at(asked.control.origin.path)
    nothing = ("company", "location", "email", "hireable", "bio", "twitter_username")
    none = ("public_repos", "public_gists", "followers", "following", "private_gists")
    few = ("total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
    return {
        **short,
        "name": short["login"],
        "blog": "",
        **dict.fromkeys(nothing),
        **dict.fromkeys((*none, *few), 0),
        "two_factor_authentication": True,
        "created_at": began,
        "updated_at": began,
    }


def _organization(asked: Asked) -> str:
    return asked.control.repository.split("/")[0]


def _ours(asked: Asked, *, people_only: bool = False) -> None:
    if asked.text("org").lower() != _organization(asked).lower():
        raise DispatchError("Not Found", status=404)
    if people_only and asked.asker.run:
        # `members` is no permission that a job's token can have.
        raise DispatchError(NOT_PERMITTED, status=403)


def _in_team(asked: Asked) -> list[str]:
    _ours(asked, people_only=True)
    wanted = asked.text("team").lower()
    for name, handles in asked.desk.people.teams().items():
        if name.lower() == wanted:
            return sorted(handles)
    raise DispatchError("Not Found", status=404)


def _members(asked: Asked) -> list[str]:
    return sorted(asked.desk.people.handles(), key=str.lower)


def _known(asked: Asked, handle: str) -> str:
    for known in asked.desk.people.handles():
        if known.lower() == handle.lower():
            return known
    raise DispatchError("Not Found", status=404)
