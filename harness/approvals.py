"""Letting waiting runs into their environments, as whoever may; or turning them away.

approve(control, run)                        # somebody who may, chosen by the rules
approve(control, run, by="octo-ops")
reject(control, run, comment="not tonight")
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from harness.errors import DispatchError, DrillError
from harness.github.control import ControlPlane
from harness.github.reviews import Pending
from harness.github.runs import Run

COMMENT = "Approved: go ahead"
REJECTED = "Rejected: not now"
#: What somebody does about a run that waits.
Decide = Callable[[ControlPlane, Run], None]


def approve(control: ControlPlane, run: Run, *, by: str = "", comment: str = COMMENT) -> None:
    """Approve of everything that a run waits for, and let its timers run down.

    Args:
        control: GitHub's side.
        run: which waits.
        by: who approves; for each environment somebody who may, where nobody is named.
        comment: what they say.

    Raises:
        DrillError: nobody may approve of it.
        DispatchError: whoever is named may not.
    """
    for pending in control.reviews.pending(run):
        if pending.rules.reviewers and not all(job.approved for job in pending.jobs):
            who = by or _somebody(control, run, pending)
            control.reviews.review(run, [pending.rules.name], "approved", by=who, comment=comment)
        if pending.rules.wait_minutes:
            control.reviews.let_pass(timedelta(minutes=pending.rules.wait_minutes))


def reject(control: ControlPlane, run: Run, *, by: str = "", comment: str = REJECTED) -> None:
    """Reject everything of a run that waits for a review.

    Args:
        control: GitHub's side.
        run: which waits.
        by: who rejects; for each environment somebody who may, where nobody is named.
        comment: what they say.

    Raises:
        DrillError: nobody may reject it, or it only waits for a timer.
        DispatchError: whoever is named may not.
    """
    waiting = control.reviews.pending(run)
    for pending in waiting:
        if not pending.rules.reviewers:
            raise DrillError(
                f"nobody can reject the deployment to {pending.rules.name}: it has no reviewers",
                hint=f"environments.{pending.rules.name}.reviewers names who may",
            )
        who = by or _somebody(control, run, pending)
        control.reviews.review(run, [pending.rules.name], "rejected", by=who, comment=comment)


def alone(control: ControlPlane, run: Run) -> None:
    """Nobody is there but who asked: they try to approve of it, and give up where they may not."""
    for pending in control.reviews.pending(run):
        try:
            control.reviews.review(
                run, [pending.rules.name], "approved", by=run.triggering_actor, comment=COMMENT
            )
        except DispatchError as refused:
            control.cancel(run, cause=f"nobody else was there to approve, and {refused.message}")
            return


def _somebody(control: ControlPlane, run: Run, pending: Pending) -> str:
    rules = pending.rules
    for reviewer in rules.reviewers:
        for handle in sorted(control.resolve(reviewer)):
            if control.reviews.may_review(handle, run, rules):
                return handle
    own = ", and nobody approves of a run of their own" if rules.prevent_self_review else ""
    raise DrillError(
        f"nobody may approve of the deployment to {rules.name} by {run.actor}: its reviewers are "
        f"{', '.join(rules.reviewers)}{own}",
        hint=f"environments.{rules.name}.reviewers names who may",
    )
