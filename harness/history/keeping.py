"""Runs that are over become part of the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.history.places import Place
from harness.history.runs import run_of
from harness.history.trends import Trend, news_of
from harness.reports.journals import read_journals
from harness.reports.results import results_of
from harness.reports.writing import journals_in


@dataclass(frozen=True)
class Kept:
    """What became of runs that were to be kept.

    Attributes:
        place: where the history lies.
        earlier: how many other runs of the same site are kept there.
        news: the trends in which these runs tell something new.
    """

    place: str
    earlier: int
    news: tuple[Trend, ...]


def keep(place: Place, directories: Sequence[Path]) -> Kept:
    """Add runs to a history, each folder as a run; one that is there already is not doubled.

    Args:
        place: the history.
        directories: what `run` or `merge` wrote, or folders of journals.

    Raises:
        SitedrillError: the history cannot be read or written; it is as it was before.
    """
    runs = []
    for directory in directories:
        journals = read_journals(journals_in(directory))
        run = run_of(results_of(journals), journals)
        if run is not None:
            runs.append(run)
    known = place.append(runs) if runs else place.read()
    mine = {run.id for run in runs}
    sites = {run.repository for run in runs}
    earlier = [run for run in known if run.id not in mine and run.repository in sites]
    news = tuple(trend for run in runs for trend in news_of(known, run))
    return Kept(place.name, len(earlier), news)
