"""Runs the same drills with every cloud and every runner, and compares their verdicts.

.venv/bin/python benchmarks/matrix.py [--clouds moto,localstack] [--runners host] [-m seed] [-k EXPR]

Prints a table of Markdown rows: what was chosen, drills met, seconds of the whole command, the median
of seconds to recovery. Exits 1 when some combination's verdicts differ from the first's, or from those
an earlier matrix kept (`--keep FOLDER`, then `--like FOLDER/moto-host`), so that a night may be in parts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CLOUDS = "moto,localstack,ministack,moto+ministack,localstack+ministack"
RUNNERS = "host,container,docker"
#: What must not depend on where a drill runs.
SAME = ("id", "expected", "observed", "verdict", "audit")


@dataclass(frozen=True)
class Run:
    """One combination's results; `problem` says why there are none."""

    cloud: str
    runner: str
    seconds: float
    drills: tuple[dict[str, Any], ...]
    problem: str = ""

    def verdicts(self) -> list[dict[str, Any]]:
        """What can be compared; of the audit, whether it was complete and what was missing."""
        found = []
        for drill in self.drills:
            same = {key: drill[key] for key in SAME}
            audit = same["audit"] or {}
            same["audit"] = {key: audit.get(key) for key in ("complete", "missing")}
            found.append(same)
        return sorted(found, key=lambda drill: str(drill["id"]))

    def row(self) -> str:
        """A row of the table."""
        if self.problem:
            return f"| {self.cloud} | {self.runner} | {self.problem} | | |"
        met = sum(drill["verdict"] == "met" for drill in self.drills)
        recovered = [
            d["recovery_seconds"] for d in self.drills if d["recovery_seconds"] is not None
        ]
        median = f"{statistics.median(recovered):.1f} s" if recovered else ""
        return (
            f"| {self.cloud} | {self.runner} | {met} of {len(self.drills)} "
            f"| {self.seconds:.0f} s | {median} |"
        )


def run(cloud: str, runner: str, chosen: argparse.Namespace, out: Path) -> Run:
    """The drills with one cloud and one runner."""
    command = [str(Path(sys.executable).with_name("sitedrill")), "run", *chosen.features]
    command += ["--cloud", cloud, "--runner", runner, "-n", str(chosen.workers), "--out", str(out)]
    command += ["-m", chosen.tags] if chosen.tags else []
    command += ["-k", chosen.expression] if chosen.expression else []
    command += ["--site", str(chosen.site)] if chosen.site else []
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode not in {0, 1}:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        return Run(cloud, runner, seconds, (), f"status {done.returncode}: {said}")
    return Run(cloud, runner, seconds, drills_in(out))


def drills_in(folder: Path) -> tuple[dict[str, Any], ...]:
    """What `sitedrill run` has written there."""
    return tuple(json.loads((folder / "results.json").read_text())["drills"])


def kept(folder: Path) -> Run:
    """What an earlier matrix kept of one combination."""
    cloud, _, runner = folder.resolve().name.rpartition("-")
    return Run(cloud, runner, 0.0, drills_in(folder))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", nargs="*", default=["features"])
    parser.add_argument("--clouds", default=CLOUDS)
    parser.add_argument("--runners", default=RUNNERS)
    parser.add_argument("--site", type=Path)
    parser.add_argument("-m", dest="tags", default="")
    parser.add_argument("-k", dest="expression", default="")
    parser.add_argument("-n", dest="workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder for the results of each")
    parser.add_argument("--like", type=Path, help="results kept before, to compare with")
    chosen = parser.parse_args()
    place = chosen.keep or Path(tempfile.mkdtemp(prefix="sitedrill-matrix-"))
    first = kept(chosen.like) if chosen.like else None
    status = 0
    print("| cloud | runner | met | whole command | median recovery |\n|---|---|---|---|---|")
    try:
        for cloud in chosen.clouds.split(","):
            for runner in chosen.runners.split(","):
                done = run(cloud, runner, chosen, place / f"{cloud}-{runner}")
                print(done.row(), flush=True)
                first = first or done
                if done.problem or done.verdicts() != first.verdicts():
                    status = 1
                    print(
                        f"<!-- {cloud} x {runner} differs from {first.cloud} x {first.runner} -->"
                    )
    finally:
        if chosen.keep is None:
            shutil.rmtree(place, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
