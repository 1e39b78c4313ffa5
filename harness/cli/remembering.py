"""What `run`, `merge` and `report` do with `--history`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.clock import SystemClock
from harness.history.keeping import Kept, keep
from harness.history.places import Place, place_of
from harness.history.telling import MARKS, markdown, sentence, summed_up
from harness.reports.markdown import append_text
from harness.reports.text import to_ascii

_STYLES = {"newly failing": "bold red", "slower": "yellow", "newly recovered": "green"}


def opened(history: str) -> Place | None:
    """The history that is meant, looked at before the work begins; None without one.

    Raises:
        SitedrillError: it cannot be read: better told before a night of drills than after.
    """
    if not history:
        return None
    place = place_of(history, clock=SystemClock())
    place.read()
    return place


def remember(
    past: Place | None,
    directories: Sequence[Path],
    console: Console,
    *,
    summary: Path | None = None,
) -> None:
    """Keep runs that are over and say what is new in them; nothing without a history.

    Args:
        past: the history.
        directories: what runs wrote, each a run.
        console: told what is new.
        summary: the summary of the job, told the same.

    Raises:
        SitedrillError: the history cannot be read or written, or the summary cannot.
    """
    if past is None:
        return
    kept = keep(past, directories)
    _show(kept, console)
    if summary is not None:
        append_text(summary, markdown(kept))


def _show(kept: Kept, console: Console) -> None:
    """What is new in these runs."""
    only_ascii = console.options.ascii_only
    for trend in kept.news:
        if trend.news is None:
            continue
        text = f"{MARKS[trend.news]} {sentence(trend)}"
        line = to_ascii(text) if only_ascii else text
        console.print(Text(line, style=_STYLES[trend.news], overflow="fold"))
    console.print(
        f"history   {kept.place}: {summed_up(kept)}", markup=False, highlight=False, soft_wrap=True
    )
