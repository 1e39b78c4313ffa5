"""Where a site runs: its environments, with the names and buckets that its files give them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.survey.files import Text

_HOST = re.compile(
    r"""["']?([\w.-]*(?:alias|domain|host|fqdn|url)\w*)["']?\s*[:=]\s*\[?\s*["']?(?:https?://)?"""
    r"""([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=["'\s,/\]]|$)""",
    re.I,
)
_BUCKET = re.compile(
    r"""["']?([\w.-]*bucket(?:_?name)?)["']?\s*[:=]\s*["']?([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?=["'\s,]|$)""",
    re.I,
)
_ADDRESS = re.compile(r"()s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?=[/\"'\s]|$)")
_REGION = re.compile(
    r"\b([a-z]{2}-(?:north|south|east|west|central|northeast|southeast)[a-z]*-\d)\b"
)
#: Names of others, and of buckets that hold no pages.
_FOREIGN = re.compile(
    r"amazonaws\.com|github|githubusercontent|w3\.org|schema|\.(js|json|html|tf)$"
)
_NO_PAGES = re.compile(r"state|log|release|deployment|artifact|backend|record|backup|archive", re.I)
_PROSE = (".md", ".html", ".css", ".txt", ".svg", ".xml")


@dataclass(frozen=True)
class Place:
    """One environment; what is empty could not be told."""

    name: str
    alias: str
    bucket: str


def places(names: Sequence[str], files: Iterable[Text]) -> list[Place]:
    """The environments of these names, as far as the files tell."""
    telling = [file for file in files if not file.path.endswith(_PROSE)]
    found = []
    for name in names:
        others = [other for other in names if other != name]
        found.append(
            Place(
                name,
                _best(_HOST, name, others, telling, refused=_FOREIGN),
                _best(_BUCKET, name, others, telling, refused=_NO_PAGES)
                or _best(_ADDRESS, name, others, telling, refused=_NO_PAGES),
            )
        )
    return found


def region(files: Iterable[Text]) -> str:
    """The region that is named most often; us-east-1 where none is."""
    counted = Counter(r for file in files for r in _REGION.findall(file.text))
    return counted.most_common(1)[0][0] if counted else "us-east-1"


def _best(
    pattern: re.Pattern[str],
    name: str,
    others: Sequence[str],
    files: Sequence[Text],
    *,
    refused: re.Pattern[str],
) -> str:
    """The value that is this environment's: by its file's name, else by its own or its key's."""
    own = _word(name)
    theirs = [_word(other) for other in others]
    ranked = []
    for file in files:
        if any(other.search(file.path) for other in theirs):
            continue
        for key, value in pattern.findall(file.text):
            if refused.search(f"{key} {value}"):
                continue
            if any(other.search(f"{key} {value}") for other in theirs):
                continue
            points = 2 * bool(own.search(file.path)) + bool(own.search(f"{key} {value}"))
            if points or not others:
                ranked.append((-points, len(key), file.path, value))
    return min(ranked)[3] if ranked else ""


def _word(name: str) -> re.Pattern[str]:
    short = {"production": "prod(?:uction)?", "prod": "prod(?:uction)?"}.get(
        name.lower(), re.escape(name)
    )
    return re.compile(rf"(?<![a-z]){short}(?![a-z])", re.I)
