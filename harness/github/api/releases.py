"""Releases: https://docs.github.com/en/rest/releases/releases ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api import commits, git_data
from harness.github.api.desk import Asked, Desk, cannot, repository
from harness.github.api.pages import listed
from harness.github.api.shapes import node_id, user
from harness.github.archive import Release

ONE = "/releases/{release:int}"
FIRST = 200_000_001
_FIELDS = {"tag_name": "tag", "target_commitish": "target", "name": "name", "body": "body"}


def routes(desk: Desk) -> list[Route]:
    """What can be asked of releases."""
    read, write = "contents:read", "contents:write"
    return [
        repository(desk, "/releases", list_releases, needs=read),
        repository(desk, "/releases", create_release, needs=write, methods=["POST"]),
        repository(desk, "/releases/latest", get_latest, needs=read),
        repository(desk, "/releases/tags/{tag:path}", get_by_tag, needs=read),
        repository(desk, ONE, get_release, needs=read),
        repository(desk, ONE, update_release, needs=write, methods=["PATCH"]),
        repository(desk, ONE, delete_release, needs=write, methods=["DELETE"]),
        repository(desk, f"{ONE}/assets", list_assets, needs=read),
        repository(desk, f"{ONE}/assets", add_asset, needs=write, methods=["POST"]),
    ]


def list_releases(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/releases#list-releases ."""
    # As GitHub: drafts are for those who may push.
    drafts = asked.asker.may("contents", "write")
    found = [one for one in newest_first(asked) if drafts or not one.draft]
    return listed(asked, [told(asked, one) for one in found])


def get_latest(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/releases#get-the-latest-release ."""
    for one in newest_first(asked):
        if not one.draft and not one.prerelease:
            return JSONResponse(told(asked, one))
    raise DispatchError("Not Found", status=404)


def get_by_tag(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/releases#get-a-release-by-tag-name ."""
    for one in asked.control.archive.releases.find(tag=asked.text("tag")):
        if not one.draft:
            return JSONResponse(told(asked, one))
    raise DispatchError("Not Found", status=404)


def get_release(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/releases#get-a-release ."""
    return JSONResponse(told(asked, _of(asked)))


def create_release(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/releases#create-a-release ."""
    control, tag = asked.control, asked.given("tag_name", str)
    if asked.given("generate_release_notes", bool, default=False):
        raise cannot("generate release notes")
    draft = asked.given("draft", bool, default=False)
    now = _now(asked)
    with control.changing():
        if any(not one.draft for one in control.archive.releases.find(tag=tag)):
            raise DispatchError(
                "Validation Failed: a release with this tag_name already exists (already_exists)"
            )
        release = Release(
            id=control.archive.store.next_number("releases", first=FIRST),
            tag=tag,
            target=asked.given("target_commitish", str, default=control.origin.default_branch),
            name=asked.given("name", str, default=tag),
            body=asked.given("body", str, default=""),
            draft=draft,
            prerelease=asked.given("prerelease", bool, default=False),
            by=asked.handle,
            created=now,
            published="" if draft else now,
        )
        _let_there_be_a_tag(asked, release)
        control.archive.releases.put(release)
    return JSONResponse(told(asked, release), 201)


def update_release(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/releases#update-a-release ."""
    changes: dict[str, Any] = {
        own: asked.given(name, str) for name, own in _FIELDS.items() if name in asked.body()
    }
    for flag in ("draft", "prerelease"):
        if flag in asked.body():
            changes[flag] = asked.given(flag, bool)
    with asked.control.changing():
        release = replace(_of(asked), **changes)
        if not release.draft and not release.published:
            release = replace(release, published=_now(asked))
        _let_there_be_a_tag(asked, release)
        asked.control.archive.releases.put(release)
    return JSONResponse(told(asked, release))


def delete_release(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/releases#delete-a-release ."""
    asked.control.archive.releases.remove(_of(asked).id)
    return Response(status_code=204)


def list_assets(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/assets#list-release-assets ."""
    _of(asked)
    return listed(asked, [])


def add_asset(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/releases/assets#upload-a-release-asset ."""
    raise cannot("keep assets of releases: keep artifacts of runs instead")


def newest_first(asked: Asked) -> list[Release]:
    """All releases, the newest first."""
    return asked.control.archive.releases.find(newest_first=True)


def told(asked: Asked, one: Release) -> dict[str, Any]:
    """What GitHub says of a release."""
    url = asked.url(f"/releases/{one.id}")
    page = "untagged-" + str(one.id) if one.draft else one.tag
    uploads = "https://uploads.github.com" if asked.by_name else f"{asked.root}/api/uploads"
    return {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{uploads}/repos/{asked.control.repository}/releases/{one.id}/assets"
        "{?name,label}",
        "html_url": asked.page(f"/releases/tag/{page}"),
        "id": one.id,
        "author": user(asked, one.by),
        "node_id": node_id("Release", one.id),
        "tag_name": one.tag,
        "target_commitish": one.target,
        "name": one.name,
        "draft": one.draft,
        "immutable": False,
        "prerelease": one.prerelease,
        "created_at": one.created,
        "updated_at": one.created,
        "published_at": one.published or None,
        "assets": [],
        "tarball_url": None if one.draft else asked.url(f"/tarball/{one.tag}"),
        "zipball_url": None if one.draft else asked.url(f"/zipball/{one.tag}"),
        "body": one.body,
    }


def _let_there_be_a_tag(asked: Asked, release: Release) -> None:
    """A release that is published has a tag; GitHub makes it where there is none."""
    name = f"refs/tags/{release.tag}"
    if not release.draft and name not in asked.control.origin.tips():
        commit = commits.commit_named(asked, release.target)
        git_data.move(asked, name, commit, create=True)


def _of(asked: Asked) -> Release:
    found = asked.control.archive.releases.get(asked.number("release"))
    if found is None:
        raise DispatchError("Not Found", status=404)
    return found


def _now(asked: Asked) -> str:
    return asked.desk.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
