"""`sitedrill merge`: the results of shards as those of one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.common import MET, UNMET, HistoryPlace, SummaryFile
from harness.cli.remembering import opened, remember
from harness.clock import SystemClock
from harness.reports.console import matrix
from harness.reports.markdown import append_summary
from harness.reports.merging import merge as merge_results


def merge(
    directories: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="What `run` wrote, of every shard.")
    ],
    out: Annotated[Path, typer.Option(help="Where the joined journals and reports go.")] = Path(
        "build/drills"
    ),
    partial: Annotated[
        bool, typer.Option("--partial", help="Report what is missing as drills in error.")
    ] = False,
    summary: SummaryFile = None,
    history: HistoryPlace = "",
) -> None:
    """Join the results of shards, and write the reports of all."""
    past = opened(history)
    results = merge_results(directories, out, partial=partial, clock=SystemClock())
    console = Console()
    console.print(matrix(results, out_dir=out))
    if summary is not None:
        append_summary(summary, results)
    remember(past, [out], console, summary=summary)
    raise typer.Exit(MET if results.summary.all_met else UNMET)
