"""Findings that somebody has looked at and accepts, with a reason.

    - uses: actions/checkout@v4 # sitedrill: ignore[zizmor/artipacked] pushes the tag of the operation

The comment stands in a line of the finding, or alone in the line above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.verify.finding import Finding
from harness.verify.rule import Rule
from harness.verify.source import Place, Source

IGNORED = Rule(
    "SD090",
    "a finding is ignored without a reason, or none is there",
    "Whoever reads the workflow next has to know why the finding does not count; a comment that "
    "ignores nothing hides the finding that comes there later.",
    "Write `# sitedrill: ignore[RULE] reason`, or remove the comment.",
    "warning",
)
_COMMENT = re.compile(r"(?P<alone>^\s*)?#\s*sitedrill:\s*ignore\[(?P<rules>[^\]]*)\](?P<reason>.*)")


@dataclass(frozen=True)
class Ignore:
    """A comment: the rules it names, why, and the lines of it and of what it is about."""

    rules: frozenset[str]
    reason: str
    place: Place
    lines: frozenset[int]


def ignores(source: Source) -> list[Ignore]:
    """The comments of a workflow that accept findings."""
    return list(_ignores(source))


def accepted(one: Finding, comments: Iterable[Ignore]) -> Ignore | None:
    """The comment that accepts the finding."""
    lines = range(one.line, one.end_line + 1)
    for comment in comments:
        named = comment.rules & {one.rule, *one.also}
        if comment.reason and named and any(line in comment.lines for line in lines):
            return comment
    return None


def doubtful(
    source: Source, comments: Iterable[Ignore], used: Iterable[Ignore], asked: Iterable[str]
) -> Iterator[Finding]:
    """Comments that give no reason, and those that accept nothing.

    Args:
        source: the workflow.
        comments: those in it.
        used: those that accepted a finding.
        asked: the tools that looked: what only others could find is not missed.
    """
    known = {"sitedrill", *asked}
    for comment in comments:
        rules = ", ".join(sorted(comment.rules))
        if not comment.reason:
            message = f"{rules or 'nothing'} is ignored without a reason"
            yield IGNORED.at(source, comment.place, message)
        elif comment not in used and all(_tool(rule) in known for rule in comment.rules):
            yield IGNORED.at(source, comment.place, f"{rules} is ignored, but not found here")


def _ignores(source: Source) -> Iterator[Ignore]:
    lines = source.text.split("\n")
    for number, line in enumerate(lines, start=1):
        match = _COMMENT.search(line)
        if match is None:
            continue
        about = {number}
        if match["alone"] is not None:
            below = number
            while below < len(lines) and lines[below].lstrip().startswith("#"):
                below += 1
            about.add(below + 1)
        rules = frozenset(rule.strip() for rule in match["rules"].split(",") if rule.strip())
        place = Place(number, line.index("#", match.start()) + 1, number)
        yield Ignore(rules, match["reason"].strip(), place, frozenset(about))


def _tool(rule: str) -> str:
    name = rule.partition("/")[0]
    return name if name in ("act", "actionlint", "zizmor") else "sitedrill"
