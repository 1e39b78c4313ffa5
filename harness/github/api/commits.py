"""Commits: https://docs.github.com/en/rest/commits/commits ."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError, ProcessError
from harness.github.api.desk import Asked, Desk, cannot, repository
from harness.github.api.pages import found_page
from harness.github.api.shapes import node_id, stamp, user
from harness.github.git import git

#: What is read of a commit, its message last.
FIELDS = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B"
#: The addresses that GitHub gives to those who hide theirs.
_HIDDEN = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com")
_STATUSES = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied"}
#: How many files a commit or a comparison tells of, and how many commits a comparison.
MOST_FILES, MOST_COMMITS = 300, 250
_UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def routes(desk: Desk) -> list[Route]:
    """What can be asked of commits."""
    return [
        repository(desk, "/commits", list_commits, needs="contents:read"),
        repository(desk, "/commits/{ref:path}", get_commit, needs="contents:read"),
        repository(desk, "/compare/{basehead:path}", compare, needs="contents:read"),
        repository(desk, "/git/commits/{sha}", get_git_commit, needs="contents:read"),
    ]


def list_commits(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/commits/commits#list-commits ."""
    path = asked.control.origin.path
    start = commit_named(asked, asked.query("sha") or asked.control.origin.default_branch)
    filters = [
        f"--{option}={asked.query(name)}"
        for name, option in (("author", "author"), ("since", "since"), ("until", "until"))
        if asked.query(name)
    ]
    only = ["--", asked.query("path")] if asked.query("path") else ["--"]
    total = int(git(path, "rev-list", "--count", *filters, start, *only))

    def find(limit: int, offset: int) -> list[dict[str, Any]]:
        some = [f"--max-count={limit}", f"--skip={offset}"]
        return [told(asked, one) for one in read(asked, *some, *filters, start, *only)]

    return found_page(asked, total, find)


def get_commit(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/commits/commits#get-a-commit ."""
    ref = asked.text("ref")
    if ref.rpartition("/")[2] in {"status", "statuses", "check-runs", "check-suites", "pulls"}:
        raise cannot(f"tell of /commits/{ref}: it keeps no checks and no statuses of commits")
    sha, accept = commit_named(asked, ref), asked.request.headers.get("accept", "")
    if "sha" in accept:
        return PlainTextResponse(sha)
    if "diff" in accept or "patch" in accept:
        form = (
            ["diff-tree", "--root", "-p"]
            if "diff" in accept
            else ["format-patch", "--stdout", "-1"]
        )
        return PlainTextResponse(git(asked.control.origin.path, *form, sha) + "\n")
    (one,) = read(asked, "--max-count=1", sha)
    parents = one["parents"]
    files = _files(asked, parents[0] if parents else "", sha)
    changed = {name: sum(file[name] for file in files) for name in ("additions", "deletions")}
    stats = {**changed, "total": sum(changed.values())}
    return JSONResponse({**told(asked, one), "stats": stats, "files": files})


def get_git_commit(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/commits#get-a-commit-object ."""
    (one,) = read(asked, "--max-count=1", f"{asked.text('sha')}^{{commit}}")
    return JSONResponse(
        {
            "sha": one["sha"],
            "node_id": node_id("Commit", one["sha"]),
            "url": asked.url(f"/git/commits/{one['sha']}"),
            "html_url": asked.page(f"/commit/{one['sha']}"),
            "author": one["author"],
            "committer": one["committer"],
            "message": one["message"],
            "tree": {"sha": one["tree"], "url": asked.url(f"/git/trees/{one['tree']}")},
            "parents": [_parent(asked, sha, "/git/commits") for sha in one["parents"]],
            "verification": _UNSIGNED,
        }
    )


def compare(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/commits/commits#compare-two-commits ."""
    first, dots, second = asked.text("basehead").partition("...")
    if not dots:
        raise DispatchError("Not Found", status=404)
    path = asked.control.origin.path
    base, head = commit_named(asked, first), commit_named(asked, second)
    try:
        merge_base = git(path, "merge-base", base, head)
    except ProcessError:
        raise DispatchError(
            f"No common ancestor between {first} and {second}.", status=404
        ) from None
    behind, ahead = map(
        int, git(path, "rev-list", "--left-right", "--count", f"{base}...{head}").split()
    )
    state = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    (at_base,), (at_merge,) = (read(asked, "--max-count=1", one) for one in (base, merge_base))
    commits = read(asked, "--reverse", f"--max-count={MOST_COMMITS}", f"{base}..{head}")
    page = asked.page(f"/compare/{first}...{second}")
    return JSONResponse(
        {
            "url": asked.url(f"/compare/{first}...{second}"),
            "html_url": page,
            "permalink_url": asked.page(f"/compare/{base}...{head}"),
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": told(asked, at_base),
            "merge_base_commit": told(asked, at_merge),
            "status": state.get((ahead > 0, behind > 0), "identical"),
            "ahead_by": ahead,
            "behind_by": behind,
            "total_commits": ahead,
            "commits": [told(asked, one) for one in commits],
            "files": _files(asked, merge_base, head),
        }
    )


def commit_named(asked: Asked, ref: str) -> str:
    """The commit of a branch, a tag, or of a SHA, short or long.

    Raises:
        DispatchError: GitHub's 422, there is none.
    """
    path = asked.control.origin.path
    for candidate in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
        if candidate == ref and not re.fullmatch(
            r"[0-9a-f]{4,40}|HEAD|refs/.+|(heads|tags)/.+", ref
        ):
            continue
        try:
            return git(path, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
        except ProcessError:
            continue
    raise DispatchError(f"No commit found for SHA: {ref}")


def read(asked: Asked, *which: str) -> list[dict[str, Any]]:
    """Commits, as `git log` finds them."""
    form = f"--format={FIELDS}%x01"
    output = git(asked.control.origin.path, "log", form, *which)
    found: list[dict[str, Any]] = []
    for entry in output.split("\x01"):
        if not entry.strip():
            continue
        sha, tree, parents, *people, message = entry.lstrip("\n").split("\0", 9)
        author, committer = people[:3], people[3:]
        found.append(
            {
                "sha": sha,
                "tree": tree,
                "parents": parents.split(),
                "author": _who(*author),
                "committer": _who(*committer),
                "message": message.rstrip("\n"),
            }
        )
    return found


def told(asked: Asked, one: dict[str, Any]) -> dict[str, Any]:
    """What GitHub says of a commit."""
    sha = one["sha"]
    return {
        "url": asked.url(f"/commits/{sha}"),
        "sha": sha,
        "node_id": node_id("Commit", sha),
        "html_url": asked.page(f"/commit/{sha}"),
        "comments_url": asked.url(f"/commits/{sha}/comments"),
        "commit": {
            "url": asked.url(f"/git/commits/{sha}"),
            "author": one["author"],
            "committer": one["committer"],
            "message": one["message"],
            "comment_count": 0,
            "tree": {"sha": one["tree"], "url": asked.url(f"/git/trees/{one['tree']}")},
            "verification": _UNSIGNED,
        },
        "author": _user_of(asked, one["author"]["email"]),
        "committer": _user_of(asked, one["committer"]["email"]),
        "parents": [_parent(asked, parent, "/commits") for parent in one["parents"]],
    }


def _parent(asked: Asked, sha: str, place: str) -> dict[str, Any]:
    url, page = asked.url(f"{place}/{sha}"), asked.page(f"/commit/{sha}")
    return {"sha": sha, "url": url, "html_url": page}


def _who(name: str, email: str, at: str) -> dict[str, str]:
    return {"name": name, "email": email, "date": stamp(int(at))}


def _user_of(asked: Asked, email: str) -> dict[str, Any] | None:
    """Whose address it is; GitHub knows nobody by an address that nobody has claimed."""
    hidden = _HIDDEN.fullmatch(email)
    return user(asked, hidden[1]) if hidden else None


def _files(asked: Asked, before: str, after: str) -> list[dict[str, Any]]:
    path = asked.control.origin.path
    span = [before, after] if before else ["--root", after]
    options = ("diff-tree", "-r", "--no-commit-id", "-M", "-z")
    names = git(path, *options, "--name-status", *span).split("\0")
    counted = git(path, *options, "--numstat", "--no-renames", *span).split("\0")
    counts = {}
    for entry in counted:
        if entry.count("\t") == 2:
            added, removed, changed = entry.split("\t")
            counts[changed] = (_count(added), _count(removed))
    found: list[dict[str, Any]] = []
    while len(names) > 1 and len(found) < MOST_FILES:
        status = names.pop(0)[:1]
        previous = names.pop(0) if status in {"R", "C"} else ""
        name = names.pop(0)
        plus, minus = counts.get(name, (0, 0))
        file: dict[str, Any] = {
            "sha": _blob(asked, after, name) if status != "D" else _blob(asked, before, name),
            "filename": name,
            "status": _STATUSES.get(status, "changed"),
            "additions": plus,
            "deletions": minus,
            "changes": plus + minus,
            "blob_url": asked.page(f"/blob/{after}/{name}"),
            "raw_url": asked.page(f"/raw/{after}/{name}"),
            "contents_url": asked.url(f"/contents/{name}?ref={after}"),
        }
        if previous:
            file["previous_filename"] = previous
        found.append(file)
    return found


def _blob(asked: Asked, commit: str, name: str) -> str:
    return git(asked.control.origin.path, "rev-parse", f"{commit}:{name}")


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else 0
