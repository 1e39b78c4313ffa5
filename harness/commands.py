"""Runs commands of the site that are no workflow, such as its build: behind the same wall as a workflow.

    run_commands(runner, ["npm ci", "node build.mjs"], tree=checkout, job="build", ...)

They become a run of one job, each command a step of it, so that whatever holds a workflow's steps
holds them too, and the journal tells of them as of any run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.github.git import git
from harness.journal import Journal
from harness.runner.job import Job, Outcome, Runner

_FILE = ".github/workflows/commands.yml"


def run_commands(
    runner: Runner,
    commands: Sequence[str],
    *,
    tree: Path,
    directory: Path,
    name: str,
    journal: Journal,
    environment: Mapping[str, str],
    ports: tuple[int, ...] = (),
    timeout: float = 300,
) -> Outcome:
    """Run commands in a folder, one after the other, until one fails.

    Args:
        runner: executes them.
        commands: command lines for bash.
        tree: the folder they run in, and may write.
        directory: the run's own; removed afterwards.
        name: the run's, in the journal, and its role.
        journal: told everything.
        environment: what they see besides what every step sees.
        ports: of this machine's loopback that they may reach.
        timeout: seconds after which they are ended.
    """
    workspace = directory / "workspace"
    file = workspace / _FILE
    file.parent.mkdir(parents=True)
    steps = [
        {"name": command, "shell": "bash", "run": command, "working-directory": str(tree)}
        for command in commands
    ]
    jobs = {name: {"runs-on": "ubuntu-latest", "steps": steps}}
    # JSON is YAML.
    file.write_text(json.dumps({"name": name, "on": "workflow_dispatch", "jobs": jobs}))
    git(workspace, "init", "--quiet", "--initial-branch=main")
    job = Job(
        run=name,
        attempt=1,
        role=name.partition("-")[0],
        name=name,
        own=name,
        workspace=workspace,
        workflow=_FILE,
        event_name="workflow_dispatch",
        event={},
        actor="sitedrill",
        directory=directory,
        environment=environment,
        timeout=timeout,
        ports=ports,
        shared=(tree,),
    )
    journal.write("run.started", run=name, workflow=_FILE, role=job.role)
    outcome = Outcome("cancelled", None, 0)
    try:
        outcome = runner.execute(job, journal)
    finally:
        journal.write(
            "run.finished",
            run=name,
            conclusion=outcome.conclusion,
            exit_code=outcome.exit_code,
            seconds=outcome.seconds,
            cause=outcome.cause,
        )
        shutil.rmtree(directory, ignore_errors=True)
    return outcome
