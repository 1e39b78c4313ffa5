"""A comparison, told: the sentences that lead, the same on the terminal and in a comment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.reports.comparing import Change, Comparison, Direction

#: What stands before each direction, so that it can be told without colour.
MARKS: dict[Direction, str] = {
    "worse": "✗", "better": "✓", "changed": "~", "slower": "▾", "faster": "▴", "new": "+",
}  # fmt: skip
_PLURAL = {"worse": "got worse", "better": "got better", "changed": "changed otherwise",
           "slower": "recover slower", "faster": "recover faster", "new": "new"}  # fmt: skip


@dataclass(frozen=True)
class Sentence:
    """One claim, of every drill that it holds for."""

    direction: Direction
    text: str
    drills: tuple[str, ...]


def heading(comparison: Comparison) -> str:
    """The comparison in one line: `1 drill got worse, 16 are as before`."""
    parts = []
    for direction, plural in _PLURAL.items():
        number = len(
            {change.drill for change in comparison.changes if change.direction == direction}
        )
        if number:
            parts.append(f"{number} {plural}")
    if comparison.same or not parts:
        parts.append(f"{comparison.same} as before")
    return ", ".join(parts)


def sentences(comparison: Comparison, *, name: Callable[[str], str] = str) -> list[Sentence]:
    """`This change makes content_only stop recovering html-truncated (drift, staging)`.

    Drills for which the same is claimed share a sentence.

    Args:
        comparison: what changed.
        name: how a name is set off from the words around it.
    """
    groups: dict[tuple[Direction, str], list[Change]] = {}
    for change in comparison.changes:
        groups.setdefault((change.direction, _claim(change, name)), []).append(change)
    told = []
    for (direction, claim), changes in groups.items():
        places = dict.fromkeys(change.where for change in changes if change.where)
        where = f" ({'; '.join(places)})" if places else ""
        drills = tuple(change.drill for change in changes)
        told.append(Sentence(direction, f"This change {claim}{where}", drills))
    return told


def as_data(comparison: Comparison) -> dict[str, Any]:
    """For programs."""
    return {
        "schema": 1,
        "worse": bool(comparison.worse),
        "same": comparison.same,
        "notes": list(comparison.notes),
        "sentences": [sentence.text for sentence in sentences(comparison)],
        "changes": [
            {
                "direction": change.direction,
                "drill": change.drill,
                "response": change.subject[0] or None,
                "incident": change.subject[1] or None,
                "base": change.base,
                "head": change.head,
                "causes": list(change.causes),
            }
            for change in comparison.changes
        ],
    }


def _claim(change: Change, name: Callable[[str], str]) -> str:
    response, incident = change.subject
    if response and incident:
        return change.claim.format(name(response), name(incident))
    words = {"{0} on {1}": "{0}", "{1}": "the site"}
    claim = change.claim
    for whole, part in words.items():
        claim = claim.replace(whole, part)
    return claim.format(name(response or change.drill))
