"""The real `gh` against the world's GitHub, with nothing told it but a host and whom to believe."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pexpect
import pytest
from hub import REPOSITORY, WITHIN, Hub

pytestmark = pytest.mark.integration


def test_a_run_is_started_watched_and_read(hub: Hub, tmp_path: Path) -> None:
    run = hub.start("on-call", "ship.yml", where="staging", note='it\'s $HOME & "more"')
    watched = hub.gh("on-call", "run", "watch", run, "--exit-status", "--interval", "1")
    assert "✓ Deploy in" in watched
    viewed = hub.gh("on-call", "run", "view", run)
    assert "✓ Build in" in viewed
    assert "! it is only a test" in viewed
    log = hub.gh("on-call", "run", "view", run, "--log")
    lines = [line.split("\t") for line in log.splitlines()]
    said = [text.partition(" ")[2] for job, step, text in lines if step == "Say what is built"]
    assert 'note: it\'s $HOME & "more"' in said
    assert {job for job, _, _ in lines} == {"Build", "Deploy"}
    hub.gh("on-call", "run", "download", run, "--dir", str(tmp_path / "got"))
    (file,) = (path for path in (tmp_path / "got").rglob("*") if path.is_file())
    assert file.read_text() == 'it\'s $HOME & "more"\n'
    (told,) = [one for one in hub.runs("on-call") if str(one["databaseId"]) == run]
    assert (told["workflowName"], told["displayTitle"]) == ("Ship", "Ship to staging by on-call")


def test_a_terminal_asks_which_run(hub: Hub) -> None:
    """As somebody types it: no id is known, `gh` offers what there is."""
    env = {**os.environ, **hub.shell("on-call").environment, "TERM": "xterm", "LINES": "50"}
    hub.start("on-call", "ship.yml", where="staging")
    line = "gh run watch --exit-status --interval 1 && gh run view --log"
    child = pexpect.spawn(
        "bash", ["-c", line], cwd=str(hub.directory), env=env, timeout=WITHIN, encoding="utf-8"
    )
    child.expect("Select a workflow run")
    child.send("\r")
    child.expect("completed with 'success'")
    child.expect("Select a workflow run")
    child.send("\r")
    child.expect("View a specific job in this run")
    child.send("\r")
    child.expect("note: none")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_prod_waits_for_somebody_else_who_may(hub: Hub) -> None:
    run = hub.start("on-call", "ship.yml", where="prod")
    hub.wait(run, "waiting")
    path = f"actions/runs/{run}/pending_deployments"
    (pending,) = hub.ask("on-call", path)
    assert pending["current_user_can_approve"] is False
    assert pending["reviewers"][0]["reviewer"]["slug"] == "owners"
    number = pending["environment"]["id"]
    body = ("-F", f"environment_ids[]={number}", "-f", "state=approved", "-f", "comment=go")
    for who, said in (
        ("on-call", "not permitted to review"),
        ("reader", "Must have admin rights"),
        ("stranger", "Not Found"),
    ):
        target = f"repos/{REPOSITORY}/{path}"
        refused = hub.gh(who, "api", target, "-X", "POST", *body, fails=True)
        assert said in refused
    (deployment,) = hub.ask("boss", path, "-X", "POST", *body)
    assert deployment["environment"] == "prod"
    hub.gh("on-call", "run", "watch", run, "--exit-status", "--interval", "1")
    (approval,) = hub.ask("reader", f"actions/runs/{run}/approvals")
    assert (approval["user"]["login"], approval["state"]) == ("boss", "approved")
    (newest, *_) = hub.ask("reader", "deployments?environment=prod")
    (status, *_) = hub.ask("reader", f"deployments/{newest['id']}/statuses")
    assert (status["state"], status["environment_url"]) == ("success", "https://example.com/prod")


def test_a_rejected_run_fails(hub: Hub) -> None:
    run = hub.start("boss", "ship.yml", where="prod")
    hub.wait(run, "waiting")
    (pending,) = hub.ask("on-call", f"actions/runs/{run}/pending_deployments")
    body = {
        "environment_ids": [pending["environment"]["id"]],
        "state": "rejected",
        "comment": "not tonight",
    }
    file = hub.directory / "rejected.json"
    file.write_text(json.dumps(body))
    path = f"repos/{REPOSITORY}/actions/runs/{run}/pending_deployments"
    hub.gh("on-call", "api", path, "-X", "POST", "--input", str(file))
    hub.gh("boss", "run", "watch", run, "--exit-status", "--interval", "1", fails=True)
    (one,) = [one for one in hub.runs("boss") if str(one["databaseId"]) == run]
    assert one["conclusion"] == "failure"


def test_what_failed_is_run_again(hub: Hub) -> None:
    run = hub.start("on-call", "ship.yml", where="staging", flaky="true")
    hub.gh("on-call", "run", "watch", run, "--exit-status", "--interval", "1", fails=True)
    assert "attempt 1" in hub.gh("on-call", "run", "view", run, "--log-failed")
    hub.gh("on-call", "run", "rerun", run, "--failed")
    hub.gh("on-call", "run", "watch", run, "--exit-status", "--interval", "1")
    log = hub.gh("on-call", "run", "view", run, "--log")
    assert "attempt 2" in log
    jobs = hub.ask("reader", f"actions/runs/{run}/jobs?filter=all")["jobs"]
    told = [(job["name"], job["run_attempt"], job["conclusion"]) for job in jobs]
    assert told == [
        ("Build", 2, "success"),
        ("Deploy", 2, "success"),
        ("Build", 1, "success"),
        ("Deploy", 1, "failure"),
    ]
    first = hub.ask("reader", f"actions/runs/{run}/attempts/1")
    assert (first["run_attempt"], first["conclusion"]) == (1, "failure")


def test_a_run_is_cancelled(hub: Hub) -> None:
    run = hub.start("on-call", "long.yml")
    hub.wait(run, "in_progress")
    assert "Must have admin rights" in hub.gh("reader", "run", "cancel", run, fails=True)
    hub.gh("on-call", "run", "cancel", run)
    hub.wait(run)
    (one,) = [one for one in hub.runs("on-call") if str(one["databaseId"]) == run]
    assert one["conclusion"] == "cancelled"
    again = hub.gh("on-call", "run", "cancel", run, fails=True)
    assert "Cannot cancel a workflow run that is completed" in again


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no.yml",), "HTTP 404"),
        (("ship.yml", "-f", "where=staging", "-f", "no=1"), "Unexpected inputs provided"),
        (("ship.yml",), "Required input 'where' not provided"),
        (("ship.yml", "-f", "where=mars"), "not in the list of allowed values"),
        (("ship.yml", "--ref", "gone", "-f", "where=staging"), "No ref found for: gone"),
    ],
)
def test_a_start_is_refused_in_githubs_words(
    hub: Hub, arguments: tuple[str, ...], said: str
) -> None:
    before = hub.control.archive.runs.count()
    assert said in hub.gh("on-call", "workflow", "run", *arguments, fails=True)
    assert hub.control.archive.runs.count() == before


def test_a_script_in_a_workflow_speaks_with_the_same_api(hub: Hub) -> None:
    run = hub.start("on-call", "script.yml")
    hub.wait(run)
    log = hub.gh("on-call", "run", "view", run, "--log")
    assert "runs=true identical" in log
    assert "refused 403 Resource not accessible by integration" in log
    assert hub.control.run(int(run)).conclusion == "success"
    assert "v2.0.0" in hub.gh("reader", "release", "list")
    assert "News" in hub.gh("reader", "release", "view", "v2.0.0")
    (deployment,) = hub.ask("reader", "deployments?environment=preview")
    assert deployment["creator"]["login"] == "github-actions[bot]"
    tag = hub.ask("reader", "git/ref/tags/v2.0.0")["object"]
    assert tag["type"] == "tag"
    assert hub.ask("reader", f"git/tags/{tag['sha']}")["tagger"]["name"] == "github-actions[bot]"


def test_other_commands_know_the_repository(hub: Hub) -> None:
    assert "# A site" in hub.gh("reader", "repo", "view", REPOSITORY)
    # It says so on standard error, and ends with 0 where every host that it knows lets it in.
    hub.gh("reader", "auth", "status")
    workflows = hub.gh("reader", "workflow", "list")
    assert {line.split("\t")[0] for line in workflows.splitlines()} == {"Ship", "Long", "Script"}
    assert "on: workflow_dispatch" in hub.gh("reader", "workflow", "view", "Long", "--yaml")
    said = hub.gh("reader", "issue", "list", fails=True)
    assert "sitedrill answers a part of GitHub's schema" in said


def test_git_pushes_as_the_person(hub: Hub, tmp_path: Path) -> None:
    env = {**os.environ, **hub.shell("boss").environment, "GIT_TERMINAL_PROMPT": "0"}

    def git(*arguments: str, cwd: Path) -> None:
        identity = ("-c", "user.name=boss", "-c", "user.email=boss@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=cwd, env=env, check=True)

    git("clone", "--quiet", f"https://{hub.host}/{REPOSITORY}.git", "clone", cwd=tmp_path)
    git("tag", "-a", "v3.0.0", "-m", "Three", cwd=tmp_path / "clone")
    git("push", "--quiet", "origin", "v3.0.0", cwd=tmp_path / "clone")
    assert hub.ask("reader", "git/ref/tags/v3.0.0")["ref"] == "refs/tags/v3.0.0"
