"""`sitedrill runbook`: the site's decision guide, written from its last drills."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.common import MET, UNMET, Site, chosen_site
from harness.errors import ConfigError
from harness.fitting import site_incidents
from harness.reports.journals import read_journals
from harness.reports.writing import journals_in, require_journals
from harness.resources import reference_site
from harness.runbook.block import between, read_page, write_between
from harness.runbook.command import command_for
from harness.runbook.guide import Response, guide_of
from harness.runbook.page import difference, rendered
from harness.settings import SiteSettings, load_settings

_PRODUCTION = ("prod", "production")
_TARGETS = {
    "commit": "the full SHA of the commit to go back to",
    "tag": "the tag of the release to go back to",
}


def runbook(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="What `run` or `merge` wrote.")
    ] = Path("build/drills"),
    site: Site = None,
    environment: Annotated[
        str,
        typer.Option(help="What the commands are for; by default production, else the first."),
    ] = "",
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Put it between the marks of this page, else at its end."
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Exit with 1 when what this page says is stale."),
    ] = None,
) -> None:
    """Write what to do in an emergency, from what the last drills have shown."""
    if write is not None and check is not None:
        raise ConfigError(
            file="options", key="--check", value=str(check), expected="no --write besides"
        )
    require_journals([directory])
    folder = chosen_site(site) or reference_site()
    settings = load_settings(folder)
    form, name = settings.workflows.emergency, _environment(settings, environment)
    section = settings.environments[name]
    place = str(form.values.environment.get(name, section.name or name))

    def command(response: Response) -> str:
        return command_for(
            form,
            operation=response.operation,
            method=response.method,
            environment=place,
            target=response.target,
            immediate=response.immediate,
        )

    journals = read_journals(journals_in(directory))
    guide = guide_of(journals, form=form, catalogue=site_incidents(folder, settings))
    if check is not None:
        written = between(read_page(check), check)
        if written is None:
            print(f"{check}: holds no runbook; `sitedrill runbook --write` puts it there")
            raise typer.Exit(UNMET)
        lines = difference(
            written, guide, command=command, environment=name, target=_TARGETS[form.target]
        )
        print("\n".join(lines) if lines else f"{check}: true to the last drills")
        if lines:
            print(f"{check}: stale; `sitedrill runbook --write` writes it anew")
        raise typer.Exit(UNMET if lines else MET)
    text = rendered(guide, command=command, environment=name, target=_TARGETS[form.target])
    if write is None:
        print(text, end="")
    else:
        changed = write_between(write, text)
        print(f"{write}: {'written' if changed else 'true already'}")


def _environment(settings: SiteSettings, wanted: str) -> str:
    names = list(settings.environments)
    if wanted and wanted not in names:
        raise ConfigError(
            file="options", key="--environment", value=wanted, expected="one of " + ", ".join(names)
        )
    live = [
        name
        for name, section in settings.environments.items()
        if section.production or name in _PRODUCTION
    ]
    return wanted or (live or names)[0]
