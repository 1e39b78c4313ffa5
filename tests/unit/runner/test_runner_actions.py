"""Every action that a workflow uses has a stand-in, or the run does not begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from harness.errors import ConfigError, ToolMissingError
from harness.runner.actions import DOUBLES, DOUBLES_DIR, stand_ins
from harness.runner.job import Job
from harness.runner.real_actions import RealActions

pytestmark = pytest.mark.unit

WORKFLOW = ".github/workflows/w.yml"
PIN = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "harbourlight/website"


def job(tmp_path: Path, files: Mapping[str, str]) -> Job:
    workspace = tmp_path / "workspace"
    for name, text in files.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(dedent(text))
    return Job(
        run="1",
        attempt=1,
        role="response",
        name="job",
        own="job",
        workspace=workspace,
        workflow=WORKFLOW,
        event_name="workflow_dispatch",
        event={},
        actor="on-call",
        directory=tmp_path,
        environment={"GITHUB_REPOSITORY": REPOSITORY},
    )


def using(*uses: str) -> str:
    steps = "".join(f"      - uses: {one}\n" for one in uses)
    return f"on: workflow_dispatch\njobs:\n  job:\n    runs-on: x\n    steps:\n{steps}"


def test_any_version_of_a_known_action_has_its_double(tmp_path: Path) -> None:
    uses = (
        "actions/checkout@v4",
        f"actions/upload-artifact@{PIN} # v3.1.2",
        "actions/cache/save@main",
    )
    found = stand_ins(job(tmp_path, {WORKFLOW: using(*uses)}))
    assert set(found) == {
        "actions/checkout@v4",
        f"actions/upload-artifact@{PIN}",
        "actions/cache@main",
    }
    majors = {name: (folder / "common/version").read_text() for name, folder in found.items()}
    assert list(majors.values()) == ["4", "3", ""]
    assert (found["actions/cache@main"] / "save/action.yml").is_file()


def test_what_the_sites_own_actions_and_workflows_use_counts(tmp_path: Path) -> None:
    composite = "runs:\n  using: composite\n  steps: [{ uses: %s }]\n"
    files = {
        WORKFLOW: "jobs:\n  a: { uses: ./.github/workflows/b.yml }\n",
        ".github/workflows/b.yml": using("./.github/actions/own"),
        ".github/actions/own/action.yaml": composite % "./.github/actions/deeper",
        ".github/actions/deeper/action.yml": (composite % "actions/setup-node@v4").replace(
            "[{", "[{ uses: ./.github/actions/own }, {"
        ),
    }
    assert list(stand_ins(job(tmp_path, files))) == ["actions/setup-node@v4"]


def test_an_action_without_a_double_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        stand_ins(job(tmp_path, {WORKFLOW: using("actions/checkout@v4", "acme/notify@v1")}))
    said = str(refused.value)
    assert said.startswith(f"{WORKFLOW}: uses is 'acme/notify@v1', expected an action that has")
    assert '[doubles.actions]: "acme/notify@v1" = ' in said


def test_a_part_that_a_double_lacks_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="actions/cache/no-such@v4"):
        stand_ins(job(tmp_path, {WORKFLOW: using("actions/cache/no-such@v4")}))


@pytest.mark.parametrize("key", ["acme/notify/slack@v1", "acme/notify/slack"])
def test_the_site_names_doubles_and_they_win(tmp_path: Path, key: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "action.yml").write_text(
        "runs:\n  using: composite\n  steps: [{ uses: actions/cache@v4 }]\n"
    )
    text = using("acme/notify/slack@v1", "actions/checkout@v4")
    doubles = {key: own, "actions/checkout": own}
    found = stand_ins(replace(job(tmp_path, {WORKFLOW: text}), doubles=doubles))
    assert set(found) == {"acme/notify@v1", "actions/checkout@v4", "actions/cache@v4"}
    assert (found["acme/notify@v1"] / "slack/action.yml").is_file()
    assert not (found["actions/checkout@v4"] / "index.js").exists()


def test_real_actions_that_cannot_be_reached_say_so(tmp_path: Path) -> None:
    real = RealActions(tmp_path / "cache", server=(tmp_path / "nowhere").as_uri())
    text = using("actions/checkout@v4")
    with pytest.raises(
        ToolMissingError, match=r"real action actions/checkout@v4 cannot be fetched"
    ):
        stand_ins(replace(job(tmp_path, {WORKFLOW: text}), real_actions=real))


@pytest.mark.parametrize(
    "text", ["", "[]", "jobs: 1", "jobs: { a: [] }", "a: [", "jobs: {a: {steps: 1}}"]
)
def test_what_is_no_workflow_is_left_to_act(tmp_path: Path, text: str) -> None:
    assert stand_ins(job(tmp_path, {WORKFLOW: text})) == {}


def test_every_double_is_whole() -> None:
    for folder in DOUBLES.values():
        assert (DOUBLES_DIR / folder / "action.yml").is_file()
