"""SD007: jobs whose token may do whatever the repository's default allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.verify.finding import Finding
from harness.verify.jobs import jobs_of, triggers
from harness.verify.look import DrillRule, View
from harness.verify.rule import Rule

RULE = Rule(
    "SD007",
    "no permissions",
    "What the token may do then depends on a setting of the repository or organisation: somebody "
    "tightens it, and the emergency can no longer push its tag or assume its role. Until then it may "
    "do more than it needs.",
    "Say permissions: at the workflow's top (contents: read), and more only in the jobs that need it.",
    "warning",
    "permissions",
)


def look(view: View) -> Iterator[Finding]:
    """Jobs without permissions of their own in workflows without any."""
    for source in view.site.sources:
        # What is only called has the caller's.
        only_called = {event for event, _ in triggers(source)} == {"workflow_call"}
        if only_called or source.root.get("permissions"):
            continue
        for job in jobs_of(source):
            if not job.spot.get("permissions"):
                place = replace(job.spot.place, end_line=job.spot.place.line)
                yield RULE.at(source, place, f"the job {job.name} does not say its permissions")


DRILL_RULE = DrillRule(RULE, look)
