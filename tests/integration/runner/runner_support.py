"""What the runner's tests share: a repository with one workflow, a run of it, and its journal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from harness.clock import Clock
from harness.github.actors import Actor
from harness.github.control import ControlPlane
from harness.github.origin import Origin
from harness.github.permissions import SCOPES
from harness.journal import Journal, Record, read_journal
from harness.runner.act import HostRunner
from harness.runner.job import Job, Outcome
from harness.runner.tools import Tool
from harness.runner.wall import OpenWall, Wall

REPOSITORY = "harbourlight/website"
FILE = ".github/workflows/w.yml"
SOMEBODY = Actor("on-call")
WHEN = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def workflow(steps: str) -> str:
    """A workflow of one job with these steps."""
    head = "name: W\non: workflow_dispatch\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n"
    return head + indent(dedent(steps).strip("\n"), " " * 6) + "\n"


@dataclass
class Ran:
    """What is left of a run: how it ended, and what the journal holds of it."""

    outcome: Outcome
    path: Path
    workspace: Path
    token: str
    records: list[Record] = field(init=False)

    def __post_init__(self) -> None:
        self.records = read_journal(self.path)

    @property
    def text(self) -> str:
        """The whole journal, as it lies on the disk."""
        return self.path.read_text(encoding="utf-8")

    def data(self, kind: str) -> list[Mapping[str, Any]]:
        """The records of a kind, in order."""
        return [record.data for record in self.records if record.kind == kind]

    def output(self, step: str) -> list[str]:
        """What a step printed."""
        return [line["line"] for line in self.data("step.output") if line["step"] == step]

    def ended(self) -> dict[str, str]:
        """How each step ended."""
        return {step["step"]: step["outcome"] for step in self.data("step.finished")}


@dataclass
class Bench:
    """Runs workflows in folders of their own."""

    tmp_path: Path
    act: Path
    tools: tuple[Tool, ...]
    clock: Clock
    origin: Origin
    wall: Wall | None = None

    def run(self, steps: str, *, files: Mapping[str, str] | None = None, **more: Any) -> Ran:
        """Commit a workflow of these steps, and run it at that commit."""

        def change(tree: Path) -> None:
            for name, text in {FILE: workflow(steps), **(files or {})}.items():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).write_text(text, encoding="utf-8")

        sha = self.origin.commit(change, message="A change", author=SOMEBODY, when=WHEN)
        return self.run_at(sha, **more)

    def run_at(self, sha: str, *, environment: Mapping[str, str] | None = None, **more: Any) -> Ran:
        """Run the workflow of a commit."""
        directory = self.tmp_path / uuid.uuid4().hex[:8]
        directory.mkdir()
        workspace = directory / "workspace"
        self.origin.clone_to(workspace, sha)
        job = Job(
            run="4711",
            attempt=1,
            role="response",
            name="job",
            own="job",
            workspace=workspace,
            workflow=FILE,
            event_name="workflow_dispatch",
            event={"inputs": {}},
            actor=SOMEBODY.handle,
            directory=directory,
            environment={
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_REF": "refs/heads/main",
                "GITHUB_REF_NAME": "main",
                "GITHUB_SHA": sha,
                "SHA_REF": sha,
                **(environment or {}),
            },
            git_urls={f"https://github.com/{REPOSITORY}": self.origin.url},
            timeout=120,
            # Without a GitHub in front of it, a run pushes to the origin's own files.
            shared=(self.origin.path,),
        )
        session = f"test-{uuid.uuid4().hex}"
        wall = self.wall or OpenWall(self.clock)
        runner = HostRunner(
            act=self.act, tools=self.tools, wall=wall, clock=self.clock, session=session
        )
        journal = more.pop("journal", None)
        others = {name: more.pop(name, None) for name in ("listener", "brake")}
        path = directory / "journal.jsonl"
        if journal is not None:
            outcome = runner.execute(replace(job, **more), journal, **others)
            return Ran(outcome, journal.path, workspace, session)
        with Journal(path, clock=self.clock) as own:
            outcome = runner.execute(replace(job, **more), own, **others)
        return Ran(outcome, path, workspace, session)


#: The permissions of a token that may do anything.
EVERYTHING = dict.fromkeys(SCOPES, "write")


@contextmanager
def github_of(bench: Bench, *, new_id: Callable[[], int]) -> Iterator[ControlPlane]:
    """GitHub's side of the bench's repository, which executes nothing by itself."""
    directory = bench.tmp_path / "github"
    with Journal(directory / "journal.jsonl", clock=bench.clock) as journal:
        control = ControlPlane(
            bench.origin,
            directory,
            repository=REPOSITORY,
            journal=journal,
            clock=bench.clock,
            new_id=new_id,
        )
        try:
            yield control
        finally:
            control.close()
