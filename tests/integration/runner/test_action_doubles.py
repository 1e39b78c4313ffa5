"""The stand-ins for the actions that emergency workflows commonly use, in one run under the real act."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from runner_support import EVERYTHING, FILE, SOMEBODY, WHEN, Bench, Ran, github_of

from harness.clock import SystemClock
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.runner.real_actions import RealActions
from harness.serving import Serving

pytestmark = pytest.mark.integration

PIN = "0123456789abcdef0123456789abcdef01234567"
WORKFLOW = f"""\
name: W
on: workflow_dispatch
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@{PIN} # v4.2.2
      - name: Make
        run: |
          mkdir -p out/deep .cache; echo page > out/index.html; echo b > out/deep/b.js
          echo map > out/deep/b.map; echo hidden > out/.env; echo dep > .cache/dep; chmod 755 .cache/dep
      - name: Up
        id: up
        uses: actions/upload-artifact@{PIN} # v4
        with:
          name: site
          path: |
            out/**
            !out/**/*.map
          if-no-files-found: error
      - name: Again
        id: again
        continue-on-error: true
        uses: actions/upload-artifact@v4
        with: {{ name: site, path: out }}
      - name: Over
        uses: actions/upload-artifact@v4
        with: {{ name: site, path: out, overwrite: true }}
      - name: One file
        uses: actions/upload-artifact@v5
        with: {{ name: notes-one, path: out/index.html }}
      - name: Nothing
        id: nothing
        continue-on-error: true
        uses: actions/upload-artifact@v4
        with: {{ name: none, path: no/such, if-no-files-found: error }}
      - name: Old ways
        uses: actions/upload-artifact@v3
        with: {{ name: notes-old, path: out/index.html }}
      - name: Old ways add
        uses: actions/upload-artifact@v3
        with: {{ name: notes-old, path: out/deep/b.js }}
      - name: Keep
        id: cache
        uses: actions/cache@v4
        with: {{ path: .cache, key: "deps-${{{{ runner.os }}}}-1", restore-keys: "deps-" }}
      - name: Said
        run: |
          echo "hit=[${{{{ steps.cache.outputs.cache-hit }}}}] again=${{{{ steps.again.outcome }}}}"
          echo "nothing=${{{{ steps.nothing.outcome }}}} id=${{{{ steps.up.outputs.artifact-id }}}}"
  use:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: rm -rf out .cache
      - name: Down
        id: down
        uses: actions/download-artifact@v4
        with: {{ name: site, path: got }}
      - name: Merge
        uses: actions/download-artifact@v4
        with: {{ pattern: notes-*, path: notes, merge-multiple: true }}
      - name: All
        uses: actions/download-artifact@v4
        with: {{ path: all }}
      - name: Restore
        id: cache
        uses: actions/cache/restore@v4
        with: {{ path: .cache, key: deps-other, restore-keys: deps- }}
      - name: Node
        id: node
        uses: actions/setup-node@v4
        with: {{ node-version: 9.x }}
      - name: Python
        id: python
        uses: actions/setup-python@v5
        with: {{ python-version: ">=3.9" }}
      - name: Script
        id: script
        uses: actions/github-script@v7
        with:
          script: |
            const fs = require('fs');
            core.info(`in ${{context.repo.owner}}/${{context.repo.repo}} by ${{context.actor}}`);
            const {{ data }} = await github.rest.actions.listWorkflowRunArtifacts({{
              ...context.repo, run_id: context.runId }});
            const all = await github.paginate(github.rest.actions.listArtifactsForRepo,
              {{ ...context.repo, per_page: 1 }});
            const {{ stdout }} = await exec.getExecOutput('cat', ['got/index.html'], {{ silent: true }});
            const missing = await github.rest.actions.getArtifact({{ ...context.repo, artifact_id: 9 }})
              .catch((error) => error.status);
            const globber = await glob.create('all/**/*.js');
            await core.summary.addHeading('Done', 2).write();
            core.setOutput('own', fs.readdirSync('notes').join());
            return [data.total_count, all.length, stdout.trim(), missing, (await globber.glob()).length];
      - name: Said
        run: |
          (cd got && find . -type f | sort | tr '\\n' ' '); echo
          ls notes all | tr '\\n' ' '; echo
          cat .cache/dep; stat -c %a .cache/dep
          echo "${{{{ steps.cache.outputs.cache-hit }}}} ${{{{ steps.cache.outputs.cache-matched-key }}}}"
          echo '${{{{ steps.script.outputs.result }}}} ${{{{ steps.script.outputs.own }}}}'
          python --version | grep -c 3; node --version
          echo "${{{{ steps.down.outputs.download-path }}}}"
"""


@dataclass
class GitHub:
    """The part of GitHub that doubles talk to."""

    url: str
    api: GitHubApi
    control: ControlPlane

    def run(self, bench: Bench, text: str, **more: object) -> Ran:
        """Run a whole workflow with tokens of its own."""

        def change(tree: Path) -> None:
            (tree / FILE).parent.mkdir(parents=True, exist_ok=True)
            (tree / FILE).write_text(text)

        bench.origin.commit(change, message="A change", author=SOMEBODY, when=WHEN)
        request = self.control.dispatch("w.yml", ref="main", inputs={}, actor="on-call")
        (job,) = self.control.archive.jobs_of(request)
        known = self.api.admit(request, replace(job, permissions=EVERYTHING))
        environment = {
            "ACTIONS_RESULTS_URL": f"{self.url}/",
            "ACTIONS_RUNTIME_TOKEN": known.runtime,
            "GITHUB_API_URL": f"{self.url}/api/v3",
            "GITHUB_RUN_ID": request.key,
        }
        secrets = {"GITHUB_TOKEN": known.token}
        return bench.run_at(request.sha, environment=environment, secrets=secrets, **more)


@pytest.fixture
def github(bench: Bench) -> Iterator[GitHub]:
    with Serving() as serving:
        new_id = itertools.count(8001).__next__
        with github_of(bench, new_id=new_id) as control:
            api = GitHubApi(control, Issuer.generate(), clock=SystemClock())
            yield GitHub(f"http://127.0.0.1:{serving.serve(api.app)}", api, control)


def test_what_a_job_keeps_the_next_one_has(bench: Bench, github: GitHub) -> None:
    ran = github.run(bench, WORKFLOW, own="")
    assert ran.outcome.cause == ""
    said = ran.output("Said")
    assert said[0] == "hit=[] again=failure"
    assert said[1].startswith("nothing=failure id=1")
    files, folders, dep, mode, cache, result, python, node, path = said[2:]
    assert files.split() == ["./deep/b.js", "./deep/b.map", "./index.html"]
    assert folders == "all: notes-old notes-one site  notes: b.js index.html "
    assert (dep, mode) == ("dep", "755")
    assert cache == "false deps-Linux-1"
    assert result == '[3,3,"page",404,2] b.js,index.html'
    assert (python, path.rpartition("/")[2]) == ("1", "got")
    (note,) = ran.data("double")
    here = f"the drill went on with {node.removeprefix('v')}, which this machine has"
    assert note["text"] == f"setup-node was asked for Node.js 9.x; {here}"
    again = "\n".join(ran.output("Again"))
    assert "an artifact with this name already exists on the workflow run" in again
    assert "No files were found with the provided path: no/such" in "\n".join(ran.output("Nothing"))
    assert [s["markdown"].strip() for s in ran.data("step.summary")] == ["<h2>Done</h2>"]


STEPS = "name: W\non: workflow_dispatch\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n"


@pytest.mark.skipif(
    not (shutil.which("terraform") or shutil.which("tofu")), reason="neither terraform nor tofu"
)
def test_terraform_and_tofu_stand_in_for_each_other(bench: Bench, github: GitHub) -> None:
    steps = """\
      - uses: hashicorp/setup-terraform@v3
        with: { terraform_version: 0.11.1 }
      - uses: opentofu/setup-opentofu@v1
      - id: version
        run: tofu version
      - name: Fails
        id: fails
        continue-on-error: true
        run: terraform no-such-command
      - name: Said
        run: |
          echo '${{ steps.version.outputs.exitcode }} ${{ steps.fails.outputs.exitcode }}'
          grep -cE '^(Terraform|OpenTofu) v' <<< '${{ steps.version.outputs.stdout }}'
"""
    ran = github.run(bench, STEPS + steps)
    assert ran.outcome.cause == ""
    assert ran.output("Said") == ["0 1", "1"]
    assert any("0.11.1" in note["text"] for note in ran.data("double"))


def test_real_actions_are_fetched_when_asked_for(
    bench: Bench, github: GitHub, tmp_path: Path
) -> None:
    action = "runs:\n  using: composite\n  steps: [{ run: echo really, shell: bash }]\n"

    def change(tree: Path) -> None:
        (tree / "action.yml").write_text(action)

    published = type(bench.origin).create(tmp_path / "actions" / "checkout")
    published.commit(change, message="An action", author=SOMEBODY, when=WHEN)
    real = RealActions(tmp_path / "real", server=tmp_path.as_uri())
    steps = "      - name: Real\n        uses: actions/checkout@main\n"
    ran = github.run(bench, STEPS + steps, real_actions=real)
    assert ran.outcome.cause == ""
    assert "really" in ran.text
