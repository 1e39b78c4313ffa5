"""Words of IAM's policy language: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html

like("repo:acme/site", "repo:acme/*")     # True
texts("a"), texts(["a", True])            # ("a",), ("a", "true")
"""

from __future__ import annotations

import re
from functools import lru_cache


def texts(value: object) -> tuple[str, ...]:
    """The texts of an element; one may stand without its list, and nothing has none."""
    if isinstance(value, list | tuple):
        return tuple(_text(one) for one in value)
    return () if value is None else (_text(value),)


def like(value: str, pattern: str) -> bool:
    """`*` stands for anything, `?` for one character, and nothing else for anything but itself."""
    return _glob(pattern).fullmatch(value) is not None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(c) or re.escape(c) for c in pattern), re.DOTALL)
