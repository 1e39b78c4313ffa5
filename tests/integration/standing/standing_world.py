"""`sitedrill up --dir` as a process of its own, somebody's `gh` in it, and what must always hold."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from harness.clock import SystemClock
from harness.github.archive import Archive
from harness.github.origin import Origin
from harness.github.runs import Run
from harness.journal import Record, read_journal
from harness.polling import poll
from harness.processes import marked

ROOT = Path(__file__).parents[3]
SITEDRILL = Path(sys.executable).with_name("sitedrill")
#: Seconds within which it stands, on a busy machine, and within which a hotfix is through the pipeline.
STANDS, THROUGH = 300.0, 400.0
CLOCK = SystemClock()
#: No process carries this token: those looked for are known by the folder they stand in.
NOBODY = "carried by nobody"


@dataclass
class Up:
    """One `sitedrill up --dir`, in a process group of its own as in a terminal."""

    directory: Path
    process: subprocess.Popen[str]
    addresses: Mapping[str, Any]

    @classmethod
    def start(cls, directory: Path, environment: Mapping[str, str]) -> Up:
        with (directory.parent / "up.err").open("a") as errors:
            process = subprocess.Popen(
                [SITEDRILL, "up", "--dir", str(directory), "--json"],
                cwd=ROOT,
                env=dict(environment),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (directory.parent / "up.err").read_text()[-2000:]
        return cls(directory, process, json.loads(line))

    def kill(self) -> None:
        """Whatever it is doing."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=120)
        return self.process.returncode

    def gh(self, *arguments: str, handle: str = "", check: bool = True) -> str:
        """What `gh` prints for somebody."""
        done = subprocess.run(
            ["gh", *arguments],
            cwd=self.directory,
            env=self.shell(handle),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=THROUGH,
            check=False,
        )
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def shell(self, handle: str = "") -> dict[str, str]:
        """As if somebody had sourced their file."""
        people = self.addresses["people"]
        own = people[handle or next(iter(people))]
        return {"PATH": os.environ["PATH"], "HOME": str(self.directory), **own}

    def runs(self) -> list[dict[str, Any]]:
        """The newest first."""
        fields = "databaseId,status,conclusion,workflowName,event"
        found: list[dict[str, Any]] = json.loads(
            self.gh("run", "list", "-L", "99", "--json", fields)
        )
        return found

    def home(self) -> httpx.Response:
        """The site's first page, as a viewer gets it."""
        return httpx.get(self.addresses["edge"], trust_env=False)

    def journal_lines(self) -> int:
        return (self.directory / "journal.jsonl").read_bytes().count(b"\n")


@dataclass
class Truth:
    """What the world remembers, read while nobody has it."""

    runs: Mapping[int, Run] = field(default_factory=dict)

    def look(self, directory: Path) -> Truth:
        """Check everything that must hold after any end; what is known from now on."""
        records = read_journal(directory / "journal.jsonl")
        assert [record.seq for record in records] == list(range(1, len(records) + 1))
        with closing(Archive(directory / "github")) as archive:
            runs = {run.id: run for run in archive.runs.find()}
            for number, run in self.runs.items():
                assert number in runs, f"run {number} is lost"
                assert runs[number].attempt >= run.attempt
                if run.over and runs[number].attempt == run.attempt:
                    assert runs[number].conclusion == run.conclusion, "what is over changes no more"
            _nothing_twice(archive, runs, records)
        _one_tag_an_attempt(directory)
        return Truth(runs)


def _nothing_twice(archive: Archive, runs: Mapping[int, Run], records: list[Record]) -> None:
    queued = Counter(
        (record.data["run"], record.data["attempt"])
        for record in records
        if record.kind == "run.queued"
    )
    assert set(queued.values()) <= {1}, "queued once for each attempt"
    for kind in ("run.started", "run.finished"):
        told = Counter(record.data["run"] for record in records if record.kind == kind)
        assert all(
            count <= runs[int(run)].attempt for run, count in told.items() if int(run) in runs
        )
    jobs = archive.jobs.find()
    places = Counter((job.run, job.attempt, job.path, job.leg) for job in jobs)
    assert set(places.values()) <= {1}, "one job in each place of each attempt"
    steps = Counter(
        (record.data["run"], record.data["job"], record.data["step"], record.data["stage"])
        for record in records
        if record.kind == "step.started"
    )
    for (run, *_), count in steps.items():
        if int(run) in runs:
            assert count <= runs[int(run)].attempt, "a job is carried out once for each attempt"
    deployed = Counter(one.job for one in archive.deployments.find() if one.job)
    assert set(deployed.values()) <= {1}, "one deployment for each job"
    _one_follower_an_attempt(archive, runs)


def _one_follower_an_attempt(archive: Archive, runs: Mapping[int, Run]) -> None:
    causes = (
        run.event["workflow_run"] for run in runs.values() if run.event_name == "workflow_run"
    )
    followed = Counter((cause["id"], cause["run_attempt"]) for cause in causes)
    for run in runs.values():
        if run.name not in {"BUILD", "TEST"}:
            continue
        for attempt in range(1, run.attempt + 1):
            then = run if attempt == run.attempt else archive.attempt(run, attempt)
            assert then is not None, f"attempt {attempt} of run {run.id} is lost"
            expected = 1 if then.over else 0
            assert followed[run.id, attempt] == expected, f"{run.name} {run.id}, attempt {attempt}"


def _one_tag_an_attempt(directory: Path) -> None:
    made = Counter(
        re.findall(r"runs/(\d+) \(attempt (\d+)\)", tag.message)[0]
        for tag in Origin(directory / "origin.git").tags()
        if tag.name.startswith("v0.0.0-")
    )
    assert set(made.values()) <= {1}, "one emergency tag for each attempt"


def nobody_is_left(directory: Path) -> None:
    """Nothing that a killed world has started goes on in its jobs."""
    jobs = directory / "jobs"
    poll(
        lambda: True if not marked(NOBODY, jobs) else None,
        within=20,
        waiting_for="the jobs of a killed world to end",
        clock=CLOCK,
        last_seen=lambda: str([(one.pid, one.name()) for one in marked(NOBODY, jobs)]),
    )
