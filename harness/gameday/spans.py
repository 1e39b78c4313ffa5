"""Spans of time as people write them in a plan: `90s`, `15m`, `1h`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_SPAN = re.compile(r"^([1-9]\d*)(s|m|h)$")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(text: object) -> float:
    """The seconds of a span.

    Raises:
        ValueError: it is none.
    """
    found = _SPAN.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('a span of time such as "90s", "15m" or "1h"')
    return float(int(found[1]) * _SECONDS[found[2]])


def span_of(seconds: float) -> str:
    """Seconds as people say them: `48 s`, `3 min 20 s`, `1 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


#: In seconds, once read.
Span = Annotated[
    float,
    BeforeValidator(seconds_of),
    WithJsonSchema({"type": "string", "pattern": _SPAN.pattern}),
]
