"""What an incident changes in a live environment: told before it is made, made, and put back.

    for change in changes_of(incident, aws, bucket="site", distribution="E2QW..."):
        print(change.says)                          # DefaultRootObject: 'index.html' -> ''
        mark = make(aws, change)
        ...
        put_back(aws, change, mark=mark)            # Returned.BACK; .THEIRS where somebody else was

Drift in a drill makes the changes; a game day captures, makes and undoes them. Nothing that somebody
else has changed meanwhile is ever overwritten.
"""

from __future__ import annotations

from harness.live.changes import changes_of, is_as_captured, make, put_back, read
from harness.live.distributions import forget
from harness.live.resource import Aws, Change, MovedError, Returned, State

__all__ = [
    "Aws",
    "Change",
    "MovedError",
    "Returned",
    "State",
    "changes_of",
    "forget",
    "is_as_captured",
    "make",
    "put_back",
    "read",
]
