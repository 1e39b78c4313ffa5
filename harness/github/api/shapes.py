"""What GitHub says of people and of the repository, wherever it speaks of them.

https://docs.github.com/en/rest/users/users#get-a-user
https://docs.github.com/en/rest/repos/repos#get-a-repository
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.github.api.access import BOT
from harness.github.api.desk import Asked
from harness.github.git import git
from harness.github.numbers import number_of
from harness.github.people import Role, at_least

#: GitHub's own, of the app whose token jobs have.
BOT_ID = 41898282
_RIGHTS: Mapping[str, Role] = {
    "admin": "admin",
    "maintain": "maintain",
    "push": "write",
    "triage": "triage",
    "pull": "read",
}
_OF_USERS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_OF_REPOSITORIES = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def node_id(kind: str, number: int | str) -> str:
    """https://docs.github.com/en/graphql/guides/using-global-node-ids ."""
    return base64.b64encode(f"{len(kind):03}:{kind}{number}".encode()).decode()


def user(asked: Asked, handle: str, *, kind: str = "User") -> dict[str, Any]:
    """A person, the organisation, or the app whose token jobs have."""
    bot = handle == BOT
    number = BOT_ID if bot else number_of(handle)
    url = f"{asked.api}/users/{handle}"
    page = f"{asked.web}/apps/github-actions" if bot else f"{asked.web}/{handle}"
    return {
        "login": handle,
        "id": number,
        "node_id": node_id("Bot" if bot else kind, number),
        "avatar_url": f"{asked.web}/identicons/{handle}.png",
        "gravatar_id": "",
        "url": url,
        "html_url": page,
        **{name: url + path for name, path in _OF_USERS.items()},
        "type": "Bot" if bot else kind,
        "site_admin": False,
    }


def owner(asked: Asked) -> dict[str, Any]:
    """The organisation that the repository belongs to."""
    return user(asked, asked.control.repository.split("/")[0], kind="Organization")


def repository_in_short(asked: Asked) -> dict[str, Any]:
    """The repository, as runs and others speak of it."""
    url, full_name = asked.url(), asked.control.repository
    return {
        "id": number_of(full_name),
        "node_id": node_id("Repository", number_of(full_name)),
        "name": full_name.split("/")[1],
        "full_name": full_name,
        "private": True,
        "owner": owner(asked),
        "html_url": asked.page(),
        "description": None,
        "fork": False,
        "url": url,
        **{name: url + path for name, path in _OF_REPOSITORIES.items()},
    }


def repository_whole(asked: Asked) -> dict[str, Any]:
    """The repository, asked for by itself; `permissions` are the asker's."""
    origin = asked.control.origin
    began, pushed = began_at(origin.path), _pushed_at(asked)
    host = asked.root.split("://")[1] if not asked.by_name else "github.com"
    role = "none" if asked.asker.run else asked.asker.role
    return {
        **repository_in_short(asked),
        "git_url": f"git://{host}/{asked.control.repository}.git",
        "ssh_url": f"git@{host}:{asked.control.repository}.git",
        "clone_url": f"{asked.page()}.git",
        "svn_url": asked.page(),
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "forks": 0,
        "forks_count": 0,
        "stargazers_count": 0,
        "watchers": 0,
        "watchers_count": 0,
        "size": _kilobytes(origin.path),
        "default_branch": origin.default_branch,
        "open_issues": 0,
        "open_issues_count": 0,
        "is_template": False,
        "topics": [],
        "has_issues": False,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": False,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "visibility": "private",
        "pushed_at": pushed,
        "created_at": began,
        "updated_at": pushed,
        "subscribers_count": 0,
        "network_count": 0,
        "license": None,
        "organization": owner(asked),
        "permissions": rights(role),
    }


def rights(role: str) -> dict[str, bool]:
    """What a role may do, by GitHub's old names."""
    return {name: at_least(role, needed) for name, needed in _RIGHTS.items()}


@lru_cache(maxsize=64)
def began_at(path: Path) -> str:
    """When the repository in this folder began, in UTC."""
    told = git(path, "log", "--all", "--reverse", "--format=%ct", "--max-parents=0")
    return stamp(int(told.splitlines()[0]) if told else 0)


def stamp(seconds: int) -> str:
    """A time as GitHub writes it, of seconds since 1970."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pushed_at(asked: Asked) -> str:
    told = git(
        asked.control.origin.path,
        "for-each-ref",
        "--sort=-committerdate",
        "--count=1",
        "--format=%(committerdate:unix)",
        "refs/heads",
    )
    return stamp(int(told or 0))


def _kilobytes(path: Path) -> int:
    packs = (path / "objects").glob("pack/*.pack")
    return sum(file.stat().st_size for file in packs) // 1024
