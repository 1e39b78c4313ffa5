"""SD008: a job that changes production, and that no environment protects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.verify.finding import Finding
from harness.verify.look import DrillRule, View, chosen, once
from harness.verify.rule import Rule
from harness.verify.site import Role, roles
from harness.verify.walking import Visit

RULE = Rule(
    "SD008",
    "production without an environment",
    "Required reviewers, allowed branches and an environment's own secrets count only for jobs that "
    "name the environment: without it anybody who may start the workflow changes production, and "
    "GitHub records no deployment.",
    "Give the job environment: ${{ inputs.environment }}, or the environment's name.",
    cause="environment",
)


def look(view: View) -> Iterator[Finding]:
    """Jobs that change the site without `environment`, when the form says production."""
    for role in roles(view.site):
        yield from once(_of_role(view, role))


def _of_role(view: View, role: Role) -> Iterator[Finding]:
    field = role.input("environment")
    choices = field.choices if field is not None else {}
    for way in role.ways:
        place = str(way.get(f"inputs.{field.name.lower()}", "")) if field else ""
        if choices and place and len(choices) > 1 and not view.site.is_prod(place):
            continue
        for visit in view.visits(role, way):
            if _changes(view, visit) and not visit.job.environment:
                said = f" with {chosen(way, [field.name])}" if field and place else ""
                spot = visit.job.spot.place
                yield RULE.at(
                    visit.job.source,
                    replace(spot, end_line=spot.line),
                    f"the job {visit.job.name} changes the site{said}, and names no environment",
                )


def _changes(view: View, visit: Visit) -> bool:
    return view.deeds.changes_site(visit.step)


DRILL_RULE = DrillRule(RULE, look)
