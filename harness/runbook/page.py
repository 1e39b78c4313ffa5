"""The guide as Markdown, and what has changed since it was written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.reports.markdown import code
from harness.reports.text import one_line
from harness.runbook.guide import Guide, Response, Symptom, Way, fastest_first
from harness.runbook.times import heard, said, still_true

#: What Markdown would read as more than text; `<` and `&` are HTML's.
_MARKDOWN = re.compile(r"([\\`*_\[\]|~#])")
#: A row that tells how long a response takes: its first cell, and the words for the time.
_ROW = re.compile(r"^\| (?P<response>.+?) \| back after (?P<time>about [^|]+?) \|$")
#: Lines of a difference that are shown.
_MOST_LINES = 40

CommandFor = Callable[[Response], str]


def rendered(guide: Guide, *, command: CommandFor, environment: str, target: str) -> str:
    """The guide as Markdown.

    Args:
        guide: what the drills have shown.
        command: the command for a response.
        environment: what the commands are for, in the site's settings' word.
        target: what a target is, as `the full SHA of a commit`.
    """
    template = Environment(
        loader=PackageLoader("harness.runbook"),
        autoescape=False,  # noqa: S701 - Markdown; what is not ours goes through `plain` and `code`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template.filters.update(plain=plain, code=code, said=said, response=label)
    text = template.get_template("runbook.md.j2").render(
        guide=guide,
        command=command,
        environment=environment,
        target=target,
        responses=sorted(
            {way.response for symptom in guide.symptoms for way in symptom.ways},
            key=lambda response: response.rank,
        ),
        heading=_heading,
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def difference(
    written: str, guide: Guide, *, command: CommandFor, environment: str, target: str
) -> list[str]:
    """What is no longer true of a guide that was written earlier, as lines of a short diff.

    Times that are written stay true while the drills measured about the same (`times.still_true`), and
    with them the order of the responses; anything else has to be as it would be written today.
    """
    settled = replace(guide, symptoms=[_with_times(one, _times(written)) for one in guide.symptoms])
    now = rendered(settled, command=command, environment=environment, target=target)
    lines = list(
        difflib.unified_diff(
            written.strip("\n").splitlines(),
            now.strip("\n").splitlines(),
            "written",
            "the last drills",
            n=1,
            lineterm="",
        )
    )
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"... and {len(lines) - _MOST_LINES} lines more"]
    return lines


def plain(text: str) -> str:
    """The text on one line, with nothing in it that Markdown or HTML would read as more than text."""
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", line)


def label(response: Response) -> str:
    """The response in few words, fit for a table."""
    words = code(response.name)
    if response.target and response.method != "specific_commit":
        words += ", target named"
    if response.immediate is not None:
        words += ", at once" if response.immediate else ", through the pipeline"
    return words


def _heading(symptom: Symptom) -> str:
    how = "after a release" if symptom.via == "release" else "after a change by hand"
    return f"{plain(symptom.title)}, {how}"


def _with_times(symptom: Symptom, written: dict[tuple[str, str], int]) -> Symptom:
    def settled(way: Way) -> Way:
        seconds = written.get((_heading(symptom), label(way.response)))
        if seconds is None or not still_true(seconds, way.seconds):
            return way
        return replace(way, seconds=seconds)

    ways = sorted((settled(way) for way in symptom.ways), key=fastest_first)
    return replace(symptom, ways=ways)


def _times(written: str) -> dict[tuple[str, str], int]:
    return dict(_rows(written))


def _rows(written: str) -> Iterator[tuple[tuple[str, str], int]]:
    heading = ""
    for line in written.splitlines():
        if line.startswith("### "):
            heading = line.removeprefix("### ")
        elif row := _ROW.match(line):
            seconds = heard(row["time"])
            if seconds is not None:
                yield (heading, row["response"]), seconds
