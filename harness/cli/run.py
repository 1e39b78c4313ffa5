"""`sitedrill run`: drills, from the features to the reports."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.common import (
    INTERRUPTED,
    MET,
    UNMET,
    Cloud,
    Runner,
    SettingsFile,
    Site,
    session_directory,
)
from harness.cli.drilling import (
    PYTEST_FAILED,
    PYTEST_INTERRUPTED,
    PYTEST_NO_TESTS,
    follow_pytest,
    last_lines,
    pytest_command,
)
from harness.clock import SystemClock
from harness.errors import SitedrillError
from harness.reports import write_all
from harness.reports.console import matrix
from harness.resources import features_dir
from harness.session import Options, Session


def run(
    features: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Features, or folders of them; those that ship with sitedrill by default."
        ),
    ] = None,
    site: Site = None,
    settings: SettingsFile = None,
    cloud: Cloud = "moto",
    runner: Runner = "host",
    expression: Annotated[
        str, typer.Option("-k", help="Only drills whose name matches, as pytest's -k.")
    ] = "",
    tags: Annotated[
        str, typer.Option("-m", help="Only drills with these tags, as pytest's -m: seed.")
    ] = "",
    workers: Annotated[int, typer.Option("-n", min=1, help="How many drills at once.")] = 1,
    out: Annotated[Path, typer.Option(help="Where journals and reports go.")] = Path(
        "build/drills"
    ),
    seed: Annotated[int, typer.Option(help="Makes up people and words.")] = 1,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one workflow run.")] = 300,
) -> None:
    """Run drills, show what happens, and write the reports."""
    console = Console()
    paths = features or [features_dir()]
    for path in paths:
        if not path.exists():
            raise SitedrillError(f"{path} is not there", hint="name a .feature file or a folder")
    options = Options(
        site=site,
        settings=settings,
        cloud=cloud,
        runner=runner,
        out=out,
        seed=seed,
        run_timeout=timeout,
    )
    with session_directory() as directory:
        # Every mistake in the options is told here, before anything runs.
        Session(
            options,
            directory=directory,
            owner_pid=os.getpid(),
            clock=SystemClock(),
            say=console.print,
        )
        shutil.rmtree(out / "journals", ignore_errors=True)
        out.mkdir(parents=True, exist_ok=True)
        command = pytest_command(paths, options, directory, expression, tags, workers)
        code = follow_pytest(command, out, directory, console)
    if code == PYTEST_NO_TESTS:
        raise SitedrillError("no drill matches", hint="look at FEATURE, -k and -m")
    results = write_all(out)
    if code not in {0, PYTEST_FAILED, PYTEST_INTERRUPTED, INTERRUPTED} or not results.drills:
        raise SitedrillError(
            f"the drills could not be run: {last_lines(out / 'pytest.log')}",
            hint=f"all of it: {out / 'pytest.log'}",
        )
    console.print(matrix(results, out_dir=out))
    if code in {PYTEST_INTERRUPTED, INTERRUPTED}:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(MET if results.summary.all_met and code == 0 else UNMET)
