"""`sitedrill diff`: what a change does to the emergency path."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from harness.cli.common import MET, UNMET
from harness.reports.comparing import Comparison, compare
from harness.reports.markdown import comment
from harness.reports.reading import load_results
from harness.reports.told import MARKS, as_data, heading, sentences


class Format(Enum):
    """How the differences are told."""

    console = "console"
    markdown = "markdown"
    json = "json"


class FailOn(Enum):
    """What makes the exit code 1."""

    worse = "worse"
    slower = "slower"
    nothing = "nothing"


def diff(
    base: Annotated[Path, typer.Argument(help="Results before the change: a folder of `run`.")],
    head: Annotated[Path, typer.Argument(help="Results with the change.")],
    format: Annotated[  # noqa: A002 - the option's name
        Format, typer.Option(help="How the differences are told.")
    ] = Format.console,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 when something got worse; or slower, too.")
    ] = FailOn.worse,
    slower_by: Annotated[
        float,
        typer.Option(min=0, help="By which share of its seconds a recovery must differ to count."),
    ] = 0.5,
) -> None:
    """Compare two results: verdicts, observations, audit trails, recovery times, findings."""
    comparison = compare(load_results(base), load_results(head), slower_by=slower_by)
    match format:
        case Format.markdown:
            print(comment(comparison))
        case Format.json:
            print(json.dumps(as_data(comparison), indent=2, ensure_ascii=False))
        case Format.console:
            _print(comparison, Console())
    failing = comparison.of("worse", "slower") if fail_on is FailOn.slower else comparison.worse
    raise typer.Exit(UNMET if failing and fail_on is not FailOn.nothing else MET)


def _print(comparison: Comparison, console: Console) -> None:
    for sentence in sentences(comparison):
        console.print(Text(f"{MARKS[sentence.direction]} {sentence.text}", overflow="fold"))
    for change in comparison.changes:
        console.print(Text(f"  {change.drill}: {change.base} -> {change.head}", overflow="fold"))
        for cause in change.causes:
            console.print(Text(f"      {cause}", style="dim", overflow="fold"))
    for note in comparison.notes:
        console.print(Text(f"not drilled alike: {note}", overflow="fold"))
    style = "bold red" if comparison.worse else "bold"
    console.print(Text(heading(comparison), style=style))
