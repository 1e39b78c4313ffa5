"""Commands whose modules are loaded when they are called: `verify` needs none of what a world does."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

#: Each command, in the order of the help text, and its module beside this one.
COMMANDS: Mapping[str, str] = {
    "init": "init",
    "run": "run",
    "plan": "plan",
    "merge": "merge",
    "report": "report",
    "diff": "diff",
    "runbook": "runbook",
    "trend": "trend",
    "audit": "audit",
    "doctor": "doctor",
    "tools": "doctor",
    "image": "image",
    "up": "up",
    "down": "up",
    "schema": "schema",
    "verify": "verify",
    "watch": "watch",
    "gameday": "gameday",
}


class LazyGroup(TyperGroup):
    """A group that knows its commands by name.

    https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, loaded now; None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(f"harness.cli.{COMMANDS[cmd_name]}"), cmd_name)
        if isinstance(found, typer.Typer):
            command = typer.main.get_command(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            command = typer.main.get_command(alone)
        command.name = cmd_name
        return command
