"""Text that came from a workflow, made fit to print anywhere: terminal, XML, HTML.

A workflow under drill may write anything: colours, bells, half a surrogate. None of it may reach a
report, where it would break the XML or play tricks on the reader's terminal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Terminal escape sequences (colours, titles), removed whole: ECMA-48, section 5.4.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

#: What XML 1.0 does not admit (https://www.w3.org/TR/xml/#charsets), the C1 controls, and the
#: marks that change the direction of the text around them. Line feed and tab stay.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def clean(text: str) -> str:
    """The text without anything that cannot be printed; its lines stay."""
    if text.isprintable():
        return text
    return _UNPRINTABLE.sub("", _ESCAPES.sub("", text))


def clean_all(value: Any) -> Any:
    """The same for every string inside a record's data, keys included."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean_all(key): clean_all(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean_all(inner) for inner in value]
    return value


def one_line(value: object) -> str:
    """The value as one line of text: runs of white space become one space; None becomes ''."""
    return "" if value is None else " ".join(clean(str(value)).split())


def duration(seconds: float | None) -> str:
    """Seconds as people say them: `3.2 s`, `48 s`, `2 min 05 s`; '' when not known."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def to_ascii(text: str) -> str:
    """The text for a terminal that knows no more than ASCII: `?` stands for the rest."""
    return text.encode("ascii", errors="replace").decode("ascii")
