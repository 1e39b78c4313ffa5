"""The legs of a job with a matrix.

    legs({"os": ["a", "b"], "include": [{"os": "b", "slow": True}]})
    # [{"os": "a"}, {"os": "b", "slow": True}]

https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

#: https://docs.github.com/en/actions/reference/limits
MOST_LEGS = 256


class MatrixError(ValueError):
    """GitHub would refuse this matrix; says why."""


def legs(matrix: Any) -> list[dict[str, Any]]:
    """Every combination of values that a job runs with, in GitHub's order.

    Args:
        matrix: evaluated already: lists of values by name, and perhaps `include` and `exclude`.

    Raises:
        MatrixError: it has another shape, no leg at all, or too many.
    """
    if not isinstance(matrix, Mapping):
        raise MatrixError("a matrix maps names to lists of values")
    vectors = {
        str(name): _vector(str(name), values)
        for name, values in matrix.items()
        if name not in {"include", "exclude"}
    }
    found = [
        dict(zip(vectors, values, strict=True)) for values in itertools.product(*vectors.values())
    ]
    found = found if vectors else []
    for excluded in _mappings("exclude", matrix.get("exclude")):
        found = [leg for leg in found if not _covers(excluded, leg)]
    found = _included(found, set(vectors), _mappings("include", matrix.get("include")))
    if not found:
        raise MatrixError("the matrix has no leg")
    if len(found) > MOST_LEGS:
        raise MatrixError(f"the matrix has {len(found)} legs, at most {MOST_LEGS} are allowed")
    return found


def described(leg: Mapping[str, Any]) -> str:
    """A leg as GitHub writes it behind a job's name: `(a, 18)`."""
    flat = list(itertools.chain.from_iterable(_flat(value) for value in leg.values()))
    return f"({', '.join(flat)})"


def _included(
    legs_: list[dict[str, Any]], names: set[str], includes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each entry is added to every leg whose own values it does not change, else it is a leg."""
    own = [dict(leg) for leg in legs_]
    added: list[dict[str, Any]] = []
    for entry in includes:
        fitting = [
            (leg, mine)
            for leg, mine in zip(legs_, own, strict=True)
            if all(mine.get(name) == value for name, value in entry.items() if name in names)
        ]
        if not fitting:
            added.append(dict(entry))
        for leg, _ in fitting:
            leg.update(entry)
    return [*legs_, *added]


def _covers(part: Mapping[str, Any], leg: Mapping[str, Any]) -> bool:
    return all(name in leg and leg[name] == value for name, value in part.items())


def _vector(name: str, values: Any) -> list[Any]:
    if not isinstance(values, list) or not values:
        raise MatrixError(f"{name} is no list of values")
    return values


def _mappings(name: str, value: Any) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise MatrixError(f"{name} is no list of combinations")
    return value


def _flat(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _flat(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _flat(inner)]
    return [value if isinstance(value, str) else json.dumps(value)]
