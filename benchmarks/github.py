"""Measures GitHub's side, and prints the numbers that benchmarks/README.md quotes.

.venv/bin/python benchmarks/github.py [latency] [requests] [list] [--rounds N]
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from harness.clock import SystemClock
from harness.crew import Surroundings, WorldCrew
from harness.egress.proxy import Proxy
from harness.egress.way_out import WayOut
from harness.github.actors import Actor
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.journal import Journal
from harness.outside import Outside
from harness.runner.act import HostRunner
from harness.runner.job import Job
from harness.runner.tools import cache_directory, ensure_act, find_tools
from harness.runner.wall import OpenWall
from harness.serving import Serving

REPOSITORY = "harbourlight/website"
WORKFLOW = """\
name: Ship
on:
  workflow_dispatch:
    inputs:
      file: { required: true }
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - run: date +%s.%N > "${{ inputs.file }}"
"""
RUNS = 10_000


class NoWayOut:
    def environment(self, run: str, directory: Path) -> tuple[dict[str, str], str]:
        return {}, ""

    def dismiss(self, run: str) -> None:
        pass


class Remembering:
    """A runner that keeps a copy of the first job that it is given, as it was when it began."""

    name = "host"

    def __init__(self, runner: HostRunner, kept: Path) -> None:
        self.runner = runner
        self.kept = kept
        self.job: Job | None = None

    def versions(self) -> dict[str, str]:
        return dict(self.runner.versions())

    def execute(self, job: Job, journal: Journal, **more: Any) -> Any:
        if self.job is None:
            shutil.copytree(job.directory, self.kept, symlinks=True)
            self.job = job
        return self.runner.execute(job, journal, **more)


@dataclass
class GitHub:
    control: ControlPlane
    port: int
    token: str
    runner: Remembering
    journal: Journal
    directory: Path

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        with_token = {"Authorization": f"Bearer {self.token}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, f"/repos/{REPOSITORY}{path}", body or None, with_token)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found


@contextmanager
def github() -> Iterator[GitHub]:
    clock = SystemClock()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Serving() as serving,
        Journal(Path(folder) / "journal.jsonl", clock=clock) as journal,
    ):
        directory = Path(folder)
        origin = Origin.create(directory / "origin.git")

        def first(tree: Path) -> None:
            (tree / ".github/workflows").mkdir(parents=True)
            (tree / ".github/workflows/ship.yml").write_text(WORKFLOW)

        origin.commit(first, message="A site", author=Actor("boss"), when=clock.now())
        control = ControlPlane(
            origin, directory / "github", repository=REPOSITORY, journal=journal, clock=clock
        )
        api = GitHubApi(control, Issuer.generate(), clock=clock)
        port = serving.serve(api.app)
        session = f"bench-{os.getpid()}"
        runner = Remembering(
            HostRunner(
                act=ensure_act(cache_directory(), say=print),
                tools=find_tools(cache_directory()),
                wall=OpenWall(clock),
                clock=clock,
                session=session,
            ),
            directory / "kept",
        )
        proxy = Proxy(
            directory,
            cache=cache_directory(),
            session=session,
            owner_pid=os.getpid(),
            clock=clock,
            say=print,
        )
        crew = WorldCrew(
            runner,
            directory=directory / "jobs",
            origin=origin,
            api=api,
            outside=Outside(proxy),
            way_out=cast("WayOut", NoWayOut()),
            surroundings=Surroundings("", f"http://127.0.0.1:{port}", ()),
            journal=journal,
            run_timeout=100,
        )
        with control.staffed(crew):
            yield GitHub(control, port, api.token_of("boss"), runner, journal, directory)
        control.close()


def latency(rounds: int) -> None:
    """From a dispatch to what the first step does, against the same act run started directly, in turn.

    The direct run has its workspace, its clone and its files ready; the dispatched one makes them.
    """
    with github() as made:
        cloning = timed_clones(made.control.origin)
        dispatched(made, 0)
        cloning.clear()
        pairs = [(dispatched(made, one), directly(made, one)) for one in range(1, rounds + 1)]
        ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        added = statistics.median(one - other for one, other in pairs)
        print(
            f"latency: dispatch to first step {ours * 1000:.0f} ms, act alone {bare * 1000:.0f} ms, "
            f"added {added * 1000:.0f} ms, of which the job's clone "
            f"{statistics.median(cloning) * 1000:.0f} ms (median of {rounds} pairs)"
        )


def timed_clones(origin: Origin) -> list[float]:
    """The seconds of every clone that is made for a job from now on."""
    seconds: list[float] = []
    clone_to = origin.clone_to

    def timed(*arguments: Any, **more: Any) -> None:
        begun = time.perf_counter()
        clone_to(*arguments, **more)
        seconds.append(time.perf_counter() - begun)

    origin.clone_to = timed  # type: ignore[method-assign]
    return seconds


def dispatched(made: GitHub, number: int) -> float:
    file = made.directory / f"ours-{number}"
    begun = time.time()
    status, said = made.ask(
        "POST",
        "/actions/workflows/ship.yml/dispatches",
        f'{{"ref": "main", "inputs": {{"file": "{file}"}}}}',
    )
    assert status == 204, said
    made.control.settle(within=100)
    return float(file.read_text()) - begun


def directly(made: GitHub, number: int) -> float:
    known, file = made.runner.job, made.directory / f"bare-{number}"
    assert known is not None
    place = made.directory / f"place-{number}"
    shutil.copytree(made.runner.kept, place, symlinks=True)
    workflow = place / Path(known.workflow).relative_to(known.directory)
    event = {**known.event, "inputs": {"file": str(file)}}
    job = replace(
        known,
        directory=place,
        workspace=place / "workspace",
        source=place / "source",
        workflow=str(workflow),
        event=event,
    )
    begun = time.time()
    outcome = made.runner.runner.execute(job, made.journal)
    assert outcome.conclusion == "success", outcome.cause
    return float(file.read_text()) - begun


def requests(_: int) -> None:
    """Requests a second, from a process of its own, on one connection and on four."""
    with github() as made:
        fill(made.control, 100)
        for path in ("/actions/runs/1000", "/actions/runs?per_page=30", "/actions/workflows"):
            for connections in (1, 4):
                command = (sys.executable, __file__, "--client", str(made.port), made.token)
                told = subprocess.run(
                    [*command, path, str(connections)],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                print(f"requests: GET {path}, {connections} connection(s): {told.stdout.strip()}/s")


def client(port: int, token: str, path: str, connections: int, seconds: float = 4.0) -> None:
    counts = [0] * connections
    end = time.perf_counter() + seconds

    def ask(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            connection.request(
                "GET", f"/repos/{REPOSITORY}{path}", headers={"Authorization": f"Bearer {token}"}
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(round(sum(counts) / seconds))


def listing(rounds: int) -> None:
    """The newest page of ten thousand runs."""
    with github() as made:
        fill(made.control, RUNS)
        for path in (
            "/actions/runs",
            "/actions/runs?per_page=100",
            "/actions/runs?status=failure&branch=main",
            "/actions/workflows/ship.yml/runs?page=300",
        ):
            taken = []
            for _ in range(max(rounds, 10)):
                begun = time.perf_counter()
                status, _said = made.ask("GET", path)
                taken.append(time.perf_counter() - begun)
                assert status == 200
            print(
                f"list: GET {path} of {RUNS} runs: median {statistics.median(taken) * 1000:.0f} ms, "
                f"worst {max(taken) * 1000:.0f} ms"
            )


def fill(control: ControlPlane, many: int) -> None:
    """So many runs that are over."""
    from harness.github.runs import Run  # noqa: PLC0415

    head, now = control.origin.head(), control.scheduler.now()
    with control.archive.store.change():
        for number in range(1, many + 1):
            control.archive.runs.put(
                Run(
                    id=999 + number,
                    number=number,
                    repository=REPOSITORY,
                    workflow=".github/workflows/ship.yml",
                    name="Ship",
                    title=f"Ship {number}",
                    event_name="workflow_dispatch",
                    event={"inputs": {"file": "x"}},
                    ref="refs/heads/main",
                    sha=head,
                    actor="boss",
                    triggering_actor="boss",
                    status="completed",
                    conclusion="failure" if number % 7 == 0 else "success",
                    created_at=now,
                    started_at=now,
                    updated_at=now,
                )
            )


MEASURES = {"latency": latency, "requests": requests, "list": listing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*MEASURES, "all"], default="all")
    parser.add_argument("--rounds", type=int, default=10)
    chosen = parser.parse_args()
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in MEASURES if "all" in chosen.what else chosen.what:
        MEASURES[name](chosen.rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        client(int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
    else:
        main()
