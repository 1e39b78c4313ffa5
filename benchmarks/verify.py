"""Measures `sitedrill verify`, and prints the numbers that benchmarks/README.md quotes.

.venv/bin/python benchmarks/verify.py [--rounds N]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness.resources import reference_site
from harness.verify.others import OTHERS

SITES = {"reference": reference_site(), "terraform": reference_site().parent / "terraform"}
COMMAND = [str(Path(sys.executable).parent / "sitedrill"), "verify"]


def measured(arguments: list[str], site: Path) -> tuple[float, float]:
    """Seconds by the clock and of the processor, of the command with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run([*COMMAND, *arguments], cwd=site, capture_output=True, check=False)
    took = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return took, used


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    without = [word for name in OTHERS for word in ("--without", name)]
    for name, site in SITES.items():
        measured([], site)  # what follows is warm: files and programs are in memory
        for what, arguments in (("all", []), ("rules of our own only", without)):
            times = [measured(arguments, site) for _ in range(rounds)]
            clock = [took for took, _ in times]
            print(
                f"{name}, {what}: median {statistics.median(clock):.2f} s "
                f"(min {min(clock):.2f}, max {max(clock):.2f}), "
                f"processor {statistics.median(used for _, used in times):.2f} s"
            )


if __name__ == "__main__":
    main()
