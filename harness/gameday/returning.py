"""The way back from an incident: put back, compare with what was captured, let the caches forget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from harness.gameday.undo import Outcome, Undo
from harness.live import Aws, forget


@dataclass(frozen=True)
class Back:
    """What became of one incident's changes.

    Attributes:
        outcomes: of each change.
        differences: from what was captured, one line each, conflicts not told again.
    """

    outcomes: tuple[Outcome, ...]
    differences: tuple[str, ...]

    @property
    def conflicts(self) -> list[str]:
        """Resources that somebody else has changed since, or that could not be put back."""
        return sorted({one.change.resource for one in self.outcomes if not one.settled})

    @property
    def to_do(self) -> list[str]:
        """What is left for people, one line each."""
        return [*(one.to_do for one in self.outcomes if not one.settled), *self.differences]


def take_back(undo: Undo, told: Callable[[Outcome], None]) -> Back:
    """Put back what an incident has changed, and compare; any number of times.

    `told` hears of each change before anything is compared, which takes its time.
    """
    outcomes = tuple(undo.restore())
    for outcome in outcomes:
        told(outcome)
    conflicts = Back(outcomes, ()).conflicts
    left = tuple(line for line in undo.verify() if not line.startswith(tuple(conflicts)))
    return Back(outcomes, left)


def caches_forget(aws: Aws, distribution: str, reference: str) -> list[str]:
    """Let the caches of a distribution forget what they hold; what is left for people when they cannot.

    Args:
        aws: the account.
        distribution: its id; empty where there is none, and nothing is done.
        reference: makes this invalidation one of its own.
    """
    if not distribution:
        return []
    try:
        forget(aws, distribution, reference)
    except (ClientError, BotoCoreError) as error:
        return [f"the caches could not be told to forget: {error}"]
    return []
