"""SD010: an emergency that the next run of its group ends half-way."""

from __future__ import annotations

from collections.abc import Iterator

from harness.verify.expressions import rendered
from harness.verify.finding import Finding
from harness.verify.jobs import jobs_of
from harness.verify.look import DrillRule, View, once
from harness.verify.rule import Rule
from harness.verify.site import Role, roles
from harness.verify.source import Spot

RULE = Rule(
    "SD010",
    "an operation that can be cancelled half-way",
    "The next run of the group ends the one under way between two of its steps: infrastructure of one "
    "release with the content of another, and no record of it.",
    "Say cancel-in-progress: false in every workflow that shares the group.",
    cause="cancelled",
)


def look(view: View) -> Iterator[Finding]:
    """`cancel-in-progress` that is true, or may be."""
    for role in roles(view.site):
        yield from once(_of_role(role))


def _of_role(role: Role) -> Iterator[Finding]:
    spots = [role.source.root, *(job.spot for job in jobs_of(role.source))]
    for spot in spots:
        says = spot.get("concurrency", "cancel-in-progress")
        if says and _may_be_true(role, says):
            yield RULE.at(role.source, says.place, "another run of the group cancels this one")


def _may_be_true(role: Role, says: Spot) -> bool:
    if "${{" not in says.text:
        return says.text.lower() == "true"
    return any(rendered(says.text, way) is not False for way in role.ways)


DRILL_RULE = DrillRule(RULE, look)
