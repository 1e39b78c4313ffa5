"""The tools that drills need: `sitedrill doctor` says which, `sitedrill tools` makes them."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.common import UNMET
from harness.runner.tools import cache_directory, ensure_act, find_tools


def doctor() -> None:
    """Say which tools drills need, where each was found, and how to get the others."""
    table = Table("tool", "version", "where", "how to get it", title="What drills need")
    tools = find_tools(cache_directory())
    for tool in tools:
        where = str(tool.path) if tool.path else "not found"
        note = "" if tool.ready else tool.how_to_get
        table.add_row(tool.name, tool.version or "-", tool.problem or where, note)
    Console().print(table)
    if not all(tool.ready for tool in tools):
        raise typer.Exit(UNMET)


def tools() -> None:
    """Make the tools that can be made (act), so that the first drill need not."""
    console = Console()
    console.print(f"act: {ensure_act(cache_directory(), say=console.print)}", soft_wrap=True)
