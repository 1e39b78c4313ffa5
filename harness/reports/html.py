"""The page of a run: one `index.html` that needs nothing else, for reading and for keeping."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.reports import words
from harness.reports.cause import sentence_of
from harness.reports.chart import chart_of
from harness.reports.grid import grid_of
from harness.reports.journals import DrillJournal
from harness.reports.results import DrillResult, Results
from harness.reports.shots import Shot, shots_of, within
from harness.reports.story import Story, story_of
from harness.reports.text import duration

#: A page of 200 drills stays below this, in bytes of UTF-8.
LARGEST = 2_000_000


@dataclass(frozen=True)
class Detail:
    """How much is told of each drill: lines of log of a step that went wrong, or well; AWS calls."""

    wrong: int
    well: int
    calls: int


#: From generous to thrifty; the first with which the page is small enough is taken.
_DETAILS = (
    Detail(60, 20, 60),
    Detail(40, 8, 30),
    Detail(25, 3, 15),
    Detail(15, 0, 6),
    Detail(8, 0, 0),
)


@dataclass(frozen=True)
class Chapter:
    """One drill on the page: its result, its story, and the anchor that leads there."""

    anchor: str
    drill: DrillResult
    story: Story
    cause: str
    chart: Markup
    shots: Sequence[Shot]

    @property
    def words(self) -> str:
        """What the page's filter looks at."""
        drill = self.drill
        parts = (drill.id, drill.incident, drill.layer, drill.via, drill.environment, drill.method)
        return " ".join(str(part) for part in (*parts, drill.operation) if part).lower()


def page(results: Results, journals: Sequence[DrillJournal]) -> str:
    """The page as text; it tells less of each drill when there are many, never less than the verdict.

    Args:
        results: made from `journals` by `results_of`.
        journals: the same journals, in the same order.
    """
    chapters = _chapters(results, journals)
    for detail in _DETAILS:
        text = _render(results, [replace(each, shots=()) for each in chapters], detail)
        room = LARGEST - len(text.encode(errors="replace"))
        if room > 0:
            break
    # Drills that were not met are shown before the others; then those that went first.
    order = sorted(range(len(chapters)), key=lambda i: chapters[i].drill.verdict == "met")
    kept = dict(zip(order, within([chapters[i].shots for i in order], room - 20_000), strict=True))
    if not any(kept.values()):
        return text
    return _render(
        results, [replace(each, shots=kept[i]) for i, each in enumerate(chapters)], detail
    )


def _render(results: Results, chapters: Sequence[Chapter], detail: Detail) -> str:
    environment = Environment(
        loader=PackageLoader("harness.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    script = (files("harness.reports") / "templates" / "page.js").read_text(encoding="utf-8")
    return environment.get_template("index.html.j2").render(
        results=results,
        summary=results.summary,
        sentence=words.sentence(results),
        shortfall=words.shortfall(results),
        grid=grid_of(results),
        chapters=chapters,
        by_journal={chapter.drill.journal: chapter for chapter in chapters},
        pictures={s.picture.key: s.picture for c in chapters for s in c.shots}.values(),
        marks=words.MARKS,
        outcome=words.outcome,
        audit=words.audit,
        link=quote,
        detail=detail,
        script=Markup(script),  # noqa: S704 - our own file
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
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
        story = story_of(journal)
        # What Matplotlib draws is markup, with nothing of a workflow's in it but numbers.
        chart = Markup(chart_of(journal, story.strip) if story.strip else "")  # noqa: S704
        chapters.append(
            Chapter(anchor, drill, story, sentence_of(drill, journal), chart, shots_of(journal))
        )
    return chapters
