"""The tools that drills need: `sitedrill doctor` says which, `sitedrill tools` makes them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.common import UNMET
from harness.clock import SystemClock
from harness.cloud.clouds import Ground, LocalStackCloud, MiniStackCloud
from harness.errors import ToolMissingError
from harness.runner.bubblewrap import find_bubblewrap
from harness.runner.linters import (
    ensure_actionlint,
    ensure_zizmor,
    find_actionlint,
    find_zizmor,
)
from harness.runner.terraform import find_terraform
from harness.runner.tools import cache_directory, ensure_act, find_tools
from harness.venvs import find_python


def doctor() -> None:
    """Say which tools drills need, where each was found, and how to get the others."""
    table = Table("tool", "version", "where", "how to get it", title="What drills need")
    terraform = find_terraform(environ=os.environ, home=Path.home())
    wall = replace(find_bubblewrap(), optional=True)
    cache = cache_directory()
    linters = (find_actionlint(cache), find_zizmor(cache))
    tools = (*find_tools(cache), wall, *terraform.programs, *linters)
    for tool in tools:
        where = str(tool.path) if tool.path else "not found"
        note = "" if tool.ready else tool.how_to_get
        table.add_row(tool.name, tool.version or "-", tool.problem or where, note)
    for package in terraform.providers if terraform.here else ():
        table.add_row(package.name, package.version, str(package.path), "")
    Console().print(table)
    Console().print(_clouds())
    if not all(tool.ready or tool.optional for tool in tools):
        raise typer.Exit(UNMET)


def _clouds() -> Table:
    """The emulators that have an environment of their own; drills on moto need none."""
    table = Table("--cloud", "version", "where", "how to get it", title="Other clouds")
    ground = Ground(SystemClock(), token="", cache=cache_directory())
    for cloud in (MiniStackCloud(ground), LocalStackCloud(ground)):
        found = cloud.environment
        where, how = str(found.path), ""
        if not found.ready:
            python = find_python(found.python)
            where = "not made yet"
            how = "made by the first drill that needs it"
            if python is None:
                where = f"no Python {found.python} here"
                how = f"install one, {found.otherwise}"
        table.add_row(cloud.name, found.version, where, how)
    return table


def tools() -> None:
    """Make the tools that can be made (act, actionlint, zizmor), so that nothing waits for them."""
    console = Console()
    cache = cache_directory()
    console.print(f"act: {ensure_act(cache, say=console.print)}", soft_wrap=True)
    for name, ensure in (("actionlint", ensure_actionlint), ("zizmor", ensure_zizmor)):
        try:
            found: object = ensure(cache, say=console.print)
        except ToolMissingError as error:
            # Drills do without; `sitedrill verify` says the same again, and how to do without it.
            found = f"missing, `sitedrill verify` needs it: {error}"
        console.print(f"{name}: {found}", markup=False, soft_wrap=True)
