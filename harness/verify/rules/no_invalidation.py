"""SD004: a path that changes content, and leaves the old content in CloudFront's caches."""

from __future__ import annotations

from collections.abc import Iterator

from harness.verify.finding import Finding
from harness.verify.look import DrillRule, View, chosen, once
from harness.verify.rule import Rule
from harness.verify.site import Role, roles

RULE = Rule(
    "SD004",
    "content changed without an invalidation",
    "CloudFront goes on serving what it has until its time is over, up to a day by default: the run "
    "is green, and viewers still see the broken pages. Drills with a cache prove it.",
    "After the content is changed, create an invalidation of /* and wait for it, on the same "
    "conditions.",
    cause="invalidation",
)


def look(view: View) -> Iterator[Finding]:
    """Ways of filling in the form that come to a change of content, and to no invalidation after it."""
    if view.site.has_cloudfront:
        for role in roles(view.site):
            yield from once(_of_role(view, role))


def _of_role(view: View, role: Role) -> Iterator[Finding]:
    for way in role.ways:
        visits = view.visits(role, way)
        for position, visit in enumerate(visits):
            if not view.deeds.changes_content(visit.step):
                continue
            if any(view.deeds.invalidates(after.step) for after in visits[position:]):
                continue
            names = _that_matter(view, role, way)
            said = f" with {chosen(way, names)}" if names else ""
            message = (
                f"{visit.step.name!r} changes the content{said}, and nothing after it invalidates "
                "CloudFront's caches"
            )
            yield RULE.at(visit.job.source, visit.step.head.place, message)


def _that_matter(view: View, role: Role, way: dict[str, object]) -> list[str]:
    """The inputs on which it depends that there is no invalidation."""

    def is_missing(known: dict[str, object]) -> bool:
        visits = view.visits(role, known)
        changes = [n for n, visit in enumerate(visits) if view.deeds.changes_content(visit.step)]
        return bool(changes) and not any(
            view.deeds.invalidates(visit.step) for visit in visits[changes[-1] :]
        )

    known = dict(way)
    for name in role.form:
        without = {key: value for key, value in known.items() if key != f"inputs.{name.lower()}"}
        if is_missing(without):
            known = without
    return [name for name in role.form if f"inputs.{name.lower()}" in known]


DRILL_RULE = DrillRule(RULE, look)
