"""What a drill is called: the same whether it is being planned, run, or run in a shard.

bad-release.feature, | html-truncated | content_only |   ->   bad-release.html-truncated.content_only
hotfix.feature, a scenario without examples              ->   hotfix.<the scenario's name>
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The columns of an outline that name a drill by themselves.
_TELLING = ("incident", "method")
_EXPECTATION = "outcome"


def drill_id(stem: str, scenario: str, example: Mapping[str, str]) -> str:
    """The id of the drill that a scenario becomes.

    Args:
        stem: the feature file's name, without its ending.
        scenario: the scenario's name, with the example's values in it.
        example: the values of the row, by column; empty where there are no examples.
    """
    name = ".".join([stem, *(told(example) or [scenario])])
    return re.sub(r"[^\w.]+", "-", name).strip("-").lower()


def told(example: Mapping[str, str]) -> list[str]:
    """What names a drill, if the columns of its outline do; what is expected of it does not."""
    if not all(name in example for name in _TELLING):
        return []
    return [str(value) for name, value in example.items() if name != _EXPECTATION]
