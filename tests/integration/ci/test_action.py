"""The action's own scripts: what an input holds is never code, and the exit codes mean what they say."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from team import ROOT

pytestmark = pytest.mark.integration

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
WORKFLOWS = sorted((ROOT / "examples" / ".github" / "workflows").glob("*.yml"))
[DRILL] = [step for step in ACTION["runs"]["steps"] if step["name"] == "Drill"]
NAMES = {
    name: value.removeprefix("${{ inputs.").removesuffix(" }}")
    for name, value in DRILL["env"].items()
}
HOSTILE = "$(touch owned) `touch owned`'\";touch owned; --seed=9"


def drill(tmp_path: Path, *, code: int = 0, **given: str) -> tuple[int, list[str], str]:
    """Run the action's script with a sitedrill that only notes how it is called."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    fake = tmp_path / "bin" / "sitedrill"
    fake.write_text(f'#!/bin/bash\nprintf "%s\\0" "$@" > called\nexit {code}\n')
    fake.chmod(0o755)
    inputs = {name: str(ACTION["inputs"][theirs]["default"]) for name, theirs in NAMES.items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", DRILL["run"]],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            **inputs,
            **given,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    called = tmp_path / "called"
    words = called.read_text().split("\0")[:-1] if called.exists() else []
    output = tmp_path / "output"
    return done.returncode, words, output.read_text() if output.exists() else ""


def test_without_inputs_the_site_we_are_in_is_drilled(tmp_path: Path) -> None:
    code, words, output = drill(tmp_path)
    assert words == ["run", "--site=.", "--out=build/drills", "-n", "1", "--runner=host", "--"]
    assert (code, output) == (0, "verdict=met\nresults=build/drills/results.json\n")


def test_every_input_is_one_word_whatever_it_holds(tmp_path: Path) -> None:
    given = dict.fromkeys(NAMES, HOSTILE) | {"FEATURES": f" a b.feature \n\n{HOSTILE}\n-k"}
    _, words, _ = drill(tmp_path, **given)
    assert not (tmp_path / "owned").exists()
    assert words == [
        "run", f"--site={HOSTILE}", f"--out={HOSTILE}", "-n", HOSTILE, f"--settings={HOSTILE}",
        "-k", HOSTILE, "-m", HOSTILE, f"--cloud={HOSTILE}", f"--runner={HOSTILE}",
        f"--shard={HOSTILE}", f"--plan={tmp_path}/sitedrill-plan.json", HOSTILE,
        "--", "a b.feature", HOSTILE, "-k",
    ]  # fmt: skip
    assert (tmp_path / "sitedrill-plan.json").read_text() == HOSTILE


def test_an_output_cannot_be_forged(tmp_path: Path) -> None:
    assert drill(tmp_path, OUT="build\nverdict=met", code=1) == (2, [], "")


@pytest.mark.parametrize(
    ("ends", "fail", "code", "verdict"),
    [
        (1, "true", 1, "unmet"),
        (1, "false", 0, "unmet"),
        (2, "false", 2, "error"),
        (130, "false", 130, "error"),
    ],
)
def test_only_an_unmet_drill_can_be_forgiven(
    ends: int, fail: str, code: int, verdict: str, tmp_path: Path
) -> None:
    ended, _, output = drill(tmp_path, code=ends, FAIL=fail)
    assert (ended, output.splitlines()[0]) == (code, f"verdict={verdict}")


def _scripts(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        if isinstance(data.get("run"), str):
            yield data["run"]
        for inner in data.values():
            yield from _scripts(inner)
    elif isinstance(data, list):
        for inner in data:
            yield from _scripts(inner)


@pytest.mark.parametrize("file", [ROOT / "action.yml", *WORKFLOWS], ids=lambda path: path.name)
def test_no_script_holds_an_expression(file: Path) -> None:
    scripts = list(_scripts(yaml.safe_load(file.read_text())))
    assert scripts
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda path: path.name)
def test_the_examples_may_only_read_and_pass_inputs_that_there_are(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    passed = [set(s.get("with", {})) for s in steps if s.get("uses") == "OWNER/sitedrill@v1"]
    assert passed
    assert set().union(*passed) <= set(ACTION["inputs"])
    assert not any("permissions" in job for job in workflow["jobs"].values())


def test_the_documentation_knows_every_input_and_output() -> None:
    text = (ROOT / "docs" / "in-your-ci.md").read_text()
    assert not [name for name in (*ACTION["inputs"], *ACTION["outputs"]) if f"`{name}`" not in text]
