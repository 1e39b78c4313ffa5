"""`sitedrill watch`: is the site what it should be? Until it is, or until time is up."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.common import INTERRUPTED, MET, UNMET, SettingsFile
from harness.cli.signals import stops_on_signal
from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.gameday.expected import SiteAt, accepted_bodies
from harness.gameday.spans import seconds_of
from harness.gameday.watching import Watch
from harness.journal import Journal
from harness.settings import load_settings


def watch(
    url: Annotated[str, typer.Option("--site", help="What viewers type: https://www.example.com.")],
    release: Annotated[
        str,
        typer.Option(help="Tag or commit that viewers should get; by default the newest release."),
    ] = "",
    time_box: Annotated[
        str, typer.Option("--time-box", help="When to give up: 90s, 15m, 1h.")
    ] = "15m",
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between two samples.")] = 0.25,
    confirm: Annotated[
        int, typer.Option(min=1, help="Healthy samples in a row that count as recovered.")
    ] = 3,
    repository: Annotated[
        Path, typer.Option(help="The site's repository, with its sitedrill.toml.")
    ] = Path(),
    settings: SettingsFile = None,
    expected: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the release's pages as they are uploaded; else they are "
            "taken from the repository, and built if the settings say so."
        ),
    ] = None,
    journal: Annotated[Path | None, typer.Option(help="Write every sample and mark here.")] = None,
) -> None:
    """Watch a site until viewers get a release again (exit 0), or time is up (exit 1)."""
    try:
        within = seconds_of(time_box)
    except ValueError as error:
        raise ConfigError(
            file="options", key="--time-box", value=time_box, expected=str(error)
        ) from error
    clock, console, stop = SystemClock(), Console(), threading.Event()
    site = SiteAt(repository, load_settings(repository, settings))
    with tempfile.TemporaryDirectory(prefix="sitedrill-") as directory, stops_on_signal(stop):
        scratch = Path(directory)
        wanted = site.release(release)
        pages = site.pages(wanted, expected) if expected else site.expected(wanted, scratch)
        accepted = accepted_bodies(site.settings.site.watch, [pages])
        with Journal(journal or scratch / "journal.jsonl", clock=clock) as book:
            book.write(
                "watch.started", url=url, release=wanted.tag, commit=wanted.commit, every=every
            )
            console.print(
                f"watching {url} for {wanted.tag}, every {every:g} s, for at most {time_box}",
                highlight=False,
                soft_wrap=True,
            )
            found = Watch(
                url, accepted, site.settings.headers, journal=book, clock=clock, every=every
            ).until_recovered(
                within=within,
                confirmed=confirm,
                say=lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True),
                stop=stop,
            )
            book.write(
                "watch.finished",
                recovered=found.seconds is not None,
                recovery_seconds=found.seconds,
                availability=found.availability,
                samples=found.samples,
            )
    share = "no sample" if found.availability is None else f"{found.availability:.1%} available"
    if found.seconds is not None:
        console.print(f"recovered after {found.seconds:.1f} s, {share}", highlight=False)
        raise typer.Exit(MET)
    if stop.is_set():
        console.print(f"stopped, not recovered, {share}", highlight=False)
        raise typer.Exit(INTERRUPTED)
    console.print(f"not recovered within {time_box}, {share}", highlight=False)
    raise typer.Exit(UNMET)
