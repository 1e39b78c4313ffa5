"""`sitedrill run`: drills, from the features to the reports."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.audit import read_trail
from harness.cli.audit import counted
from harness.cli.common import (
    INTERRUPTED,
    MET,
    UNMET,
    Actions,
    Cloud,
    Endpoint,
    Expression,
    Features,
    HistoryPlace,
    NoSandbox,
    Runner,
    SettingsFile,
    Site,
    SummaryFile,
    Tags,
    chosen_features,
    chosen_site,
    session_directory,
)
from harness.cli.drilling import (
    PYTEST_FAILED,
    PYTEST_INTERRUPTED,
    PYTEST_NO_TESTS,
    Selection,
    follow_pytest,
    last_lines,
    pytest_command,
)
from harness.cli.remembering import opened, remember
from harness.cli.sharding import choose_shard, drills_of
from harness.clock import SystemClock
from harness.errors import SitedrillError
from harness.reports import write_all
from harness.reports.console import matrix
from harness.reports.markdown import append_summary
from harness.reports.shards import SHARD, write_note
from harness.reports.trail import AUDIT
from harness.runner.choice import AUTO
from harness.session import Options, Session


def run(
    features: Features = None,
    site: Site = None,
    settings: SettingsFile = None,
    cloud: Cloud = "moto",
    endpoint: Endpoint = "",
    runner: Runner = AUTO,
    no_sandbox: NoSandbox = False,
    actions: Actions = "doubles",
    expression: Expression = "",
    tags: Tags = "",
    shard: Annotated[
        str, typer.Option(help="Only this share of the drills: 1/4 is the first of four.")
    ] = "",
    plan: Annotated[
        Path | None,
        typer.Option(help="Which drills each share has: a file of what `sitedrill plan` printed."),
    ] = None,
    workers: Annotated[int, typer.Option("-n", min=1, help="How many drills at once.")] = 1,
    out: Annotated[Path, typer.Option(help="Where journals and reports go.")] = Path(
        "build/drills"
    ),
    seed: Annotated[int, typer.Option(help="Makes up people and words.")] = 1,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one workflow run.")] = 300,
    screenshots: Annotated[
        str,
        typer.Option(
            help="Pictures of what viewers see, before, broken and after: on, off, or auto: where "
            "Chromium is found, but not in CI."
        ),
    ] = "auto",
    summary: SummaryFile = None,
    history: HistoryPlace = "",
) -> None:
    """Run drills, show what happens, and write the reports."""
    console = Console()
    site = chosen_site(site)
    selection = Selection(
        chosen_features(features, site, settings), expression, tags, site, settings
    )
    if plan is not None and not shard:
        raise SitedrillError("--plan says nothing without --shard", hint="--shard 1/4")
    if history and shard:
        raise SitedrillError("a shard is no run to be kept", hint="say --history to `merge`")
    past = opened(history)
    options = Options(
        site=site,
        settings=settings,
        cloud=cloud,
        endpoint=endpoint,
        workers=workers,
        runner=runner,
        sandbox=not no_sandbox,
        actions=actions,
        out=out,
        seed=seed,
        run_timeout=timeout,
        screenshots=screenshots,
    )
    with session_directory() as directory:
        # Every mistake in the options is told here, before anything runs.
        session = Session(
            options,
            directory=directory,
            owner_pid=os.getpid(),
            clock=SystemClock(),
            say=console.print,
        )
        for note in session.notes:
            console.print(f"note: {note}", markup=False, soft_wrap=True)
        options = session.options
        mine = choose_shard(shard, plan, drills_of(selection)) if shard else None
        # Whatever becomes of this run, what an earlier one left is not taken for its own.
        for left in ("journals", AUDIT):
            shutil.rmtree(out / left, ignore_errors=True)
        out.mkdir(parents=True, exist_ok=True)
        (out / SHARD).unlink(missing_ok=True)
        only = None
        if mine:
            write_note(out, *mine)
            only = directory / "only"
            only.write_text("\n".join(mine[0].drills), encoding="utf-8")
        command = pytest_command(selection, options, directory, workers=workers, only=only)
        code = follow_pytest(command, out, directory, console)
        left_out = directory / "left-out"
        if left_out.exists():
            console.print(left_out.read_text().strip(), markup=False, soft_wrap=True)
    if code == PYTEST_NO_TESTS:
        raise SitedrillError("no drill matches", hint="look at FEATURE, -k and -m")
    results = write_all(out)
    if code not in {0, PYTEST_FAILED, PYTEST_INTERRUPTED, INTERRUPTED} or not results.drills:
        raise SitedrillError(
            f"the drills could not be run: {last_lines(out / 'pytest.log')}",
            hint=f"all of it: {out / 'pytest.log'}",
        )
    console.print(matrix(results, out_dir=out))
    head = read_trail(out / AUDIT).head
    if head is not None:
        told = f"audit     {out / AUDIT}: {counted(head)}, head {head.hash}"
        console.print(told, markup=False, highlight=False, soft_wrap=True)
    if summary is not None:
        append_summary(summary, results)
    if code in {PYTEST_INTERRUPTED, INTERRUPTED}:
        raise typer.Exit(INTERRUPTED)
    remember(past, [out], console, summary=summary)
    raise typer.Exit(MET if results.summary.all_met and code == 0 else UNMET)
