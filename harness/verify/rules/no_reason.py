"""SD003: an emergency that nobody has to give a reason for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.verify.finding import Finding
from harness.verify.jobs import Job, jobs_of
from harness.verify.look import DrillRule, View
from harness.verify.rule import Rule
from harness.verify.site import Role
from harness.verify.source import Spot
from harness.verify.values import takes
from harness.verify.walking import Visit

RULE = Rule(
    "SD003",
    "an emergency without a reason check",
    "GitHub takes one blank for a required input. The reason is all that tells the next reader, and "
    "the audit, why production was changed outside the pipeline.",
    "Before anything is changed, let a step fail unless the reason has at least 10 characters, "
    "blanks around it not counted.",
)
_MEASURES = re.compile(
    r"\$\{#|\bwc\s+-[mc]|\.length\b|\blen\(|=~|\bexpr\s+length|\bstrlen|\.(?:test|match)\(|"
    r"grep\b[^\n]*\{\d+"
)
_FAILS = re.compile(
    r"\bexit\s+[\"']?[1-9$]|\bthrow\b|setFailed|process\.exit|\breturn 1\b|\bfalse\b|sys\.exit|\braise\b"
)


def look(view: View) -> Iterator[Finding]:
    """An emergency without such an input, without such a step, or with one that comes too late."""
    role = view.site.emergency
    if role is None:
        return
    reason = role.input("reason")
    if reason is None:
        place = _form(role).place
        yield RULE.at(role.source, place, "the emergency workflow does not ask for a reason")
        return
    visits = view.visits(role)
    checks = [visit for visit in visits if _checks(view, visit, reason.name)]
    if not checks:
        message = f"no step refuses a {reason.name} that is too short"
        yield RULE.at(role.source, reason.spot.place, message)
        return
    for position, visit in enumerate(visits):
        if view.deeds.acts(visit.step) and not any(
            _comes_before(role, check, visits.index(check), visit, position) for check in checks
        ):
            message = f"{visit.step.name!r} changes something before the reason is checked"
            yield RULE.at(visit.job.source, visit.step.head.place, message)
            return


def _checks(view: View, visit: Visit, name: str) -> bool:
    text = view.deeds.text(visit.step)
    return takes(visit, name, text) and bool(_MEASURES.search(text) and _FAILS.search(text))


def _comes_before(role: Role, check: Visit, at: int, act: Visit, position: int) -> bool:
    """Whether the check has passed when the step begins: in its job, or in one that it waits for."""
    if check.outer is act.outer or check.outer.name == act.outer.name:
        return at <= position
    return check.outer.name in _waits_for(role, act.outer)


def _waits_for(role: Role, job: Job) -> set[str]:
    jobs = {one.name: one for one in jobs_of(role.source)}
    found: set[str] = set()
    left = list(job.needs)
    while left:
        name = left.pop()
        if name in jobs and name not in found:
            found.add(name)
            left += jobs[name].needs
    return found


def _form(role: Role) -> Spot:
    on = role.source.root.get("on")
    return on.get("workflow_dispatch") or on


DRILL_RULE = DrillRule(RULE, look)
