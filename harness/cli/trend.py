"""`sitedrill trend`: what past runs say of each drill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.history.page import page
from harness.history.places import place_of
from harness.history.telling import MARKS, as_data, percent, sentence, short
from harness.history.trends import Trend, trends_of
from harness.reports.files import write_atomically
from harness.reports.text import duration, to_ascii


def trend(
    history: Annotated[
        str,
        typer.Option(metavar="DIR|s3://BUCKET/PREFIX", help="Where the results of past runs lie."),
    ],
    last: Annotated[
        int | None, typer.Option(min=1, help="Only so many runs of each drill, the newest.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the trends as one JSON object.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them as a page, too.")
    ] = None,
) -> None:
    """Say of each drill how often it was met, how long recovery takes, and what is new."""
    place = place_of(history, clock=SystemClock())
    runs = place.read()
    if not runs:
        raise ConfigError(
            file=place.name,
            key="runs",
            value=None,
            expected="at least one that was kept",
            hint=f"`sitedrill run --history {history}` begins a history",
        )
    trends = trends_of(runs, last=last)
    if html is not None:
        write_atomically(html, page(trends, place=place.name, runs=len(runs)))
    if as_json:
        print(json.dumps(as_data(place.name, len(runs), trends), indent=2))
        return
    console = Console()
    ascii_only = console.options.ascii_only
    console.print(_table(trends, ascii_only=ascii_only))
    for each in trends:
        if each.news:
            text = f"{MARKS[each.news]} {sentence(each)}"
            console.print(Text(to_ascii(text) if ascii_only else text, overflow="fold"))
    runs_told = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    console.print(f"{runs_told} in {place.name}", markup=False, soft_wrap=True)
    if html is not None:
        console.print(f"page      {html}", markup=False, highlight=False, soft_wrap=True)


def _table(trends: list[Trend], *, ascii_only: bool) -> Table:
    table = Table(box=box.ROUNDED, header_style="bold")
    sign = "+-" if ascii_only else "±"
    sites = {each.repository for each in trends}
    table.add_column("drill", overflow="fold", ratio=1)
    for name in ("runs", "met", "recovery", "flaky"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("failing since", overflow="fold")
    for each in trends:
        where = f"{each.repository}: " if len(sites) > 1 and each.repository else ""
        first = each.first_failing
        since = "" if first is None else " ".join((first.run.started[:10], short(first))).strip()
        spread = f" {sign} {duration(each.spread)}" if each.spread else ""
        table.add_row(
            Text(to_ascii(where + each.drill) if ascii_only else where + each.drill),
            str(len(each.points)),
            percent(each.pass_rate),
            f"{duration(each.median)}{spread}",
            percent(each.flakiness),
            Text(since, style="bold red"),
        )
    return table
