"""Finds a value in what people and workflows write: a handle, a reason, a commit, a time, a label.

No format is expected: a tag's message, a log and a Markdown summary are each searched for the value
itself, whole (`jo` is not in `jo-ann`), however it is wrapped, quoted or escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

#: Tags that an emergency leaves behind; never releases.
EMERGENCY_TAG = re.compile(r"v0\.0\.0-(?:hotfix|rollback)\.[\w.-]*\w")
#: A commit may be shortened, but not to something ambiguous or accidental.
SHORTEST_COMMIT = 12
#: Between the words of a reason: it may be indented, quoted (`> `) or broken by Markdown.
_BETWEEN_WORDS = r"(?:\s|>|<br\s*/?>)+"
_COMMIT = re.compile(r"(?<!\w)[0-9a-f]{7,40}(?!\w)", re.IGNORECASE)
#: ISO 8601, extended, in UTC; a tag's name has the basic format and proves nothing.
_TIME = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:Z|\+00:00)(?!\w)")
#: `Actor: octo`, `- **Actor:** @octo`, `| Actor | @octo |`; never across lines.
_LABELLED = re.compile(
    r"^[ \t|>*\-•]*[*_`]*(?P<label>[A-Za-z][A-Za-z _-]{1,30}?)[*_`]*[ \t]*[:|]"
    r"[ \t]*[*_`]*[ \t]*(?P<value>[^|\n]+)",
    re.MULTILINE,
)
#: A Markdown table's head: its words name columns, not values.
_TABLE_HEAD = re.compile(r"^[^\n]*\n[ \t]*\|?[ \t]*:?-{3,}[^\n]*$", re.MULTILINE)


def names_handle(text: str, handle: str) -> bool:
    """Whether a GitHub handle is there, as a whole; GitHub does not tell their case apart."""
    return _whole(text, re.escape(handle))


def says(text: str, word: str) -> bool:
    """Whether a word such as `last_known_good` is there as a whole, be it with _, - or spaces."""
    return _whole(text, "[-_ ]".join(map(re.escape, re.split(r"[-_ ]", word))))


def has_reason(text: str, reason: str) -> bool:
    """Whether the reason is there word for word; how it is broken into lines does not matter."""
    pattern = _reason_pattern(reason)
    return any(pattern.search(reading) for reading in _readings(text))


def without_reason(text: str, reason: str) -> str:
    """The text without the reason, which is the operator's own words and proves nothing else."""
    if not reason.split():
        return text
    pattern = _reason_pattern(reason)
    for reading in _readings(text):
        if pattern.search(reading):
            return pattern.sub(" ", reading)
    return text


def has_commit(text: str, commit: str) -> bool:
    """Whether a commit is there, in full or by at least 12 digits of its SHA."""
    return any(
        len(found) >= SHORTEST_COMMIT and commit.lower().startswith(found)
        for found in (match.lower() for match in commits(text))
    )


def times(text: str) -> list[datetime]:
    """Every ISO 8601 time in UTC, in order."""
    found = []
    for match in _TIME.findall(text):
        try:
            found.append(datetime.fromisoformat(match).replace(tzinfo=UTC))
        except ValueError:  # such as a 31st of February: not a time
            continue
    return found


def within(moment: datetime, since: datetime, until: datetime, tolerance: timedelta) -> bool:
    """Whether a time lies between two others, give or take."""
    return since - tolerance <= moment <= until + tolerance


def labelled(text: str, labels: frozenset[str]) -> Iterator[str]:
    """What stands behind each of these labels (lower case, with spaces) on its line."""
    for match in _LABELLED.finditer(_TABLE_HEAD.sub("", text)):
        label = re.sub(r"[\s_-]+", " ", match["label"]).strip().lower()
        value = match["value"].strip(" \t*`")
        if label in labels and value:
            yield value


def commits(text: str) -> list[str]:
    """Every word that looks like a commit's SHA, in full or shortened."""
    return _COMMIT.findall(text)


def is_commit(word: str) -> bool:
    """Whether a word as a whole looks like a commit's SHA, in full or shortened."""
    return bool(_COMMIT.fullmatch(word))


def same_commit(one: str, other: str) -> bool:
    """Whether two SHAs, one of them perhaps shortened, may be the same commit."""
    one, other = one.lower(), other.lower()
    return one.startswith(other) or other.startswith(one)


def _whole(text: str, pattern: str) -> bool:
    # Not part of a longer name on either side: jo-ann, ann.jo, prod-assets; "by jo." is fine.
    return bool(re.search(rf"(?<![\w-])(?<!\w\.){pattern}(?![\w-])(?!\.\w)", text, re.IGNORECASE))


def _reason_pattern(reason: str) -> re.Pattern[str]:
    words = reason.split()
    start = r"(?<!\w)" if words and re.match(r"\w", words[0]) else ""
    end = r"(?!\w)" if words and re.search(r"\w$", words[-1]) else ""
    return re.compile(start + _BETWEEN_WORDS.join(map(re.escape, words)) + end)


def _readings(text: str) -> Iterator[str]:
    """The text as written, and as Markdown and HTML show it."""
    yield text
    yield html.unescape(text)
    unescaped = re.sub(r"\\([^\w\s])", r"\1", text)
    yield unescaped
    yield html.unescape(unescaped)
