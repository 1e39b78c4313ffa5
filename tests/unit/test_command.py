"""What the command says of itself."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.cli.lazy import COMMANDS


def test_it_says_its_version() -> None:
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.output) == (0, f"sitedrill {version('sitedrill')}\n")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("sitedrill ", list(COMMANDS)),
        ("sitedrill ru", ["run", "runbook"]),
        ("sitedrill run --runn", ["--runner"]),
        ("sitedrill run --runner c", ["container"]),
        ("sitedrill up --cloud ministack", ["ministack"]),
        ("sitedrill gameday re", ["restore", "review"]),
    ],
)
def test_a_shell_completes_it(words: str, completed: list[str]) -> None:
    environment = {
        "_SITEDRILL_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    said = CliRunner().invoke(app, [], prog_name="sitedrill", env=environment)
    assert said.output.split() == completed
