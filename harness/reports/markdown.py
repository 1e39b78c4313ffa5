"""Markdown for GitHub: the summary of a job, and the comment on a pull request.

Whatever came from a drill is set as code, where GitHub makes neither links nor mentions of it:
https://github.github.com/gfm/#code-spans
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.errors import SitedrillError
from harness.reports import words
from harness.reports.comparing import Comparison
from harness.reports.grid import grid_of
from harness.reports.results import DrillResult, Results
from harness.reports.text import clean, duration, one_line
from harness.reports.told import MARKS, heading, sentences

#: A comment holds 65 536 characters, a summary 1 MiB; nobody reads as much.
_MOST_ROWS, _MOST_CAUSES, _LONGEST = 60, 5, 400
#: Characters of causes, of all drills together.
_MOST_WORDS = 25_000
#: By this a comment is found again, to be replaced instead of repeated.
COMMENT_MARK = "<!-- sitedrill diff -->"


def summary(results: Results) -> str:
    """The matrix of a run, what was not met and why."""
    grid = grid_of(results)
    title = words.sentence(results)
    if shortfall := words.shortfall(results):
        title += f"; {shortfall}"
    parts = [f"### {title}", ""]
    if grid.rows:
        columns = [
            column for column in grid.columns if any(column in row.cells for row in grid.rows)
        ]
        rows = [
            [
                f"{code(row.incident)} {row.details}".strip(),
                *("<br>".join(map(_cell, row.cells.get(column, ()))) for column in columns),
            ]
            for row in grid.rows
        ]
        parts += [*_table(["incident", *map(code, columns)], rows), ""]
    parts += _causes((d.id, d.causes) for d in results.drills if d.verdict != "met")
    parts += _findings(results.drills)
    if results.drills:
        parts += [f"It took {duration(results.summary.seconds)}.", ""]
    return "\n".join(parts)


def comment(comparison: Comparison) -> str:
    """What a change does to the emergency path, ready to be a comment."""
    parts = [COMMENT_MARK, f"### sitedrill: {heading(comparison)}", ""]
    told = sentences(comparison, name=code)
    parts += [f"- {MARKS[sentence.direction]} {sentence.text}." for sentence in told[:_MOST_ROWS]]
    parts += _more(len(told))
    if comparison.changes:
        rows = [
            [code(change.drill), _outcome(change.base), _outcome(change.head)]
            for change in comparison.changes[:_MOST_ROWS]
        ]
        parts += ["", *_table(["drill", "base", "head"], rows), *_more(len(comparison.changes))]
    else:
        parts += ["No verdict, observation, audit trail or finding changed."]
    parts += [""]
    parts += _causes((change.drill, change.causes) for change in comparison.changes)
    if comparison.notes:
        parts += ["The two were not drilled alike:", ""]
        parts += [*(f"- {code(note)}" for note in comparison.notes), ""]
    return "\n".join(parts)


def append_summary(path: Path, results: Results) -> None:
    """Add the run to the summary of the job.

    Raises:
        SitedrillError: the file cannot be written.
    """
    append_text(path, summary(results))


def append_text(path: Path, text: str) -> None:
    """Add to the summary of the job, as `GITHUB_STEP_SUMMARY` names it.

    See https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary.

    Raises:
        SitedrillError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text + "\n")
    except OSError as error:
        raise SitedrillError(
            f"{path}: cannot write the summary: {error.strerror}",
            hint="name another file with --summary",
        ) from error


def code(text: str) -> str:
    """The text as code, whatever it holds; fit for a table's cell too."""
    plain = one_line(clean(text))
    if len(plain) > _LONGEST:
        plain = plain[:_LONGEST] + " ..."
    if not plain:
        return ""
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    # A table looks for its bars before it looks for code: https://github.github.com/gfm/#example-200
    return f"{fence}{pad}{plain}{pad}{fence}".replace("|", "\\|")


def _cell(drill: DrillResult) -> str:
    text = f"{words.MARKS[drill.verdict]} {words.outcome(drill)}".replace("|", "\\|")
    return text if drill.audit.complete else f"{text}, audit {code(words.audit(drill))}"


def _outcome(text: str) -> str:
    """Our own words as they are, but what a drill found is not ours."""
    mark, _, rest = text.partition(" ")
    return f"{mark} {rest}" if mark in words.MARKS.values() else code(text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _causes(drills: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    told = [(drill, causes) for drill, causes in dict(drills).items() if causes]
    lines: list[str] = []
    length = shown = 0
    for drill, causes in told[:_MOST_ROWS]:
        mine = [f"- {code(drill)}", *(f"  - {code(cause)}" for cause in causes[:_MOST_CAUSES])]
        if len(causes) > _MOST_CAUSES:
            mine.append(f"  - and {len(causes) - _MOST_CAUSES} more, see its journal")
        length += sum(map(len, mine))
        if length > _MOST_WORDS:
            break
        lines += mine
        shown += 1
    if not lines:
        return []
    more = _more(len(told), shown)
    return ["<details><summary>Why</summary>", "", *lines, *more, "", "</details>", ""]


def _findings(drills: Iterable[DrillResult]) -> list[str]:
    found = dict.fromkeys(text for drill in drills for text in drill.findings)
    if not found:
        return []
    lines = [f"- {code(text)}" for text in list(found)[:_MOST_ROWS]]
    return ["Found by the way:", "", *lines, *_more(len(found)), ""]


def _more(number: int, shown: int = _MOST_ROWS) -> list[str]:
    return [f"- and {number - shown} more"] if number > shown else []
