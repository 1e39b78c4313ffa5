"""What GitHub expression values are: coercion, comparison, rendering, and the functions on them.

A value is what JSON can say: None, bool, number, string, mapping, sequence. Sources:
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions, and where that page
is silent (number format, Unicode case, array index coercion) GitHub's own evaluator,
https://github.com/actions/runner/tree/main/src/Sdk/DTExpressions2/Expressions2.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX = re.compile(r"0(?:x([0-9a-fA-F]+)|o([0-7]+))")
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([0-9]+)\}|[{}]")

ALL: Final = object()
"""The index that picks everything: the `*` of an object filter."""


class Filtered(list[Any]):
    """What an object filter picked; a further index applies to each item, not to the list."""


def kind(value: object) -> str:
    """GitHub's name for the value's type; what JSON cannot say counts as an object."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case int() | float():
            return "Number"
        case str():
            return "String"
        case Sequence():
            return "Array"
        case _:
            return "Object"


def is_primitive(value: object) -> bool:
    """Neither an array nor an object."""
    return kind(value) not in ("Array", "Object")


def to_number(value: Any) -> float:
    """Coerce as for a comparison: null and '' are 0, true is 1, what is no number is NaN."""
    match kind(value):
        case "Null":
            return 0.0
        case "Boolean" | "Number":
            try:
                return float(value)
            except OverflowError:  # an integer beyond what a double holds
                return math.inf if value > 0 else -math.inf
        case "String":
            return _parse_number(value.strip())
        case _:
            return math.nan


def _parse_number(text: str) -> float:
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if radix := _RADIX.fullmatch(text):
        integer = int(radix[1], 16) if radix[1] else int(radix[2], 8)
        if integer < 2**32:  # GitHub reads 32 signed bits
            return float(integer - 2**32 if integer >= 2**31 else integer)
    return _INFINITIES.get(text, math.nan)


def to_text(value: Any) -> str:
    """Render as GitHub does inside a string: null is nothing, 2.0 is `2`, a mapping `Object`."""
    match kind(value):
        case "Null":
            return ""
        case "Boolean":
            return "true" if value else "false"
        case "Number":
            number = to_number(value) + 0.0  # the sum turns -0 into 0
            if math.isinf(number):
                return "Infinity" if number > 0 else "-Infinity"
            return "NaN" if math.isnan(number) else f"{number:.15G}"
        case "String":
            return str(value)
        case name:
            return name


def is_truthy(value: Any) -> bool:
    """False for null, false, 0, NaN and ''; arrays and objects are true even when empty."""
    if kind(value) == "Number":
        return value != 0 and not math.isnan(to_number(value))
    return bool(value) if is_primitive(value) else True


def fold(text: str) -> str:
    """The text as GitHub compares it: upper case letter by letter, so that ß is not SS."""
    # The dotless i (U+0131) stays itself: .NET's ordinal comparison does not take it for an I.
    return "".join(u if len(u := c.upper()) == 1 and c != "\u0131" else c for c in text)


def compare(left: Any, right: Any) -> int | None:
    """Order two values loosely: below 0, 0 or above 0; None when they do not compare."""
    if kind(left) != kind(right):
        if not (is_primitive(left) and is_primitive(right)):
            return None
        left, right = to_number(left), to_number(right)
    match kind(left):
        case "Null":
            return 0
        case "Array" | "Object":
            return 0 if left is right else None
        case "String":
            left, right = fold(left), fold(right)
        case _:
            left, right = to_number(left), to_number(right)
            if math.isnan(left) or math.isnan(right):
                return None
    return int(left > right) - int(left < right)


COMPARISONS: Mapping[str, Callable[[int | None], bool]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order is not None and order < 0,
    "<=": lambda order: order is not None and order <= 0,
    ">": lambda order: order is not None and order > 0,
    ">=": lambda order: order is not None and order >= 0,
}
"""What each operator makes of `compare`'s answer: of values that do not compare only `!=` holds."""


def index(value: Any, key: Any) -> Any:
    """`value[key]`: null when there is no such property; names are found whatever their case."""
    if isinstance(value, Filtered):
        return Filtered(found for item in value for found in pick(item, key))
    picked = pick(value, key)
    return Filtered(picked) if key is ALL else next(iter(picked), None)


def pick(value: Any, key: Any) -> Sequence[Any]:
    """All that `key` names in `value`: nothing, one value, or with `ALL` every value."""
    if isinstance(value, Mapping):
        if key is ALL:
            return list(value.values())
        name = fold(to_text(key)) if is_primitive(key) else None
        return [item for property_, item in value.items() if fold(str(property_)) == name][:1]
    if kind(value) == "Array":
        if key is ALL:
            return list(value)
        position = to_number(key)
        return [value[int(position)]] if 0 <= position < len(value) else []
    return []


def _texts(values: Iterable[Any]) -> list[str]:
    """The values as compared text; none at all when one of them is no primitive."""
    values = list(values)
    return [fold(to_text(value)) for value in values] if all(map(is_primitive, values)) else []


def _contains(where: Any, what: Any) -> bool:
    if kind(where) == "Array":
        return any(compare(item, what) == 0 for item in where)
    texts = _texts((where, what))
    return bool(texts) and texts[1] in texts[0]


def _starts_with(where: Any, what: Any) -> bool:
    texts = _texts((where, what))
    return bool(texts) and texts[0].startswith(texts[1])


def _ends_with(where: Any, what: Any) -> bool:
    texts = _texts((where, what))
    return bool(texts) and texts[0].endswith(texts[1])


def _format(template: Any, *values: Any) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] is None:
            raise ValueError("has a single brace in its format; write {{ or }} for the character")
        if int(match[1]) >= len(values):
            raise ValueError(f"refers to {match[0]} but gets {len(values)} values to insert")
        return to_text(values[int(match[1])])

    return _PLACEHOLDER.sub(replace, to_text(template))


def _join(items: Any, separator: Any = ",") -> str:
    if kind(items) == "Array":
        between = to_text(separator) if is_primitive(separator) else ","
        return between.join(to_text(item) for item in items)
    return to_text(items) if is_primitive(items) else ""


def _to_json(value: Any) -> str:
    return json.dumps(_jsonable(value), indent=2, ensure_ascii=False, default=str)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _jsonable(item) for name, item in value.items()}
    match kind(value):
        case "Array":
            return [_jsonable(item) for item in value]
        case "Number":
            number = to_number(value)
            return int(number) if number.is_integer() else number
        case _:
            return value


def _from_json(text: Any) -> Any:
    try:
        # As doubles, which is all the numbers there are here.
        return json.loads(to_text(text), parse_int=float)
    except json.JSONDecodeError as error:
        raise ValueError(f"is given something that is not JSON: {error}") from error


Function = tuple[Callable[..., Any], int, int]
"""A function with the fewest and the most arguments it takes; it raises ValueError to refuse."""

FUNCTIONS: Mapping[str, Function] = {
    "contains": (_contains, 2, 2),
    "startswith": (_starts_with, 2, 2),
    "endswith": (_ends_with, 2, 2),
    "format": (_format, 1, 255),
    "join": (_join, 1, 2),
    "tojson": (_to_json, 1, 1),
    "fromjson": (_from_json, 1, 1),
}
"""The functions by lower-case name, since GitHub finds them whatever their case."""
