"""`sitedrill up`: a world with the site live, to look around in."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Annotated

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
from harness.runner.choice import AUTO
from harness.session import Options, Session


def up(
    environment: Annotated[str, typer.Argument(help="Which environment has the site live.")] = (
        "staging"
    ),
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
    site = chosen_site(site)
    options = Options(
        site=site,
        settings=settings,
        cloud=cloud,
        endpoint=endpoint,
        runner=runner,
        sandbox=not no_sandbox,
    )
    try:
        with interrupts_on_signal(), session_directory() as directory:
            _stand_up(options, environment, directory, console, as_json=as_json)
    except KeyboardInterrupt:
        console.print("ended, nothing is left")


def _stand_up(
    options: Options, environment: str, directory: Path, console: Console, *, as_json: bool
) -> None:
    """Returns only by an exception: the user's interrupt, or what went wrong."""
    clock = SystemClock()
    session = Session(
        options, directory=directory, owner_pid=os.getpid(), clock=clock, say=console.print
    )
    if environment not in session.baselines.settings.environments:
        known = ", ".join(session.baselines.settings.environments)
        raise SitedrillError(f"no environment {environment!r}", hint=f"the site has {known}")
    console.print(f"deploying the site's releases to {environment}, about half a minute ...")
    baseline = session.baselines.get(environment)
    with (
        Journal(directory / "up.jsonl", clock=clock) as journal,
        session.baselines.clone(
            baseline, directory=directory / "up", journal=journal, new_id=lambda: 1
        ) as world,
    ):
        addresses = {
            "aws_endpoint": world.endpoint,
            "edge": world.environment(environment).url,
            "origin": world.origin.url,
            "github_api": f"{world.api_url}/api/v3",
            "environment": environment,
            "release": baseline.live.tag,
        }
        if as_json:
            print(json.dumps(addresses), flush=True)
        else:
            for name, value in addresses.items():
                Console().print(f"{name:14} {value}", soft_wrap=True)
            console.print("Ctrl-C ends it.")
        threading.Event().wait()
