"""A world that is nothing but its GitHub and a machine: no AWS, no site, real act, the real `gh`."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.people import Membership, Team
from harness.github.protection import Rules
from harness.shells import Shell

REPOSITORY = "harbourlight/website"
#: Seconds within which a run of these small workflows is over, on a busy machine.
WITHIN = 120.0

PEOPLE = Membership(
    "harbourlight",
    owners=frozenset({"boss"}),
    members={"on-call": "write", "reader": "read"},
    teams={"owners": Team("owners", members=("boss", "on-call"), role="write")},
)
PROD = Rules("prod", reviewers=("harbourlight/owners",), prevent_self_review=True)

SHIP = """\
name: Ship
run-name: Ship to ${{ inputs.where }} by ${{ github.actor }}
on:
  workflow_dispatch:
    inputs:
      where: { type: choice, options: [staging, prod], required: true }
      note: { default: none }
      flaky: { type: boolean, default: false }
permissions: {}
jobs:
  build:
    name: Build
    runs-on: ubuntu-latest
    steps:
      - name: Say what is built
        env: { NOTE: "${{ inputs.note }}" }
        run: |
          echo "note: $NOTE"
          echo "::warning::it is only a test"
          mkdir -p out && echo "$NOTE" > out/note.txt
      - uses: actions/upload-artifact@v4
        with: { name: built, path: out }
  deploy:
    name: Deploy
    needs: build
    runs-on: ubuntu-latest
    environment: { name: "${{ inputs.where }}", url: "https://example.com/${{ inputs.where }}" }
    steps:
      - name: Go live
        run: |
          echo "attempt $GITHUB_RUN_ATTEMPT"
          [ "${{ inputs.flaky }}" != true ] || [ "$GITHUB_RUN_ATTEMPT" -gt 1 ]
"""
LONG = """\
name: Long
on: workflow_dispatch
jobs:
  sleep: { runs-on: ubuntu-latest, steps: [{ name: Sleep, run: sleep 300 }] }
"""
SCRIPT = """\
name: Script
on: workflow_dispatch
permissions: { contents: write, actions: read, deployments: write }
jobs:
  script:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/github-script@v7
        with:
          script: |
            const { owner, repo } = context.repo;
            const here = { owner, repo };
            const tag = await github.rest.git.createTag({
              ...here, tag: 'v2.0.0', message: 'Two', object: context.sha, type: 'commit',
            });
            await github.rest.git.createRef({ ...here, ref: 'refs/tags/v2.0.0', sha: tag.data.sha });
            await github.rest.repos.createRelease({ ...here, tag_name: 'v2.0.0', body: 'News' });
            const made = await github.rest.repos.createDeployment({
              ...here, ref: context.sha, environment: 'preview', auto_merge: false, required_contexts: [],
            });
            await github.rest.repos.createDeploymentStatus({
              ...here, deployment_id: made.data.id, state: 'success',
            });
            const runs = await github.paginate(github.rest.actions.listWorkflowRunsForRepo, here);
            const comparison = await github.rest.repos.compareCommitsWithBasehead({
              ...here, basehead: `v2.0.0...${context.sha}`,
            });
            core.info(`runs=${runs.length > 0} ${comparison.data.status}`);
            try {
              await github.rest.actions.createWorkflowDispatch({
                ...here, workflow_id: 'ship.yml', ref: 'main', inputs: { where: 'staging' },
              });
              core.setFailed('a call beyond the permissions was let through');
            } catch (error) {
              core.info(`refused ${error.status} ${error.message}`);
            }
"""
FILES = {"ship.yml": SHIP, "long.yml": LONG, "script.yml": SCRIPT}


@dataclass
class Hub:
    """GitHub's side, and shells of the people there."""

    control: ControlPlane
    api: GitHubApi
    host: str
    directory: Path

    def shell(self, handle: str) -> Shell:
        return Shell(handle, self.api.token_of(handle), self.host, REPOSITORY, self.directory)

    def gh(self, handle: str, *arguments: str, fails: bool = False) -> str:
        """What `gh` prints for somebody."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            **self.shell(handle).environment,
        }
        done = subprocess.run(
            ["gh", *arguments],
            cwd=self.directory,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert (done.returncode != 0) is fails, (arguments, done.stdout, done.stderr)
        return done.stdout + done.stderr if fails else done.stdout

    def ask(self, handle: str, path: str, *more: str) -> Any:
        """What the API answers to `gh api`."""
        return json.loads(self.gh(handle, "api", f"repos/{REPOSITORY}/{path}", *more))

    def start(self, handle: str, workflow: str, **inputs: str) -> str:
        """The id of a run that somebody starts."""
        before = {run["databaseId"] for run in self.runs(handle)}
        given = [part for name, value in inputs.items() for part in ("-f", f"{name}={value}")]
        self.gh(handle, "workflow", "run", workflow, *given)
        (new,) = [run for run in self.runs(handle) if run["databaseId"] not in before]
        return str(new["databaseId"])

    def runs(self, handle: str) -> list[dict[str, Any]]:
        fields = "databaseId,status,conclusion,displayTitle,workflowName"
        found: list[dict[str, Any]] = json.loads(self.gh(handle, "run", "list", "--json", fields))
        return found

    def wait(self, run: str, status: str = "completed") -> None:
        self.control.wait(
            self.control.run(int(run)), within=WITHIN, until=lambda now: now.status == status
        )
