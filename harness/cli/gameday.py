"""`sitedrill gameday`: break a real staging environment on purpose, and measure the response."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TextIO, cast

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.common import (
    MET,
    UNMET,
    Cloud,
    NoSandbox,
    Runner,
    SettingsFile,
    Site,
    chosen_site,
)
from harness.clock import SystemClock
from harness.errors import SitedrillError
from harness.fitting import site_incidents
from harness.gameday.comparing import compared
from harness.gameday.expected import SiteAt
from harness.gameday.holding import fresh_directory, hold, resume
from harness.gameday.iam import least_policy
from harness.gameday.opening import open_stage
from harness.gameday.pace import REHEARSAL, Pace
from harness.gameday.plan import PLAN_FILE, read_plan
from harness.gameday.proof import Proof, prove
from harness.gameday.rehearsal import rehearse
from harness.gameday.review import write_review
from harness.gameday.score import JOURNAL, read_day
from harness.gameday.starting import example_plan
from harness.gameday.sturdy import Sturdy
from harness.resources import reference_site
from harness.runner.choice import AUTO
from harness.session import Options
from harness.settings import load_settings

gameday = typer.Typer(
    help="Break a real staging environment on purpose, let the team respond with its real workflow, "
    "and measure how it went.",
    no_args_is_help=True,
)

PlanFile = Annotated[Path, typer.Argument(help="The plan, such as gameday.toml.")]


def site_at(site: Path | None, settings: Path | None) -> SiteAt:
    """The site that is meant, with its settings."""
    folder = chosen_site(site) or reference_site()
    return SiteAt(folder, load_settings(folder, settings))


@gameday.command()
def plan(
    file: Annotated[
        Path, typer.Argument(help="The plan; written when neither --check nor --iam is said.")
    ] = Path(PLAN_FILE),
    environment: Annotated[
        str, typer.Option(help="Where a first plan is to be held; never production.")
    ] = "staging",
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Prove from AWS and GitHub that everything is as the plan says."
        ),
    ] = False,
    iam: Annotated[
        bool, typer.Option("--iam", help="Print the least IAM policy that the plan needs.")
    ] = False,
    no_github: Annotated[
        bool, typer.Option("--no-github", help="With --check: ask nothing of GitHub.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a plan that is there.")] = False,
    site: Site = None,
    settings: SettingsFile = None,
) -> None:
    """Write a first plan for a site; or check one, with its blast radius; or print its IAM policy."""
    here = site_at(site, settings)
    if iam:
        there = read_plan(file)
        catalogue = site_incidents(here.folder, here.settings)
        policy = least_policy(there, [catalogue.get(one.incident) for one in there.incidents])
        print(json.dumps(policy, indent=2))
        return
    if check:
        with (
            tempfile.TemporaryDirectory(prefix="sitedrill-") as scratch,
            open_stage(read_plan(file), here, scratch=Path(scratch), github=not no_github) as stage,
        ):
            proof = prove(stage)
        show_proof(proof, Console())
        raise typer.Exit(UNMET if proof.refusals else MET)
    if file.exists() and not force:
        raise SitedrillError(f"{file} is there already", hint="say --force, --check or --iam")
    catalogue = site_incidents(here.folder, here.settings)
    incidents = (
        [
            one
            for one in catalogue.incidents.values()
            if bool(one.fault.website)
            == (here.settings.environments[environment].serves == "website")
            or one.fault.content
        ]
        if environment in here.settings.environments
        else []
    )
    file.write_text(
        example_plan(here.settings, environment, incidents[:2], file=file.name), encoding="utf-8"
    )
    Console(stderr=True).print(
        f"{file} is written; fill in what it marks with FILL IN, then say `sitedrill gameday plan "
        f"{file} --check`",
        soft_wrap=True,
    )


def show_proof(proof: Proof, console: Console) -> None:
    """What was looked at, and every resource that will be changed."""
    for one in proof.proved:
        mark = "[red]✗[/red]" if one.why_not else "[green]✓[/green]"
        console.print(f"{mark} ", end="")
        console.print(one.why_not or one.what, markup=False, highlight=False, soft_wrap=True)
    if not proof.blast:
        return
    table = Table(title="Blast radius", title_justify="left", title_style="bold", show_lines=True)
    for heading in ("incident", "resource", "what changes", "how it is put back"):
        table.add_column(heading, overflow="fold")
    for blast in proof.blast:
        change = blast.change
        table.add_row(blast.incident, change.resource, change.says, blast.back)
    console.print(table)
    console.print(f"{len(proof.blast)} resources, and nothing else.", highlight=False)


@gameday.command()
def run(
    file: PlanFile = Path(PLAN_FILE),
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="In an emulated world that is stood up for it.")
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="A web page for the room, on this machine only.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of the page; 0 for a free one.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Where the day goes; by default a folder of its own.")
    ] = None,
    no_github: Annotated[
        bool, typer.Option("--no-github", help="Look at no runs: people mark everything.")
    ] = False,
    every: Annotated[
        float | None, typer.Option(min=0.05, help="Seconds between two samples of the site.")
    ] = None,
    site: Site = None,
    settings: SettingsFile = None,
    cloud: Cloud = "moto",
    runner: Runner = AUTO,
    no_sandbox: NoSandbox = False,
) -> None:
    """Hold a game day: break, watch, wait for the team, put back, review."""
    there, clock = read_plan(file), SystemClock()
    # A terminal that is lost stops the day, and must not keep it from putting everything back.
    console = Console(file=cast("TextIO", Sturdy()))
    directory = fresh_directory(out or _folder_of_day(there.environment, clock))
    pace = REHEARSAL if rehearsal else Pace()
    pace = replace(pace, sample=every) if every else pace
    with ExitStack() as stack:
        if rehearsal:
            options = Options(
                site=chosen_site(site),
                settings=settings,
                cloud=cloud,
                runner=runner,
                sandbox=not no_sandbox,
                out=directory,
            )
            rehearsed = stack.enter_context(
                rehearse(
                    there,
                    options,
                    directory=directory,
                    clock=clock,
                    say=Console(stderr=True).print,
                )
            )
            stage = rehearsed.stage
            if no_github:
                stage = replace(stage, github=None)
            console.print(f"viewers see the site at {stage.url}", highlight=False)
            for handle, shell in rehearsed.people.items():
                console.print(
                    f"{handle} responds with `gh` after: . {shell}", highlight=False, soft_wrap=True
                )
        else:
            stage = stack.enter_context(
                open_stage(
                    there,
                    site_at(site, settings),
                    scratch=directory / "expected",
                    github=not no_github,
                )
            )
        ended, gone = hold(
            stage, directory, clock=clock, console=console, pace=pace, serve=serve, port=port
        )
    console.print(f"the review: {directory / 'review.md'}", soft_wrap=True, highlight=False)
    if ended.stopped:
        console.print(f"stopped: {ended.stopped}", markup=False, soft_wrap=True)
    _tell_to_do(ended.to_do, directory, console)
    raise typer.Exit(MET if gone.met else UNMET)


@gameday.command()
def restore(
    directory: Annotated[Path, typer.Argument(help="The folder of a game day.")],
    keep_theirs: Annotated[
        bool,
        typer.Option(
            "--keep-theirs", help="Leave for good what somebody else has changed meanwhile."
        ),
    ] = False,
) -> None:
    """Put back whatever a game day has left, after a crash or a power cut; any number of times."""
    console = Console()

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    to_do = resume(directory, clock=SystemClock(), say=say, keep_theirs=keep_theirs)
    if (directory / JOURNAL).exists():
        write_review(directory)
    _tell_to_do(to_do, directory, console)
    if to_do:
        raise typer.Exit(UNMET)
    console.print("everything is as it was captured")


@gameday.command()
def review(directory: Annotated[Path, typer.Argument(help="The folder of a game day.")]) -> None:
    """Write the review of a game day again, from its journal."""
    write_review(directory)
    Console().print(f"{directory / 'review.md'} is written", soft_wrap=True, highlight=False)


@gameday.command()
def compare(
    directories: Annotated[list[Path], typer.Argument(help="Folders of game days, in order.")],
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Set game days side by side."""
    headings, rows = compared([read_day(directory) for directory in directories])
    if as_markdown:
        print("| " + " | ".join(headings) + " |\n" + "|---" * len(headings) + "|")
        for row in rows:
            print("| " + " | ".join(row) + " |")
        return
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _folder_of_day(environment: str, clock: SystemClock) -> Path:
    return Path("build/gamedays") / f"{clock.now():%Y-%m-%dT%H%M%S}-{environment}"


def _tell_to_do(to_do: Sequence[str], directory: Path, console: Console) -> None:
    for line in to_do:
        console.print(f"TO DO: {line}", markup=False, highlight=False, soft_wrap=True)
    if to_do:
        console.print(
            f"then: sitedrill gameday restore {directory}", soft_wrap=True, highlight=False
        )
