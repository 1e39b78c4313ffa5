"""Git's own objects: refs, tags, trees and blobs. https://docs.github.com/en/rest/git"""

from __future__ import annotations

import base64
import os
import re
import subprocess
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError, ProcessError
from harness.github.api.access import BOT
from harness.github.api.desk import Asked, Desk, cannot, repository
from harness.github.api.pages import listed
from harness.github.api.shapes import BOT_ID, node_id, stamp
from harness.github.git import CLEAN, git, signature
from harness.github.pushes import Pusher

_SHA = re.compile(r"[0-9a-f]{40}")
#: How many entries a tree tells of.
_MOST_ENTRIES = 100_000


def routes(desk: Desk) -> list[Route]:
    """What can be asked of git's objects."""
    read, write = "contents:read", "contents:write"
    one = "/git/refs/{ref:path}"
    return [
        repository(desk, "/git/ref/{ref:path}", get_ref, needs=read),
        repository(desk, "/git/matching-refs/{ref:path}", list_matching, needs=read),
        repository(desk, "/git/refs", list_refs, needs=read),
        repository(desk, "/git/refs", create_ref, needs=write, methods=["POST"]),
        repository(desk, one, get_ref, needs=read),
        repository(desk, one, update_ref, needs=write, methods=["PATCH"]),
        repository(desk, one, delete_ref, needs=write, methods=["DELETE"]),
        repository(desk, "/git/tags", create_tag, needs=write, methods=["POST"]),
        repository(desk, "/git/tags/{sha}", get_tag, needs=read),
        repository(desk, "/git/trees/{sha:path}", get_tree, needs=read),
        repository(desk, "/git/blobs/{sha}", get_blob, needs=read),
        repository(desk, "/git/{kind}", create_object, needs=write, methods=["POST"]),
    ]


def get_ref(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/refs#get-a-reference ."""
    name = f"refs/{asked.text('ref')}"
    tips = asked.control.origin.tips()
    if name not in tips:
        raise DispatchError("Not Found", status=404)
    return JSONResponse(_ref(asked, name, tips[name]))


def list_matching(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/refs#list-matching-references ."""
    return _refs(asked, f"refs/{asked.text('ref')}")


def list_refs(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/refs#list-matching-references ."""
    return _refs(asked, "refs/")


def create_ref(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/refs#create-a-reference ."""
    name, sha = asked.given("ref", str), asked.given("sha", str)
    if not name.startswith("refs/") or name.count("/") < 2:
        raise DispatchError("Reference name must start with 'refs/' and have at least two slashes.")
    if name in asked.control.origin.tips():
        raise DispatchError("Reference already exists")
    move(asked, name, sha, create=True)
    return JSONResponse(_ref(asked, name, sha), 201)


def update_ref(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/refs#update-a-reference ."""
    name, sha = f"refs/{asked.text('ref')}", asked.given("sha", str)
    origin = asked.control.origin
    before = origin.tips().get(name)
    if before is None:
        raise DispatchError("Reference does not exist")
    if not asked.given("force", bool, default=False):
        try:
            git(origin.path, "merge-base", "--is-ancestor", before, sha)
        except ProcessError:
            raise DispatchError("Update is not a fast forward") from None
    move(asked, name, sha)
    return JSONResponse(_ref(asked, name, sha))


def delete_ref(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/refs#delete-a-reference ."""
    name = f"refs/{asked.text('ref')}"
    control = asked.control
    if name not in control.origin.tips():
        raise DispatchError("Reference does not exist")
    if name == f"refs/heads/{control.origin.default_branch}":
        raise DispatchError("Cannot delete the default branch")
    who = pusher(asked)
    control.pushes.announce(who)
    git(control.origin.path, "update-ref", "-d", name)
    control.pushes.pushed(who)
    return Response(status_code=204)


def create_tag(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/tags#create-a-tag-object ."""
    tag, message = asked.given("tag", str), asked.given("message", str)
    target, kind = asked.given("object", str), asked.given("type", str)
    path = asked.control.origin.path
    _refuse_bad_name(asked, f"refs/tags/{tag}")
    if _type(asked, target) != kind:
        raise DispatchError(f"object {target} is no {kind}")
    given = asked.given("tagger", dict, default={})
    number = f"{BOT_ID}+" if asked.handle == BOT else ""
    name = str(given.get("name") or asked.handle)
    email = str(given.get("email") or f"{number}{asked.handle}@users.noreply.github.com")
    who = signature(name, email, asked.desk.clock.now())
    if date := given.get("date"):
        who["GIT_COMMITTER_DATE"] = str(date)
    ident = git(path, "var", "GIT_COMMITTER_IDENT", env=who)
    body = f"object {target}\ntype {kind}\ntag {tag}\ntagger {ident}\n\n{message.rstrip()}\n"
    sha = git(path, "mktag", stdin=body.encode())
    return JSONResponse(_tag(asked, sha), 201)


def get_tag(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/tags#get-a-tag ."""
    if _type(asked, asked.text("sha")) != "tag":
        raise DispatchError("Not Found", status=404)
    return JSONResponse(_tag(asked, asked.text("sha")))


def get_tree(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/trees#get-a-tree ."""
    path = asked.control.origin.path
    sha = git(path, "rev-parse", "--verify", "--quiet", f"{asked.text('sha')}^{{tree}}")
    deep = ["-r", "-t"] if asked.query("recursive") else []
    told = git(path, "ls-tree", "-z", "--long", *deep, sha)
    entries = []
    for line in filter(None, told.split("\0")):
        facts, name = line.split("\t", 1)
        mode, kind, own, size = facts.split()
        entry: dict[str, Any] = {"path": name, "mode": mode, "type": kind, "sha": own}
        if kind == "blob":
            entry["size"] = int(size)
        place = {"blob": "blobs", "tree": "trees"}.get(kind)
        if place:
            entry["url"] = asked.url(f"/git/{place}/{own}")
        entries.append(entry)
    return JSONResponse(
        {
            "sha": sha,
            "url": asked.url(f"/git/trees/{sha}"),
            "tree": entries[:_MOST_ENTRIES],
            "truncated": len(entries) > _MOST_ENTRIES,
        }
    )


def get_blob(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/blobs#get-a-blob ."""
    sha = asked.text("sha")
    if _type(asked, sha) != "blob":
        raise DispatchError("Not Found", status=404)
    content = contents_of(asked, sha)
    if "raw" in asked.request.headers.get("accept", ""):
        return Response(content, media_type="application/octet-stream")
    return JSONResponse(
        {
            "sha": sha,
            "node_id": node_id("Blob", sha),
            "size": len(content),
            "url": asked.url(f"/git/blobs/{sha}"),
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
        }
    )


def create_object(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/git/commits#create-a-commit ."""
    raise cannot(f"create git objects of {asked.text('kind')} by the API: push them with git")


def contents_of(asked: Asked, sha: str) -> bytes:
    """What a blob holds, whatever bytes they are."""
    done = subprocess.run(
        ["git", "cat-file", "blob", sha],
        cwd=asked.control.origin.path,
        env={**CLEAN, "PATH": os.environ.get("PATH", os.defpath)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise DispatchError("Not Found", status=404)
    return done.stdout


def pusher(asked: Asked) -> Pusher:
    """Whose push it is that the asker makes by the API."""
    run = asked.asker.run
    return Pusher(run.actor if run else asked.handle, run)


def move(asked: Asked, name: str, sha: str, *, create: bool = False) -> None:
    """Let a branch or tag stand at an object, with all that such a push starts.

    Raises:
        DispatchError: GitHub's 422, it cannot be.
    """
    kind = _type(asked, sha)
    if not _SHA.fullmatch(sha) or not kind:
        raise DispatchError(
            "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."
        )
    if name.startswith("refs/heads/") and kind != "commit":
        raise DispatchError("Object is not a commit")
    _refuse_bad_name(asked, name)
    who = pusher(asked)
    asked.control.pushes.announce(who)
    git(asked.control.origin.path, "update-ref", name, sha, *(["0" * 40] if create else []))
    asked.control.pushes.pushed(who)


def _refuse_bad_name(asked: Asked, name: str) -> None:
    try:
        git(asked.control.origin.path, "check-ref-format", name)
    except ProcessError:
        raise DispatchError(f"{name} is not a valid ref name") from None


def _type(asked: Asked, sha: str) -> str:
    """The kind of an object; empty where there is none."""
    try:
        return git(asked.control.origin.path, "cat-file", "-t", sha)
    except ProcessError:
        return ""


def _refs(asked: Asked, prefix: str) -> Response:
    tips = asked.control.origin.tips()
    found = {name: sha for name, sha in tips.items() if name.startswith(prefix)}
    return listed(asked, [_ref(asked, name, sha) for name, sha in found.items()])


def _ref(asked: Asked, name: str, sha: str) -> dict[str, Any]:
    kind = _type(asked, sha)
    return {
        "ref": name,
        "node_id": node_id("Ref", name),
        "url": asked.url(f"/git/{name}"),
        "object": {"sha": sha, "type": kind, "url": asked.url(f"/git/{kind}s/{sha}")},
    }


def _tag(asked: Asked, sha: str) -> dict[str, Any]:
    head, _, message = git(asked.control.origin.path, "cat-file", "tag", sha).partition("\n\n")
    fields = dict(line.split(" ", 1) for line in head.splitlines())
    person, _, times = fields["tagger"].rpartition("> ")
    name, _, email = person.partition(" <")
    target, kind = fields["object"], fields["type"]
    return {
        "node_id": node_id("Tag", sha),
        "sha": sha,
        "url": asked.url(f"/git/tags/{sha}"),
        "tagger": {"name": name, "email": email, "date": stamp(int(times.split()[0]))},
        "object": {"sha": target, "type": kind, "url": asked.url(f"/git/{kind}s/{target}")},
        "tag": fields["tag"],
        "message": message,
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }
