"""`sitedrill image`: the image that `--runner container` and `--runner docker` run in."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from harness.runner.engine import find_engine
from harness.runner.image import BASE, DEBOOTSTRAP, ensure_image
from harness.runner.tools import cache_directory


def image(
    base: Annotated[
        str,
        typer.Option(
            help=f"What it stands on: an image, or {DEBOOTSTRAP!r} to make one as root where no "
            "registry can be reached."
        ),
    ] = BASE,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build it although it is there, on a fresh base.")
    ] = False,
) -> None:
    """Build the runner image, unless the Docker engine has it already."""
    console = Console()

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    tag = ensure_image(find_engine(), cache_directory(), say=say, base=base, rebuild=rebuild)
    say(f"runner image: {tag}")
