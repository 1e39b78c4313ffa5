"""The `sitedrill` command: each subcommand is a module of its own beside this one.

Exit codes: 0 every drill met its expectation, 1 at least one did not, 2 a usage or configuration error.
"""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from harness.cli.audit import audit
from harness.cli.common import MISUSED
from harness.cli.diff import diff
from harness.cli.doctor import doctor, tools
from harness.cli.gameday import gameday
from harness.cli.image import image
from harness.cli.init import init
from harness.cli.merge import merge
from harness.cli.plan import plan
from harness.cli.report import report
from harness.cli.run import run
from harness.cli.schema import schema
from harness.cli.up import down, up
from harness.cli.verify import verify
from harness.cli.watch import watch
from harness.errors import SitedrillError

app = typer.Typer(
    help="Drills a static site's emergency workflow against an emulated AWS, and says with evidence "
    "whether the site recovered and whether the audit trail is complete.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    init,
    run,
    plan,
    merge,
    report,
    diff,
    audit,
    doctor,
    tools,
    image,
    up,
    down,
    schema,
    verify,
    watch,
):
    app.command()(command)
app.add_typer(gameday, name="gameday")


def main() -> None:
    """Run the command; a problem is one line on standard error, never a traceback."""
    try:
        app()
    except SitedrillError as error:
        Console(stderr=True).print(
            f"sitedrill: {error}", style="bold", markup=False, soft_wrap=True
        )
        sys.exit(MISUSED)
