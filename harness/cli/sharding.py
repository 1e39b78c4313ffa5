"""Which drills there are, and which of them are this machine's."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.cli.drilling import PYTEST_NO_TESTS, Selection, collecting_command, last_lines
from harness.errors import ConfigError, SitedrillError
from harness.reports.shards import Shard, ShardPlan, divide, read_plan, shard_number, the_shard


def drills_of(selection: Selection) -> list[str]:
    """The ids of the drills that were chosen, in the order of the features; none is run.

    Raises:
        SitedrillError: none was chosen, or the features cannot be read.
        ConfigError: two have the same id.
    """
    with tempfile.TemporaryDirectory(prefix="sitedrill-list-") as scratch:
        directory = Path(scratch)
        listed, log = directory / "list", directory / "pytest.log"
        with log.open("wb") as file:
            done = subprocess.run(
                collecting_command(selection, listed, directory),
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        if done.returncode == PYTEST_NO_TESTS:
            raise SitedrillError("no drill matches", hint="look at FEATURE, -k and -m")
        if done.returncode or not listed.exists():
            raise SitedrillError(f"the features cannot be read: {last_lines(log)}")
        drills = listed.read_text(encoding="utf-8").split()
    if twice := sorted({drill for drill in drills if drills.count(drill) > 1}):
        raise ConfigError(
            file="features",
            key="drill",
            value=twice[0],
            expected="ids of which no two are the same",
            hint="rename the scenario, or give its examples a column that tells them apart",
        )
    return drills


def choose_shard(
    text: str, plan_file: Path | None, drills: Sequence[str]
) -> tuple[Shard, ShardPlan]:
    """The shard to be run here.

    Args:
        text: what `--shard` says.
        plan_file: what `--plan` names; without one the drills are shared out as if they all took
            equally long, which every shard works out alike.
        drills: every drill of the run.

    Raises:
        ConfigError: there is no such shard, or the plan is of other drills.
    """
    if plan_file is None:
        plan = divide(drills, shards=shard_number(text)[1], seconds={})
        return the_shard(plan, text, said_by=f"these {len(drills)} drills"), plan
    plan = read_plan(plan_file)
    if differing := sorted(plan.drills ^ set(drills)):
        which = "is not in the plan" if differing[0] in drills else "is not among the features"
        raise ConfigError(
            file=plan_file,
            key="drills",
            value=differing[0],
            expected=f"the drills that FEATURE, -k and -m choose; this one {which}",
            hint="plan and run with the same FEATURE, -k and -m",
        )
    return the_shard(plan, text, said_by=str(plan_file)), plan
