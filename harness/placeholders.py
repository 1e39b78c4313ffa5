"""What a feature can only name: blanks that a table would trim, ten kilobytes, a commit of tonight.

    spelled_out("[blank][blank]short[newline]", {})            # "  short\\n"
    spelled_out("[live release, shortened]", {"live release": "0f3a..."})

Gherkin trims the cells of its tables and knows no tabulator, so what matters is written in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: Digits of a shortened commit, as git abbreviates them.
SHORT = 7
_PLACEHOLDER = re.compile(r"\[([a-z0-9][\w ,]*)\]", re.IGNORECASE)
_SENTENCE = "Every page of the timetable is cut off in the middle; "
_TEXTS = {
    "blank": " ",
    "tab": "\t",
    "newline": "\n",
    "10 kB": (_SENTENCE * 200)[:10_000],
}


def spelled_out(text: str, commits: Mapping[str, str]) -> str:
    """The text with what stands in brackets put in; brackets that name nothing known stay.

    Args:
        text: as the feature has it.
        commits: full commits by what features call them; `[NAME, shortened]` is the first seven
            digits of one.
    """

    def put_in(found: re.Match[str]) -> str:
        name, _, how = found[1].partition(", ")
        if name in commits:
            return commits[name][:SHORT] if how == "shortened" else commits[name]
        return _TEXTS.get(found[1], found[0])

    return _PLACEHOLDER.sub(put_in, text)
