"""Concurrency groups: who goes on, who waits, who has to give way.

At most one member of a group runs, and one waits, whichever workflows they belong to. A newcomer takes
the place of whoever waits, or, with `queue: max`, waits behind up to a hundred others; with
`cancel-in-progress` it ends who runs, too.
https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency

What waits for an environment's review waits in its group as well, and gives way as others do:
https://github.com/hypothesis/lms/pull/4533
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.github.runs import Group

K = TypeVar("K")

#: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency
LONGEST_QUEUE = 100


@dataclass(frozen=True)
class Member(Generic[K]):
    """Somebody in a group: `holds` it, or waits for it; `ready` once nothing else keeps it waiting."""

    who: K
    holds: bool
    ready: bool = True


@dataclass(frozen=True)
class Ruling(Generic[K]):
    """What a newcomer may do, and who has to end for it."""

    enters: bool
    ends: tuple[K, ...] = ()
    refused: bool = False


def enter(group: Group, members: Sequence[Member[K]], *, ready: bool = True) -> Ruling[K]:
    """Decide about a newcomer.

    Args:
        group: what it asks for.
        members: who is in the group already, the oldest first.
        ready: whether it would run at once, if nobody else did.
    """
    waiting = [member.who for member in members if not member.holds]
    holding = [member.who for member in members if member.holds]
    if group.queue == "max":
        if len(waiting) >= LONGEST_QUEUE:
            return Ruling(False, refused=True)
        return Ruling(ready and not members)
    ends = (*waiting, *(holding if group.cancel_in_progress else ()))
    # Who has to end still holds the group until it has.
    return Ruling(ready and not holding, ends)


def next_of(members: Sequence[Member[K]]) -> K | None:
    """Who goes on now: the oldest that is ready, when nobody holds the group."""
    if any(member.holds for member in members):
        return None
    return next((member.who for member in members if member.ready), None)
