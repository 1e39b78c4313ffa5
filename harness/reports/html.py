"""The page of a run: one `index.html` that needs nothing else, for reading and for keeping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.reports import words
from harness.reports.grid import grid_of
from harness.reports.journals import DrillJournal
from harness.reports.results import DrillResult, Results
from harness.reports.story import Story, story_of
from harness.reports.text import duration

#: AWS calls shown of one drill; the journal has them all.
MOST_CALLS = 60


@dataclass(frozen=True)
class Chapter:
    """One drill on the page: its result, its story, and the anchor that leads there."""

    anchor: str
    drill: DrillResult
    story: Story


def page(results: Results, journals: Sequence[DrillJournal]) -> str:
    """The page as text.

    Args:
        results: made from `journals` by `results_of`.
        journals: the same journals, in the same order.
    """
    chapters = _chapters(results, journals)
    environment = Environment(
        loader=PackageLoader("harness.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    return environment.get_template("index.html.j2").render(
        results=results,
        summary=results.summary,
        sentence=words.sentence(results),
        shortfall=words.shortfall(results),
        grid=grid_of(results),
        chapters=chapters,
        anchors={chapter.drill.journal: chapter.anchor for chapter in chapters},
        marks=words.MARKS,
        outcome=words.outcome,
        audit=words.audit,
        link=quote,
        most_calls=MOST_CALLS,
    )


def _chapters(results: Results, journals: Sequence[DrillJournal]) -> list[Chapter]:
    """Anchors are made of the drills' ids, so that a link to one outlives the next run."""
    taken: set[str] = set()
    chapters = []
    for drill, journal in zip(results.drills, journals, strict=True):
        slug = "drill-" + re.sub(r"[^A-Za-z0-9_.-]+", "-", drill.id)
        anchor, number = slug, 2
        while anchor in taken:
            anchor, number = f"{slug}-{number}", number + 1
        taken.add(anchor)
        chapters.append(Chapter(anchor, drill, story_of(journal)))
    return chapters
