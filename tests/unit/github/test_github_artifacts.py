"""An artifact that a run leaves is told to the journal, with what small JSON files of it say."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Mapping

import httpx
import pytest
from github_world import REPOSITORY, SOMEBODY, WHEN

from harness.clock import SystemClock
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.left import READABLE
from harness.github.oidc import Issuer
from harness.journal import Record, read_journal

pytestmark = pytest.mark.unit

SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService"


def packed(files: Mapping[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return archive.getvalue()


def uploaded(control: ControlPlane, archive: bytes) -> list[Record]:
    """Upload as actions/upload-artifact does; what the journal was told."""
    control.origin.tag_release("v1.0.0", control.origin.head(), author=SOMEBODY, when=WHEN)
    api = GitHubApi(control, Issuer.generate(), clock=SystemClock())
    run = control.dispatch(
        "deploy.yml",
        ref="v1.0.0",
        inputs={"environment": "prod", "reason": "the site is down"},
        actor="on-call",
    )
    (job,) = control.archive.jobs_of(run)
    token = {"authorization": f"Bearer {api.admit(run, job).runtime}"}

    async def upload() -> None:
        transport = httpx.ASGITransport(api.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://github") as client:
            named = {"name": "emergency-audit", "version": 4}
            made = await client.post(f"{SERVICE}/CreateArtifact", json=named, headers=token)
            await client.put(made.json()["signed_upload_url"], content=archive)
            done = await client.post(f"{SERVICE}/FinalizeArtifact", json=named, headers=token)
            assert done.json()["ok"], REPOSITORY

    asyncio.run(upload())
    told = [r for r in read_journal(control.journal.path) if r.kind == "artifact"]
    assert [record.data["run"] for record in told] == [run.key]
    return told


def test_an_artifact_is_told_with_its_files(control: ControlPlane) -> None:
    archive = packed({"audit.json": '{"run": "1"}', "page.html": "<html>"})
    (told,) = uploaded(control, archive)
    assert told.data["name"] == "emergency-audit"
    assert told.data["size"] == len(archive)
    assert told.data["files"] == [
        {"name": "audit.json", "size": 12},
        {"name": "page.html", "size": 6},
    ]
    assert told.data["contents"] == {"audit.json": '{"run": "1"}'}


def test_the_words_of_a_large_file_are_left_out(control: ControlPlane) -> None:
    (told,) = uploaded(control, packed({"large.json": "0" * (READABLE + 1), "small.json": "[]"}))
    assert told.data["contents"] == {"small.json": "[]"}
    assert len(told.data["files"]) == 2


def test_what_is_no_archive_is_told_all_the_same(control: ControlPlane) -> None:
    (told,) = uploaded(control, b"no archive at all")
    assert told.data["files"] == []
    assert told.data["contents"] == {}


def test_secrets_in_an_artifact_do_not_reach_the_journal(control: ControlPlane) -> None:
    control.journal.mask(["correct-horse"])
    (told,) = uploaded(control, packed({"audit.json": '{"why": "correct-horse"}'}))
    assert told.data["contents"] == {"audit.json": '{"why": "***"}'}
