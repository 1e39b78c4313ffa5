"""The repository, its branches, tags and files. https://docs.github.com/en/rest/repos"""

from __future__ import annotations

import base64
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github import codeowners
from harness.github.api import commits
from harness.github.api.desk import Asked, Desk, cannot, repository
from harness.github.api.git_data import contents_of
from harness.github.api.pages import listed
from harness.github.api.shapes import node_id, repository_whole
from harness.github.git import git

READMES = ("README.md", "README", "README.rst", "README.txt", "docs/README.md")


def routes(desk: Desk) -> list[Route]:
    """What can be asked of the repository and of what is in it."""
    read, one = "contents:read", "/contents/{path:path}"
    return [
        repository(desk, "", get_repository, needs="metadata:read"),
        repository(desk, "/branches", list_branches, needs=read),
        repository(desk, "/branches/{branch:path}", get_branch, needs=read),
        repository(desk, "/tags", list_tags, needs="metadata:read"),
        repository(desk, "/readme", get_readme, needs=read),
        repository(desk, "/codeowners/errors", list_codeowners_errors, needs=read),
        repository(desk, "/contents", get_contents, needs=read),
        repository(desk, one, get_contents, needs=read),
        repository(desk, one, change, needs="contents:write", methods=["PUT", "DELETE"]),
    ]


def get_repository(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/repos#get-a-repository ."""
    return JSONResponse(repository_whole(asked))


def list_branches(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/branches/branches#list-branches ."""
    tips = asked.control.origin.tips()
    names = [name for name in tips if name.startswith("refs/heads/")]
    found = [
        {
            "name": name.removeprefix("refs/heads/"),
            "commit": {"sha": tips[name], "url": asked.url(f"/commits/{tips[name]}")},
            "protected": False,
        }
        for name in names
        if asked.query("protected") != "true"
    ]
    return listed(asked, found)


def get_branch(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/branches/branches#get-a-branch ."""
    branch = asked.text("branch")
    if branch.endswith("/protection"):
        raise DispatchError("Branch not protected", status=404)
    sha = asked.control.origin.tips().get(f"refs/heads/{branch}")
    if sha is None:
        raise DispatchError("Branch not found", status=404)
    (commit,) = commits.read(asked, "--max-count=1", sha)
    url = asked.url(f"/branches/{branch}")
    return JSONResponse(
        {
            "name": branch,
            "commit": commits.told(asked, commit),
            "_links": {"self": url, "html": asked.page(f"/tree/{branch}")},
            "protected": False,
            "protection": {
                "enabled": False,
                "required_status_checks": {
                    "enforcement_level": "off",
                    "contexts": [],
                    "checks": [],
                },
            },
            "protection_url": f"{url}/protection",
        }
    )


def list_tags(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/repos#list-repository-tags ."""
    found = [
        {
            "name": tag.name,
            "commit": {"sha": tag.commit, "url": asked.url(f"/commits/{tag.commit}")},
            "zipball_url": asked.url(f"/zipball/refs/tags/{tag.name}"),
            "tarball_url": asked.url(f"/tarball/refs/tags/{tag.name}"),
            "node_id": node_id("Ref", f"refs/tags/{tag.name}"),
        }
        for tag in sorted(asked.control.origin.tags(), key=lambda tag: tag.name, reverse=True)
    ]
    return listed(asked, found)


def list_codeowners_errors(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/repos#list-codeowners-errors ."""
    commit = _commit(asked)
    found = codeowners.find(lambda path: asked.control.origin.read_file(commit, path))
    if found is None:
        raise DispatchError("Not Found", status=404)
    return JSONResponse(
        {
            "errors": [
                {
                    "line": problem.line,
                    "column": problem.column,
                    "source": problem.source,
                    "kind": problem.kind,
                    "suggestion": problem.suggestion,
                    "message": problem.message,
                    "path": problem.path,
                }
                for problem in asked.desk.people.problems_of(found)
            ]
        }
    )


def get_readme(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/contents#get-a-repository-readme ."""
    commit = _commit(asked)
    there = git(asked.control.origin.path, "ls-tree", "-r", "--name-only", commit).splitlines()
    for name in READMES:
        if name in there:
            return _file(asked, commit, name)
    raise DispatchError("Not Found", status=404)


def get_contents(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/contents#get-repository-content ."""
    commit, name = _commit(asked), asked.request.path_params.get("path", "").strip("/")
    path = asked.control.origin.path
    kind = git(path, "cat-file", "-t", f"{commit}:{name}") if name else "tree"
    if kind == "blob":
        return _file(asked, commit, name)
    where = f"{name}/" if name else ""
    entries = git(path, "ls-tree", "-z", "--long", commit, "--", *([where] if where else []))
    found = []
    for line in filter(None, entries.split("\0")):
        facts, full = line.split("\t", 1)
        _, inner, sha, size = facts.split()
        found.append(_entry(asked, commit, full, inner, sha, int(size) if size != "-" else 0))
    return JSONResponse(found)


def change(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents ."""
    raise cannot("change files by the API: push them with git")


def _commit(asked: Asked) -> str:
    try:
        return commits.commit_named(
            asked, asked.query("ref") or asked.control.origin.default_branch
        )
    except DispatchError:
        raise DispatchError(
            f"No commit found for the ref {asked.query('ref')}", status=404
        ) from None


def _file(asked: Asked, commit: str, name: str) -> Response:
    sha = git(asked.control.origin.path, "rev-parse", f"{commit}:{name}")
    content = contents_of(asked, sha)
    if "raw" in asked.request.headers.get("accept", ""):
        return Response(content, media_type="application/octet-stream")
    told = _entry(asked, commit, name, "blob", sha, len(content))
    encoded = base64.encodebytes(content).decode()
    return JSONResponse({**told, "content": encoded, "encoding": "base64"})


def _entry(asked: Asked, commit: str, name: str, kind: str, sha: str, size: int) -> dict[str, Any]:
    ref = asked.query("ref") or asked.control.origin.default_branch
    url = asked.url(f"/contents/{name}?ref={ref}")
    place, word = ("trees", "dir") if kind == "tree" else ("blobs", "file")
    data = asked.url(f"/git/{place}/{sha}")
    page = asked.page(f"/{'tree' if kind == 'tree' else 'blob'}/{ref}/{name}")
    raw = None if kind == "tree" else asked.page(f"/raw/{commit}/{name}")
    return {
        "name": name.rpartition("/")[2],
        "path": name,
        "sha": sha,
        "size": size,
        "url": url,
        "html_url": page,
        "git_url": data,
        "download_url": raw,
        "type": word,
        "_links": {"self": url, "git": data, "html": page},
    }
