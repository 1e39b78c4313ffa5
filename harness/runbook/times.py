"""How long a recovery took, said so coarsely that it is as true tomorrow."""

from __future__ import annotations

import re

#: From so many seconds on, times are rounded to this step. Each threshold is a multiple of both its
#: neighbours' steps, so that a time that has been rounded stays as it is.
_STEPS = ((300.0, 60), (60.0, 30), (10.0, 10), (0.0, 5))
#: A time said is still true while what was measured is at most so many seconds away, or at most so
#: many times as long or short: the same drill takes three times as long on a machine with much to do.
SECONDS_APART, TIMES_APART = 30.0, 2.0

_SAID = re.compile(r"about (?:(?P<minutes>\d+) min)? ?(?:(?P<seconds>\d+) s)?")


def coarse(seconds: float) -> int:
    """The time rounded to a coarse step, at least 5 s: 7 to 5, 19.4 to 20, 100 to 90, 340 to 360."""
    step = next(step for least, step in _STEPS if seconds >= least)
    return max(5, int(seconds / step + 0.5) * step)


def said(seconds: float) -> str:
    """`about 20 s`, `about 1 min 30 s`, `about 6 min`."""
    minutes, rest = divmod(coarse(seconds), 60)
    parts = ([f"{minutes} min"] if minutes else []) + ([f"{rest} s"] if rest else [])
    return "about " + " ".join(parts)


def heard(text: str) -> int | None:
    """The seconds that such words say; None when the text holds none."""
    found = _SAID.search(text)
    if found is None or not (found["minutes"] or found["seconds"]):
        return None
    return int(found["minutes"] or 0) * 60 + int(found["seconds"] or 0)


def still_true(written: float, measured: float) -> bool:
    """Whether a time that was written down may stay, now that another was measured."""
    apart = abs(written - measured)
    return apart <= SECONDS_APART or max(written, measured) <= TIMES_APART * min(written, measured)
