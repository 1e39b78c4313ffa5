"""`sitedrill report`: any report of a run that is over, made again from its journals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.common import HistoryPlace
from harness.cli.remembering import opened, remember
from harness.errors import ConfigError, SitedrillError
from harness.reports.console import matrix
from harness.reports.writing import FORMATS, require_journals, write_reports


def report(
    directories: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...", help="What `run` or `merge` wrote, or folders of journals."
        ),
    ],
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option(help=f"Which, with commas between: {','.join(FORMATS)}. All of them.")
    ] = ",".join(FORMATS),
    out: Annotated[
        Path | None,
        typer.Option(help="Where the reports go; by default where the one DIR is."),
    ] = None,
    history: HistoryPlace = "",
) -> None:
    """Make the reports of runs that are over again, from their journals alone."""
    chosen = formats_of(format)
    if out is None and len(directories) > 1:
        raise SitedrillError("several folders, and no --out", hint="say where the reports go")
    require_journals(directories)
    past = opened(history)
    where = out or directories[0]
    results = write_reports(directories, where, chosen)
    console = Console()
    console.print(matrix(results, out_dir=where))
    for name in chosen:
        console.print(f"{name:10} {where / FORMATS[name].file}", markup=False, soft_wrap=True)
    remember(past, directories, console)


def formats_of(text: str) -> list[str]:
    """The formats that a list with commas names, each once.

    Raises:
        ConfigError: there is no such format.
    """
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names or [""]:
        if name not in FORMATS:
            raise ConfigError(
                file="options",
                key="--format",
                value=name,
                expected="some of " + ", ".join(FORMATS) + ", with commas between",
            )
    return names
