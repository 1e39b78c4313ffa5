"""`sitedrill plan`: the drills shared out among machines, as GitHub takes it for a matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.common import (
    Expression,
    Features,
    SettingsFile,
    Site,
    Tags,
    chosen_features,
    chosen_site,
)
from harness.cli.drilling import Selection
from harness.cli.sharding import drills_of
from harness.reports.durations import known_durations
from harness.reports.shards import divide


def plan(
    shards: Annotated[int, typer.Option(min=1, max=256, help="How many machines there are.")],
    features: Features = None,
    site: Site = None,
    settings: SettingsFile = None,
    expression: Expression = "",
    tags: Tags = "",
    durations: Annotated[
        list[Path] | None,
        typer.Option(
            help="The results.json of an earlier run, or its folder; may be said several times."
        ),
    ] = None,
) -> None:
    """Share the drills out by how long they took before, and print the shards as JSON."""
    site = chosen_site(site)
    drills = drills_of(
        Selection(chosen_features(features, site, settings), expression, tags, site, settings)
    )
    seconds, missing = known_durations(durations or [])
    say = Console(stderr=True)
    for path in missing:
        say.print(f"no durations in {path}: it is not there", markup=False, soft_wrap=True)
    timed = sum(drill in seconds for drill in drills)
    made = divide(drills, shards=shards, seconds=seconds)
    say.print(
        f"{len(drills)} drills, {timed} of them timed before, in {len(made.include)} shards",
        soft_wrap=True,
    )
    print(made.text())
