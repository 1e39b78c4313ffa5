"""The checks of the emergency workflow's first job, as bash runs them: the reason's and the target's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.resources import reference_site

pytestmark = pytest.mark.unit

WORKFLOW = yaml.safe_load(
    (reference_site() / ".github" / "workflows" / "emergency.yml").read_text(encoding="utf-8")
)
#: Letters of one byte and of more, blanks of every kind, and what a shell would do something with.
LETTERS = "aZ9é字🚢 \t\n\r\"'`$(){}*?[]\\;&|<>!#~-=%"


def script(name: str) -> str:
    steps = WORKFLOW["jobs"]["authorise"]["steps"]
    (found,) = [step["run"] for step in steps if step.get("name") == name]
    return str(found)


def run(name: str, *, cwd: Path | None = None, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script(name)],
        env={"PATH": os.environ["PATH"], "LC_ALL": WORKFLOW["env"]["LC_ALL"], **variables},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@given(st.text(LETTERS, max_size=16))
@example("1234567890")
@example("  123456789  ")
@example("$(exit 0)12")
@settings(max_examples=60, deadline=None)
def test_a_reason_counts_by_its_characters_between_the_blanks(reason: str) -> None:
    code, said = run("Check the reason", REASON=reason)
    length = len(reason.strip(" \t\n\r"))
    assert code == (0 if length >= 10 else 1), said
    if code:
        assert said.startswith(f"::error::the reason has {length} characters")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as a job has it: main, and two branches that nobody merged, one of them tagged."""
    path = tmp_path_factory.mktemp("repository")
    script = """
        git init -q -b main . && git config user.name n && git config user.email e
        for name in one two; do git commit -q --allow-empty -m $name; done
        git tag -a -m v1.0.0 v1.0.0 HEAD~1
        git checkout -q -b released && git commit -q --allow-empty -m fix
        git commit -q --allow-empty -m 'after it' && git tag -a -m hotfix v0.0.0-hotfix.1
        git checkout -q -b loose main && git commit -q --allow-empty -m loose
        for name in main released loose; do git update-ref refs/remotes/origin/$name $name; done
        git checkout -q --detach main && git branch -q -D main released loose
    """
    subprocess.run(["bash", "-e", "-c", script], cwd=path, check=True)
    return path


def named(repository: Path, name: str) -> str:
    done = subprocess.run(
        ["git", "rev-parse", name], cwd=repository, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["origin/main", "origin/main~1", "origin/released~1"])
def test_what_was_on_main_or_is_held_by_a_tag_may_be_gone_back_to(
    repository: Path, name: str
) -> None:
    target = named(repository, name)
    checked = run(
        "Check the target",
        cwd=repository,
        METHOD="specific_commit",
        TARGET_COMMIT=target,
        BRANCH="main",
    )
    assert checked == (0, "")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("origin/loose", "has never been on main, and no tag holds it"),
        ("v1.0.0", "is not a commit of this repository"),
        ("origin/main^{tree}", "is not a commit of this repository"),
    ],
)
def test_what_is_no_commit_or_never_was_live_may_not(
    repository: Path, name: str, says: str
) -> None:
    target = named(repository, name)
    code, said = run(
        "Check the target",
        cwd=repository,
        METHOD="last_known_good",
        TARGET_COMMIT=target,
        BRANCH="main",
    )
    assert (code, says in said) == (1, True), said


@given(st.text(f"{LETTERS}0123456789abcdef", min_size=1, max_size=44))
@example("0123456789abcdef" * 2)
@example("0123456789ABCDEF0123456789ABCDEF01234567")
@example("$(git rev-parse HEAD)")
@settings(max_examples=40, deadline=None)
def test_whatever_is_no_sha_is_refused_before_git_sees_it(target: str) -> None:
    code, said = run("Check the target", METHOD="specific_commit", TARGET_COMMIT=target, BRANCH="x")
    assert (code, said) == (1, "::error::target_commit must be a full SHA, 40 hexadecimal digits\n")


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("specific_commit", 1),
        ("last_known_good", 0),
        ("content_only", 0),
        ("infrastructure_only", 0),
    ],
)
def test_only_specific_commit_needs_a_target(method: str, code: int) -> None:
    assert run("Check the target", METHOD=method, TARGET_COMMIT="", BRANCH="main")[0] == code
