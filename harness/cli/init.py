"""`sitedrill init`: looks at a site's repository, and writes its settings and a first feature."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.common import MET
from harness.errors import ConfigError, SitedrillError
from harness.reports.files import write_atomically
from harness.settings import FILE_NAME, load_settings
from harness.survey import FEATURE, MARK, Found, feature_text, settings_text, survey


def init(
    path: Annotated[Path, typer.Argument(help="The root of the site's repository.")] = Path(),
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that are there already.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before anything is written.")
    ] = False,
) -> None:
    """Look at a site's repository, and write its sitedrill.toml and a first feature."""
    console = Console()
    found = survey(path)
    _say(found, console)
    written = {path / FILE_NAME: settings_text(found), path / FEATURE: feature_text(found)}
    there = [str(file) for file in written if file.exists()]
    if there and not force:
        raise SitedrillError(
            f"{' and '.join(there)} would be overwritten; nothing was written",
            hint="--force replaces them",
        )
    if (
        not yes
        and sys.stdin.isatty()
        and not typer.confirm(f"Write {' and '.join(map(str, written))}?")
    ):
        raise SitedrillError("nothing was written")
    for file, text in written.items():
        write_atomically(file, text)
        console.print(f"written: {file}", markup=False, soft_wrap=True)
    _next(path, written[path / FILE_NAME], console)
    raise typer.Exit(MET)


def _say(found: Found, console: Console) -> None:
    console.print("Found:")
    for line in found.told:
        console.print(f"  {line}", markup=False, soft_wrap=True, highlight=False)
    if found.unknown:
        console.print("Could not tell:")
    for line in found.unknown:
        console.print(f"  {line}", markup=False, soft_wrap=True, highlight=False)


def _next(path: Path, text: str, console: Console) -> None:
    """Whether the settings hold as they are, and what is to be done now."""
    try:
        load_settings(path)
    except ConfigError as error:
        console.print(f"to be mended first: {error}", markup=False, soft_wrap=True)
        return
    marks = sum(MARK in line for line in text.splitlines())
    if marks:
        lines = "1 line is" if marks == 1 else f"{marks} lines are"
        console.print(f"{lines} marked {MARK} in {path / FILE_NAME}", markup=False, soft_wrap=True)
    where = "" if path == Path() else f" --site {path}"
    console.print(f"then: sitedrill run{where}", markup=False, soft_wrap=True)
