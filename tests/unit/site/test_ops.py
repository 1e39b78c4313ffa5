"""The reference site's scripts: who may, and what the last known good release is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

SITE = Path(__file__).parents[3] / "scenarios" / "sites" / "reference"
BOTH = ["infrastructure", "content"]


def record(
    release: str | None,
    *,
    layers: list[str] | None = None,
    live: dict[str, str] | None = None,
    outcome: str = "success",
    replaces: tuple[str, ...] = (),
    commit: str = "",
) -> dict[str, Any]:
    """A release record; commits are named after releases, so that a test can be read."""
    commit = commit or f"commit of {release}"
    return {
        "release": release,
        "commit": commit,
        "layers": layers or BOTH,
        "live": live or dict.fromkeys(BOTH, commit),
        "outcome": outcome,
        "replaces": list(replaces),
    }


def last_known_good(records: list[dict[str, Any]], layers: list[str]) -> str | None:
    script = (
        "const { lastKnownGood } = require('./ops/releases.js');"
        "const [records, layers] = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(lastKnownGood(records, layers)));"
    )
    done = subprocess.run(
        ["node", "-e", script],
        cwd=SITE,
        input=json.dumps([records, layers]).encode(),
        capture_output=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return found["release"] if found else None


V1, V2, V3 = record("v1.0.0"), record("v1.1.0"), record("v1.2.0")
COMMIT1, COMMIT2, COMMIT3 = V1["commit"], V2["commit"], V3["commit"]
BACK_TO_2 = record("v1.1.0", replaces=(COMMIT3,))
CONTENT_BACK_TO_2 = record(
    "v1.1.0",
    layers=["content"],
    live={"content": COMMIT2, "infrastructure": COMMIT3},
    replaces=(COMMIT3,),
)


@pytest.mark.parametrize(
    ("records", "layers", "expected"),
    [
        ([V1, V2, V3], BOTH, "v1.1.0"),
        ([V1, V2, V3], ["content"], "v1.1.0"),
        ([V1, V2, record("v1.2.0", outcome="failure")], BOTH, "v1.1.0"),
        ([V1, record("v1.1.0", outcome="failure"), V3], BOTH, "v1.0.0"),
        ([V1, V2, V3, BACK_TO_2], BOTH, "v1.0.0"),
        ([V1, V2, V3, BACK_TO_2, record("v1.3.0")], BOTH, "v1.1.0"),
        ([V1, V2, V3, CONTENT_BACK_TO_2], ["infrastructure"], "v1.1.0"),
        ([V1, V2, V3, CONTENT_BACK_TO_2], BOTH, "v1.1.0"),
        ([V1, V2, V3, CONTENT_BACK_TO_2], ["content"], "v1.0.0"),
        ([V1, V2, record(None, commit="a hotfix", replaces=(COMMIT2,))], BOTH, "v1.0.0"),
        ([V1, record("v0.0.0-hotfix.20260101T000000Z", commit="x"), V2], BOTH, "v1.0.0"),
        ([record("v1.0.0-rc.1", commit="x"), V2], BOTH, None),
        ([V1], BOTH, None),
        ([], BOTH, None),
    ],
)
def test_last_known_good(
    records: list[dict[str, Any]], layers: list[str], expected: str | None
) -> None:
    assert last_known_good(records, layers) == expected


@pytest.mark.parametrize(
    ("handle", "owns"),
    [
        ("harbourlight-ops", True),
        ("HarbourLight-OPS", True),
        ("harbourlight-oncall", True),
        ("harbourlight-op", False),
        ("harbourlight-ops2", False),
        ("harbourlight", False),
        ("ops", False),
        (".*", False),
        ("", False),
        ("harbourlight-web", False),
    ],
)
def test_code_owners_are_matched_by_whole_handle(handle: str, owns: bool) -> None:
    done = subprocess.run(
        ["ops/code-owner", handle, ".github/workflows/emergency.yml"], cwd=SITE, check=False
    )
    assert (done.returncode == 0) is owns


def test_the_last_matching_line_counts(tmp_path: Path) -> None:
    shutil.copytree(SITE / "ops", tmp_path / "ops")
    (tmp_path / ".github").mkdir()
    owners = "/.github/ @first\n* @everybody # the last line that matches wins\n"
    (tmp_path / ".github" / "CODEOWNERS").write_text(owners)

    def owns(handle: str) -> bool:
        command = ["ops/code-owner", handle, ".github/workflows/emergency.yml"]
        return subprocess.run(command, cwd=tmp_path, check=False).returncode == 0

    assert owns("everybody")
    assert not owns("first")
    assert not owns("#")


@pytest.mark.parametrize("what", ["pages", "links"])
def test_the_sites_own_checks_pass_and_can_fail(what: str, tmp_path: Path) -> None:
    shutil.copytree(SITE / "ops", tmp_path / "ops")
    shutil.copytree(SITE / "src", tmp_path / "src")

    def status() -> int:
        return subprocess.run(["ops/check-content", what], cwd=tmp_path, check=False).returncode

    assert status() == 0
    page = tmp_path / "src" / "about" / "index.html"
    text = page.read_text()
    page.write_text(text[:-20] if what == "pages" else text.replace("/css/site.css", "/css/x.css"))
    assert status() == 1
