"""How an emergency operation gets its tag, as bash and git do it: each second has room for one."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from harness.github.git import git
from harness.resources import reference_site

pytestmark = pytest.mark.unit

SITES = reference_site().parent


def _of_the_reference_site(_: str) -> list[str]:
    text = (SITES / "reference/.github/workflows/emergency.yml").read_text(encoding="utf-8")
    steps = yaml.safe_load(text)["jobs"]["operate"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("name") == "Tag the operation"]
    return ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]


def _of_the_terraform_site(commit: str) -> list[str]:
    return [str(SITES / "terraform/bin/tag-operation"), commit]


COMMANDS = {"reference": _of_the_reference_site, "terraform": _of_the_terraform_site}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one commit, of an origin that is `../origin`."""
    path = tmp_path / "clone"
    git(tmp_path, "init", "-q", "--bare", "origin")
    git(tmp_path, "init", "-q", "clone")
    git(path, "remote", "add", "origin", str(tmp_path / "origin"))
    git(path, "config", "user.name", "somebody")
    git(path, "config", "user.email", "somebody@example.com")
    git(path, "commit", "-q", "--allow-empty", "-m", "Begin")
    return path


def tag(site: str, clone: Path) -> tuple[int, str, str]:
    """Exit code, the step's output, and what was said."""
    commit = git(clone, "rev-parse", "HEAD")
    told = clone.parent / "output"
    told.touch()
    done = subprocess.run(
        COMMANDS[site](commit),
        cwd=clone,
        env={
            "PATH": os.environ["PATH"],
            "COMMIT": commit,
            "ENVIRONMENT": "staging",
            "GITHUB_ACTOR": "somebody",
            "GITHUB_OUTPUT": str(told),
            "GITHUB_REPOSITORY": "team/site",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "42",
            "GITHUB_SERVER_URL": "https://github.com",
            "LAYERS": "content",
            "METHOD": "content_only",
            "OPERATION": "rollback",
            "REASON": "Half of the page was missing",
            "REQUESTED": "2026-01-05T10:00:00Z",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, told.read_text(encoding="utf-8"), done.stdout + done.stderr


@pytest.mark.parametrize("site", COMMANDS)
def test_an_operation_of_the_same_second_takes_another_one(site: str, clone: Path) -> None:
    now = int(time.time())
    taken = [
        f"v0.0.0-rollback.{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}"
        for at in range(now, now + 3)
    ]
    for name in taken:
        git(clone, "tag", name)
    git(clone, "push", "-q", "origin", *taken)
    git(clone, "tag", "--delete", *taken)

    code, output, said = tag(site, clone)

    assert code == 0, said
    name = output.strip().removeprefix("tag=")
    assert name not in taken
    assert git(clone, "ls-remote", "--tags", "origin", name)
    message = git(
        clone.parent / "origin", "for-each-ref", "--format=%(contents)", f"refs/tags/{name}"
    )
    assert "Why: Half of the page was missing" in message
    assert set(git(clone, "tag").split()) == {name}


@pytest.mark.parametrize("site", COMMANDS)
def test_what_github_refuses_for_another_reason_is_not_asked_for_again(
    site: str, clone: Path
) -> None:
    hook = clone.parent / "origin" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'tags are protected here'\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)

    code, output, said = tag(site, clone)

    assert (code, output) == (1, ""), said
    assert said.count("tags are protected here") == 1
