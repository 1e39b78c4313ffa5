"""SD012: a job of the emergency that may hang for six hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.verify.finding import Finding
from harness.verify.look import DrillRule, View, once
from harness.verify.rule import Rule

RULE = Rule(
    "SD012",
    "an emergency without a time limit",
    "A step that hangs holds the concurrency group for GitHub's six hours: whoever starts the next "
    "emergency waits behind it.",
    "Give the job timeout-minutes: a few times what a drill of it takes.",
    "warning",
    "timeout",
)


def look(view: View) -> Iterator[Finding]:
    """Jobs of the emergency, and of workflows that it calls, without `timeout-minutes`."""
    emergency = view.site.emergency
    if emergency is not None:
        yield from once(
            RULE.at(
                visit.job.source,
                replace(visit.job.spot.place, end_line=visit.job.spot.place.line),
                f"the job {visit.job.name} has no timeout-minutes",
            )
            for visit in view.visits(emergency)
            if not visit.job.spot.get("timeout-minutes")
            and not all(step.spot.get("timeout-minutes") for step in visit.job.steps)
        )


DRILL_RULE = DrillRule(RULE, look)
