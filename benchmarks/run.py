"""Measures what a drill costs, and prints the numbers that benchmarks/README.md quotes.

.venv/bin/python benchmarks/run.py [overhead] [world] [throughput] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.checks.layers import capture
from harness.clock import SystemClock
from harness.drill import Drill
from harness.journal import Journal, read_journal
from harness.runner.act import HostRunner
from harness.runner.call import offer_warm, prepare, run_environment
from harness.runner.job import Outcome
from harness.session import Options, Session, new_directory
from harness.world import World

ROOT = Path(__file__).parents[1]


@contextmanager
def session(out: Path) -> Iterator[Session]:
    made = Session(
        Options(out=out),
        directory=new_directory(),
        owner_pid=os.getpid(),
        clock=SystemClock(),
        say=print,
    )
    try:
        yield made
    finally:
        made.close()


def overhead(made: Session, out: Path, rounds: int) -> None:
    """A whole drill's response against bare act, in turn, on worlds that are clones of one another.

    Both run the same emergency workflow on the same drifted world. The drill adds the prober, the
    journal, the world, the steady-state check, the symptom, the recovery check and the audit.
    """
    rows = []
    for number in range(rounds):
        drill_seconds, in_act = drill_once(made, out / f"drill-{number}.jsonl")
        cold = bare_once(made, out / f"cold-{number}.jsonl", warm=False)
        warm = bare_once(made, out / f"warm-{number}.jsonl", warm=True)
        rows.append((drill_seconds, in_act, cold, warm))
        print(
            f"  round {number + 1}: drill {drill_seconds:.2f} s (its jobs {in_act:.2f} s), "
            f"bare act {cold:.2f} s, bare act with a warm AWS CLI {warm:.2f} s"
        )
    for name, at in (("bare act", 2), ("bare act with a warm AWS CLI", 3)):
        ratio = statistics.median(row[0] / row[at] for row in rows)
        extra = statistics.median(row[0] - row[at] for row in rows)
        print(f"overhead over {name}: ratio {ratio:.3f}, {extra:+.2f} s")
    own = statistics.median(row[0] - row[1] for row in rows)
    print(f"overhead: {own:.2f} s of a drill are outside its jobs")


def drill_once(made: Session, path: Path) -> tuple[float, float]:
    """Seconds of a drill from its first step to its verdict, and of act within it."""
    with (
        Journal(path, clock=SystemClock()) as journal,
        made.drill("bench", feature="bench", scenario="bench", journal=journal) as drill,
    ):
        begun = time.perf_counter()
        play(drill)
        seconds = time.perf_counter() - begun
    finished = [r for r in read_journal(path) if r.kind == "job.finished"]
    return seconds, sum(float(r.data["seconds"]) for r in finished)


def play(drill: Drill) -> None:
    drill.open("staging")
    drill.check_steady_state()
    drill.drift("html-truncated")
    drill.see_symptom()
    drill.roll_back("last_known_good")
    verdict = drill.conclude("recovers")
    assert verdict.verdict == "met", verdict.causes


class Bare:
    """In place of the job that deploys, runs act on the whole of the site's own file, and nothing else.

    No events are read, nothing is journaled, there is no wall, and one act has all jobs of the file.
    The job before, which only checks the request, is run by the runner and not counted.
    """

    name = "bare"

    def __init__(self, made: Session, *, warm: bool) -> None:
        assert isinstance(made.baselines.runner, HostRunner)
        self._runner = made.baselines.runner
        self._warm = warm
        self.seconds = 0.0

    def versions(self) -> dict[str, str]:
        return dict(self._runner.versions())

    def execute(self, job, journal, *, listener=None, brake=None):  # type: ignore[no-untyped-def]
        if self.seconds:
            return Outcome("success", 0, 0.0)
        if job.own != "operate":
            return self._runner.execute(job, journal, listener=listener, brake=brake)
        tools = {tool.name: tool.path for tool in self._runner._tools if tool.path is not None}
        whole = replace(job, workflow=str(job.source / ".github/workflows/emergency.yml"))
        command = prepare(whole, act=self._runner._act, tools=tools)
        if self._warm:
            offer_warm(job.directory, "aws", tools["aws"])
        begun = time.perf_counter()
        code = subprocess.run(
            command,
            cwd=job.workspace,
            env=run_environment(job),
            stdout=subprocess.DEVNULL,
            check=False,
        ).returncode
        self.seconds = time.perf_counter() - begun
        return Outcome("success" if code == 0 else "failure", code, self.seconds)


def bare_once(made: Session, path: Path, *, warm: bool) -> float:
    """Seconds of bare act running the same emergency on a clone of the same world.

    `warm`: with the AWS CLI as a drill has it, not as it is by itself.
    """
    from harness import injection  # noqa: PLC0415

    baseline = made.baselines.get("staging")
    place = Path(tempfile.mkdtemp(prefix="bare-", dir=made.directory))
    with Journal(path, clock=SystemClock()) as journal:
        world: World = made.baselines.clone(
            baseline, directory=place, journal=journal, new_id=iter(range(1, 99)).__next__
        )
        runner = Bare(made, warm=warm)
        world._runner = runner
        with world:
            environment = world.environment("staging")
            world.community.introduce("somebody")
            injection.drift(world, made.catalogue.get("html-truncated"), environment)
            capture(world.clients("checks"), environment.bucket, world.distribution_id(environment))
            run = world.dispatcher.dispatch(
                "emergency.yml",
                ref="main",
                inputs={
                    "environment": "staging",
                    "operation": "rollback",
                    "reason": "measuring what a drill costs",
                },
                actor="somebody",
                role="response",
            )
            ran = world.dispatcher.finished(run)
    assert ran.conclusion == "success", ran.cause
    shutil.rmtree(place, ignore_errors=True)
    return runner.seconds


def world(made: Session, out: Path, rounds: int) -> None:
    """Seconds until a world answers viewers: the first, whose baseline is built, and clones."""
    begun = time.perf_counter()
    baseline = made.baselines.get("staging")
    first = time.perf_counter() - begun
    seconds = []
    for number in range(rounds * 4):
        place = Path(tempfile.mkdtemp(prefix="world-", dir=made.directory))
        with Journal(out / f"world-{number}.jsonl", clock=SystemClock()) as journal:
            begun = time.perf_counter()
            clone = made.baselines.clone(
                baseline, directory=place, journal=journal, new_id=lambda: 1
            )
            with clone:
                seconds.append(time.perf_counter() - begun)
        shutil.rmtree(place, ignore_errors=True)
    print(
        f"world: first {first + seconds[0]:.1f} s, cloned median {statistics.median(seconds):.3f} s "
        f"(min {min(seconds):.3f}, max {max(seconds):.3f}, {len(seconds)} clones)"
    )


def throughput(out: Path) -> None:
    """Drills a minute with one worker and with two, baseline not counted."""
    for workers in (1, 2):
        place = out / f"workers-{workers}"
        command = [
            str(Path(sys.executable).with_name("sitedrill")),
            "run",
            "features/drift.feature",
        ]
        command += ["-m", "seed", "-n", str(workers), "--out", str(place)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        starts, ends = [], []
        for path in (place / "journals").glob("*.jsonl"):
            records = read_journal(path)
            began = path.stat().st_mtime - records[-1].t
            ready = next(r.t for r in records if r.kind == "world.ready")
            starts.append(began + ready)
            ends.append(began + records[-1].t)
        minutes = (max(ends) - min(starts)) / 60
        print(
            f"throughput: {len(ends)} drills, {workers} workers: {len(ends) / minutes:.1f} a minute"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["world", "overhead", "throughput"])
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    out = Path(tempfile.mkdtemp(prefix="sitedrill-bench-"))
    try:
        if {"world", "overhead"} & set(chosen.what):
            with session(out) as made:
                if "world" in chosen.what:
                    world(made, out, chosen.rounds)
                if "overhead" in chosen.what:
                    overhead(made, out, chosen.rounds)
        if "throughput" in chosen.what:
            throughput(out)
    finally:
        shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    main()
