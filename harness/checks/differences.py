"""What differs between two nested structures, one line for each leaf, with its path.

    differences({"A": {"B": "x"}}, {"A": {"B": ""}})    # ["A.B: 'x' -> ''"]

Lists of plain values are compared as sets (methods, aliases, policy actions have no order for AWS),
lists of objects with an identity by that identity, all others by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: What tells the objects of a list apart where their order means nothing to AWS: origins and
#: access controls, custom error responses, policy statements.
_IDENTITIES = ("Id", "ErrorCode", "Sid")
_ABSENT = object()


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """Every leaf that is not the same, as `path: before -> after`, `(absent)` where it is not."""
    return list(_walk(before, after, path))


def _walk(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            below = f"{path}.{key}" if path else str(key)
            yield from _walk(before.get(key, _ABSENT), after.get(key, _ABSENT), below)
    elif _is_list(before) and _is_list(after):
        yield from _lists(before, after, path)
    elif before != after:
        yield f"{path}: {_shown(before)} -> {_shown(after)}"


def _lists(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[str]:
    both = [*before, *after]
    if not any(isinstance(item, Mapping) or _is_list(item) for item in both):
        if sorted(map(str, before)) != sorted(map(str, after)):
            yield f"{path}: {_shown(before)} -> {_shown(after)}"
        return
    identity = next((name for name in _IDENTITIES if _tells_apart(name, before, after)), None)
    if identity:
        old, new = ({item[identity]: item for item in items} for items in (before, after))
    else:
        old, new = (dict(enumerate(items)) for items in (before, after))
    for key in [*old, *(key for key in new if key not in old)]:
        yield from _walk(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}[{key}]")


def _tells_apart(name: str, *lists: Sequence[Any]) -> bool:
    return all(
        all(isinstance(item, Mapping) and name in item for item in items)
        and len({str(item[name]) for item in items}) == len(items)
        for items in lists
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _shown(value: Any) -> str:
    if value is _ABSENT or value is None:
        return "(absent)"
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
