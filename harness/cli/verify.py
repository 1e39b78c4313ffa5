"""`sitedrill verify`: reads workflows without running them, and says what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.codes import MET, UNMET
from harness.errors import SitedrillError
from harness.verify import FORMATS, Options
from harness.verify import verify as look
from harness.verify.others import OTHERS
from harness.verify.telling import explained, listed


def verify(
    workflows: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[WORKFLOW]...", help="Workflow files; by default all of the site's."
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(help="Folder of the site; by default the one above the workflows, or us."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(help="The site's settings, when its own sitedrill.toml is not to be used."),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help=f"How findings are told: {', '.join(FORMATS)}.")
    ] = "text",
    without: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Do without this tool ({', '.join(OTHERS)}); may be said several times."
        ),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules of our own.")] = False,
    explain: Annotated[
        str, typer.Option(metavar="RULE", help="Say what a rule is about, such as SD004.")
    ] = "",
) -> None:
    """Read workflows without running them, and say what is wrong before they are merged.

    Exit codes: 0 nothing is wrong, 1 something is, 2 it could not be told.
    """
    if rules or explain:
        sys.stdout.write(explained(explain) if explain else listed())
        raise typer.Exit(MET)
    if format_ not in FORMATS:
        raise SitedrillError(f"there is no format {format_!r}", hint=f"one of {', '.join(FORMATS)}")
    console = Console(stderr=True)
    options = Options(
        site=site,
        settings=settings,
        without=frozenset(without or ()),
        say=lambda line: console.print(line, markup=False, soft_wrap=True),
    )
    report = look(workflows or (), options)
    sys.stdout.write(FORMATS[format_](report))
    raise typer.Exit(MET if report.clean else UNMET)
