"""`sitedrill up`: a world with the site live, to look around in. `sitedrill down` ends one that stays."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from harness.cli.common import (
    Cloud,
    Endpoint,
    NoSandbox,
    Runner,
    SettingsFile,
    Site,
    chosen_site,
    session_directory,
)
from harness.cli.signals import interrupts_on_signal
from harness.clock import SystemClock
from harness.errors import SitedrillError
from harness.journal import Journal
from harness.responses import owners_of_emergency
from harness.runner.choice import AUTO
from harness.session import Options, Session
from harness.standing import GRACE, Place, Standing, new_token, read_standing
from harness.world import World

JOURNAL = "journal.jsonl"


def up(
    environment: Annotated[
        str, typer.Argument(help="Which environment has the site live.", show_default="staging")
    ] = "",
    directory: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            help="Where the world stays: the same folder goes on with every run, approval and "
            "deployment as it was. Without one, nothing is left.",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, whatever stands in the folder.")
    ] = False,
    site: Site = None,
    settings: SettingsFile = None,
    cloud: Cloud = "moto",
    endpoint: Endpoint = "",
    runner: Runner = AUTO,
    no_sandbox: NoSandbox = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as JSON.")] = False,
) -> None:
    """Stand a world up with the site live, and keep it until interrupted."""
    console = Console(stderr=True)
    if fresh and directory is None:
        raise SitedrillError("--fresh is about a folder", hint="name it with --dir")
    options = Options(
        site=chosen_site(site),
        settings=settings,
        cloud=cloud,
        endpoint=endpoint,
        runner=runner,
        sandbox=not no_sandbox,
    )
    try:
        with (
            interrupts_on_signal(),
            _stands(options, environment, directory, fresh, console) as (
                world,
                standing,
            ),
        ):
            _tell(world, standing, console, as_json=as_json)
            threading.Event().wait()
    except KeyboardInterrupt:
        if directory is None:
            console.print("ended, nothing is left")
        else:
            told = f"{GRACE / 60:.0f} minutes"
            console.print(
                f"ended; {directory} stays, and its emulated AWS for {told}: "
                f"`sitedrill up --dir {directory}` goes on, `sitedrill down {directory}` ends it",
                soft_wrap=True,
            )


def down(
    directory: Annotated[Path, typer.Argument(help="Where the world stands.")],
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the folder as well, with all records.")
    ] = False,
) -> None:
    """End what `sitedrill up --dir` has left running."""
    standing = read_standing(directory)
    if standing is None:
        raise SitedrillError(f"{directory}: no world stands there", hint="name what `up` was given")
    place = Place(directory, SystemClock())
    with place.hold():
        place.end(standing)
        if remove:
            shutil.rmtree(directory)
    Console(stderr=True).print(
        f"ended; {directory} {'is gone' if remove else 'stays'}", soft_wrap=True
    )


@contextmanager
def _stands(
    options: Options, environment: str, directory: Path | None, fresh: bool, console: Console
) -> Iterator[tuple[World, Standing]]:
    """The world, open, and what is written down of it."""
    clock = SystemClock()
    with ExitStack() as stack:
        here = stack.enter_context(session_directory())
        place = Place(directory or here / "up", clock, GRACE if directory else 0)
        stack.enter_context(place.hold())
        there = None if fresh else read_standing(place.directory)
        token = new_token() if directory is not None else ""
        session = Session(
            options,
            directory=here,
            owner_pid=os.getpid(),
            clock=clock,
            say=console.print,
            token=token,
        )
        stack.callback(session.baselines.close)
        if there is None:
            there = _begin(session, place, environment or "staging", token, console)
        elif environment not in {"", there.environment}:
            raise SitedrillError(
                f"{place.directory}: the world there has {there.environment} live, not {environment}",
                hint="name another folder, or say --fresh",
            )
        journal = stack.enter_context(Journal(place.directory / JOURNAL, clock=clock))
        world = stack.enter_context(place.open(session.baselines, there, journal))
        world.open_shells()
        there = replace(there, ports=world.listening)
        there.write(place.directory)
        yield world, there


def _begin(
    session: Session, place: Place, environment: str, token: str, console: Console
) -> Standing:
    if environment not in session.baselines.settings.environments:
        known = ", ".join(session.baselines.settings.environments)
        raise SitedrillError(f"no environment {environment!r}", hint=f"the site has {known}")
    previous = read_standing(place.directory)
    if previous is not None:
        place.end(previous)
    console.print(f"deploying the site's releases to {environment}, about half a minute ...")
    baseline = session.baselines.get(environment)
    return place.begin(session.baselines, baseline, token)


def _people(world: World) -> list[str]:
    """Whoever somebody might want to be: owners of the emergency workflow first, then reviewers."""
    reviewers = (
        handle
        for section in world.settings.environments.values()
        for name in section.reviewers
        for handle in sorted(world.community.resolve(name))
    )
    people: dict[str, str] = {}
    for handle in (*owners_of_emergency(world), *reviewers, *sorted(world.community.everybody)):
        people.setdefault(handle.lower(), handle)
    return list(people.values())


def _tell(world: World, standing: Standing, console: Console, *, as_json: bool) -> None:
    shells = [world.person(handle) for handle in _people(world)]
    files = [shell.write() for shell in shells]
    addresses: dict[str, Any] = {
        "aws_endpoint": world.endpoint,
        "edge": world.environment(standing.environment).url,
        "origin": world.origin.url,
        "github_api": f"{world.api_url}/api/v3",
        "repository": world.settings.site.repository,
        "environment": standing.environment,
        "release": standing.release,
        "gh_host": shells[0].host if shells else "",
        "tokens": {shell.handle: shell.token for shell in shells},
        "people": {shell.handle: dict(shell.environment) for shell in shells},
    }
    if as_json:
        print(json.dumps(addresses), flush=True)
        return
    tokens, _ = addresses.pop("tokens"), addresses.pop("people")
    for name, value in addresses.items():
        Console().print(f"{name:14} {value}", soft_wrap=True)
    for handle, token in tokens.items():
        Console().print(f"{'token':14} {token} ({handle})", soft_wrap=True, highlight=False)
    for shell, file in zip(shells, files, strict=True):
        Console().print(
            f"{'gh, git':14} . {file} ({shell.handle})", soft_wrap=True, highlight=False
        )
    console.print("Ctrl-C ends it.")
