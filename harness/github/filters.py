"""Filter patterns of triggers: which branches and tags start a workflow.

    matches("release-12", ("release-*", "!release-0*"))     # True

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What stands for something else; `?`, `+` and `[...]` mean what they mean in regular expressions.
_SPECIAL = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
_PARTS = re.compile(r"\\.|\*\*/|\*\*|\*|\?|\+|\[[^\]]*\]|.", re.DOTALL)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether the last of the patterns that speaks of this name is for it; `!` is against."""
    found = False
    for pattern in patterns:
        against = pattern.startswith("!")
        if re.fullmatch(_expression(pattern.removeprefix("!")), name):
            found = not against
    return found


def _expression(pattern: str) -> str:
    parts = []
    for part in _PARTS.findall(pattern):
        if part in _SPECIAL:
            parts.append(_SPECIAL[part])
        elif part.startswith("[") and len(part) > 1:
            parts.append(part)
        else:
            parts.append(re.escape(part[-1] if part.startswith("\\") else part))
    expression = "".join(parts)
    try:
        re.compile(expression)
    except re.error:
        return re.escape(pattern)
    return expression
