"""The `sitedrill` command: each subcommand is a module of its own beside this one.

Exit codes: 0 every drill met its expectation, 1 at least one did not, 2 a usage or configuration error.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.codes import MISUSED
from harness.cli.lazy import LazyGroup
from harness.errors import SitedrillError

app = typer.Typer(
    cls=LazyGroup,
    help="Drills a static site's emergency workflow against an emulated AWS, and says with evidence "
    "whether the site recovered and whether the audit trail is complete.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom needed

        typer.echo(f"sitedrill {version('sitedrill')}")
        raise typer.Exit


@app.callback()
def _commands(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What all commands share; each is a module of its own, see `lazy`."""


def main() -> None:
    """Run the command; a problem is one line on standard error, never a traceback."""
    try:
        app()
    except SitedrillError as error:
        Console(stderr=True).print(
            f"sitedrill: {error}", style="bold", markup=False, soft_wrap=True
        )
        sys.exit(MISUSED)
