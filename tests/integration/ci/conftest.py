"""A team's repository with the example workflows in it, and the parts of GitHub that they meet."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from team import FEATURE, ROOT, Ran, SetUp

from harness.clock import SystemClock
from harness.github.actors import Actor
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.journal import Journal, read_journal
from harness.resources import reference_site
from harness.runner.act import HostRunner
from harness.runner.job import Job
from harness.runner.tools import Tool, cache_directory, ensure_act, find_tools
from harness.runner.wall import OpenWall
from harness.serving import Serving

REPOSITORY = "harbourlight/website"
SOMEBODY = Actor("on-call")
ACTION = "OWNER/sitedrill"


@dataclass
class Team:
    """Runs the workflows of a team's repository, one after the other, as GitHub would."""

    directory: Path
    origin: Origin
    control: ControlPlane
    api: GitHubApi
    url: str
    runner: HostRunner
    clock: SystemClock
    main: str = ""

    def commit(self, change: SetUp, branch: str = "main") -> str:
        return self.origin.commit(
            change, message="A change", author=SOMEBODY, when=self.clock.now(), branch=branch
        )

    def run(
        self,
        workflow: str,
        *,
        sha: str,
        event_name: str = "workflow_dispatch",
        event: Mapping[str, Any],
        variables: Mapping[str, str],
    ) -> Ran:
        """Run a workflow of this commit."""
        request = self.control.dispatch("nightly-drill.yml", ref="main", inputs={}, actor="on-call")
        job = self.control.archive.jobs_of(request)[0]
        known = self.api.admit(request, replace(job, permissions={"actions": "write"}))
        directory = self.directory / request.key
        workspace = directory / "workspace"
        directory.mkdir()
        self.origin.clone_to(workspace, sha)
        action = directory / "sitedrill"
        action.mkdir()
        shutil.copy(ROOT / "action.yml", action)
        job = Job(
            run=request.key,
            attempt=1,
            role="team",
            name="all",
            own="",
            workspace=workspace,
            workflow=f".github/workflows/{workflow}",
            event_name=event_name,
            event=event,
            actor=SOMEBODY.handle,
            directory=directory,
            environment={
                "ACTIONS_RESULTS_URL": f"{self.url}/",
                "ACTIONS_RUNTIME_TOKEN": known.runtime,
                "GITHUB_API_URL": f"{self.url}/api/v3",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_RUN_ID": request.key,
                "GITHUB_SHA": sha,
                "SHA_REF": sha,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            variables=variables,
            secrets={"GITHUB_TOKEN": known.token},
            git_urls={f"https://github.com/{REPOSITORY}": self.origin.url},
            timeout=500,
            doubles={ACTION: action},
        )
        path = directory / "journal.jsonl"
        with Journal(path, clock=self.clock) as journal:
            outcome = self.runner.execute(job, journal)
        return Ran(outcome, read_journal(path), self._artifacts(request.key, known.token))

    def _artifacts(self, run: str, token: str) -> dict[str, bytes]:
        """What the run left with GitHub, by the REST API."""
        headers = {"authorization": f"Bearer {token}"}
        base = f"{self.url}/repos/{REPOSITORY}/actions"
        with httpx.Client(headers=headers, trust_env=False) as client:
            listed = client.get(f"{base}/runs/{run}/artifacts").raise_for_status().json()
            return {
                artifact["name"]: client.get(
                    f"{base}/artifacts/{artifact['id']}/zip", follow_redirects=True
                )
                .raise_for_status()
                .content
                for artifact in listed["artifacts"]
            }


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    directory = tmp_path_factory.mktemp("team")
    clock = SystemClock()
    origin = Origin.create(directory / "origin.git")
    tools = find_tools(cache_directory())[1:]
    sitedrill = Path(sys.executable).with_name("sitedrill")
    act = ensure_act(cache_directory(), say=print)
    runner = HostRunner(
        act=act,
        tools=(*tools, Tool("sitedrill", sitedrill, "", ""), Tool("act", act, "", "")),
        wall=OpenWall(clock),
        clock=clock,
        session=f"test-{directory.name}-{os.getpid()}",
    )
    with (
        Serving() as serving,
        Journal(directory / "github" / "journal.jsonl", clock=clock) as journal,
    ):
        control = ControlPlane(
            origin,
            directory / "github",
            repository=REPOSITORY,
            journal=journal,
            clock=clock,
            new_id=itertools.count(9001).__next__,
        )
        api = GitHubApi(control, Issuer.generate(), clock=clock)
        url = f"http://127.0.0.1:{serving.serve(api.app)}"
        team = Team(directory, origin, control, api, url, runner, clock)
        team.main = team.commit(_website)
        yield team
        control.close()


def _website(tree: Path) -> None:
    """The reference site, the example workflows as they stand, and two drills of the team's own."""
    shutil.copytree(reference_site(), tree, dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples" / ".github", tree / ".github", dirs_exist_ok=True)
    (tree / "drill" / "features").mkdir(parents=True)
    (tree / "drill" / "features" / "content.feature").write_text(FEATURE)
    settings = tree / "sitedrill.toml"
    text, number = re.subn(
        r"^\[features\]$", '[features]\nfolder = "drill/features"', settings.read_text(), flags=re.M
    )
    assert number == 1
    settings.write_text(text)
