"""`sitedrill gameday`: break a real staging environment on purpose, and measure the response."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.common import MET, UNMET, SettingsFile, Site, chosen_site
from harness.errors import SitedrillError
from harness.fitting import site_incidents
from harness.gameday.expected import SiteAt
from harness.gameday.iam import least_policy
from harness.gameday.opening import open_stage
from harness.gameday.plan import PLAN_FILE, read_plan
from harness.gameday.proof import Proof, prove
from harness.gameday.starting import example_plan
from harness.resources import reference_site
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
            open_stage(read_plan(file), here, scratch=Path(scratch)) as stage,
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
