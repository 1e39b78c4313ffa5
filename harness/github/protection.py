"""What protects an environment, and who may let a job into it.

https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.github.fnmatch import fnmatch
from harness.github.runs import Run

#: Handles behind the name of a person or of a team (`organisation/team`).
Resolve = Callable[[str], Collection[str]]
#: A job that nobody has let go after this long fails.
#: https://docs.github.com/en/actions/reference/limits
PATIENCE = timedelta(days=30)
#: What begins the pattern of a tag; others are of branches.
TAG = "tag:"
#: The pattern of every branch there is.
EVERY_BRANCH = ("**/*",)


@dataclass(frozen=True)
class Rules:
    """The protection rules of one environment.

    Attributes:
        name: the environment's.
        reviewers: people and teams, of whom one must approve; none for no review.
        prevent_self_review: who started a run may not approve it.
        wait_minutes: a job waits at least that long.
        branches: patterns of the branches and (after `tag:`) of the tags that may deploy; None for all.
        protected_only: whether these are the patterns of the branches that are protected themselves.
    """

    name: str
    reviewers: tuple[str, ...] = ()
    prevent_self_review: bool = False
    wait_minutes: int = 0
    branches: tuple[str, ...] | None = None
    protected_only: bool = False

    @property
    def id(self) -> int:
        """A number for the environment, which depends on its name alone."""
        return zlib.crc32(self.name.encode()) or 1

    @property
    def holds_back(self) -> bool:
        """Whether a job has to wait for anything."""
        return bool(self.reviewers) or self.wait_minutes > 0

    def admits(self, run: Run) -> bool:
        """Whether the run's branch or tag may deploy to it.

        https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments#deployment-branches-and-tags
        """
        if self.branches is None:
            return True
        begins = TAG if run.ref.startswith("refs/tags/") else ""
        return any(
            fnmatch(pattern.removeprefix(begins), run.ref_name)
            for pattern in self.branches
            if pattern.startswith(TAG) == bool(begins)
        )

    def may_review(self, person: str, run: Run, resolve: Resolve) -> bool:
        """Whether somebody may approve or reject a run's deployment to it."""
        who = person.lower()
        if self.prevent_self_review and who in {run.actor.lower(), run.triggering_actor.lower()}:
            return False
        return any(
            who in {handle.lower() for handle in resolve(reviewer)} for reviewer in self.reviewers
        )

    def timer_ends(self, since: datetime) -> datetime:
        """When a job that has waited since then need no longer wait for the timer."""
        return since + timedelta(minutes=self.wait_minutes)
