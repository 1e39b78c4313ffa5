"""SD006: an emergency that a deployment can run beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.verify.expressions import rendered
from harness.verify.finding import Finding
from harness.verify.jobs import Job, jobs_of
from harness.verify.look import DrillRule, View
from harness.verify.rule import Rule
from harness.verify.site import Role
from harness.verify.source import Source, Spot

RULE = Rule(
    "SD006",
    "no concurrency group shared with the deployment",
    "A deployment that is under way goes on beside the emergency and puts back what the emergency has "
    "just taken away; two emergencies undo each other.",
    "Give both workflows the same concurrency group, such as deploy-${{ inputs.environment }}, with "
    "cancel-in-progress: false.",
    cause="concurrency",
)
#: Each run has its own: a group with it in its name holds one run.
_OWN = re.compile(r"github\.(?:run_id|run_number|run_attempt)")
_UNKNOWN = "\0"


def look(view: View) -> Iterator[Finding]:
    """An emergency that changes the site without a group, or in another than the deployment's."""
    emergency, deploy = view.site.emergency, view.site.deploy
    if emergency is None or not any(
        view.deeds.changes_site(visit.step) for visit in view.visits(emergency)
    ):
        return
    mine = _groups(view, emergency)
    if not mine:
        place = emergency.source.root.get("jobs").place
        place = type(place)(place.line, place.column, place.line)
        message = (
            "the emergency has no concurrency group: another run can change the site meanwhile"
        )
        yield RULE.at(emergency.source, place, message)
    elif deploy is not None and deploy.source is not emergency.source:
        theirs = _groups(view, deploy)
        if not any(
            _may_be_one(view, one, emergency, other, deploy) for one in mine for other in theirs
        ):
            said = ", ".join(spot.text for spot in theirs) or "none"
            message = (
                f"the group {mine[0].text} is never the one of the deployment in "
                f"{deploy.source.path} ({said})"
            )
            yield RULE.at(mine[0].source, mine[0].place, message)


def _groups(view: View, role: Role) -> list[Spot]:
    """The groups of a workflow, of its jobs, and of those that they call."""
    found = [_group(role.source.root)]
    jobs = jobs_of(role.source)
    for job in jobs:
        found += _of_job(view, job, role.source)
    return [spot for spot in found if spot]


def _of_job(view: View, job: Job, above: Source) -> Iterator[Spot]:
    yield _group(job.spot)
    called = view.site.source(job.calls) if job.calls else None
    if called is not None and called is not above:
        yield _group(called.root)
        for inner in jobs_of(called):
            yield _group(inner.spot)


def _group(spot: Spot) -> Spot:
    found = spot.get("concurrency")
    return found if found.is_text else found.get("group")


def _may_be_one(view: View, one: Spot, emergency: Role, other: Spot, deploy: Role) -> bool:
    """Whether there is an environment for which both have the same name."""
    if _OWN.search(one.text) or _OWN.search(other.text):
        return False
    field = emergency.input("environment")
    for environment in (field.choices if field else None) or [None]:
        names = [
            _named(spot, role, environment) for spot, role in ((one, emergency), (other, deploy))
        ]
        if _alike(*names):
            return True
    return False


def _named(spot: Spot, role: Role, environment: str | None) -> str:
    known: dict[str, Any] = {"github.workflow": role.source.root.get("name").text}
    field = role.input("environment")
    if field is not None and environment is not None:
        known[f"inputs.{field.name.lower()}"] = environment
    return str(rendered(spot.text, _with_environment(role, known), _UNKNOWN)).casefold()


def _with_environment(role: Role, known: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(known)
    for name, spot in role.source.root.get("env").items():
        found[f"env.{name.lower()}"] = rendered(spot.text, known, _UNKNOWN)
    return found


def _alike(one: str, other: str) -> bool:
    """Whether both can be the same, whatever stands where it is not known."""
    if _UNKNOWN not in one + other:
        return one == other
    if _UNKNOWN in one and _UNKNOWN in other:
        first, second = one.partition(_UNKNOWN)[0], other.partition(_UNKNOWN)[0]
        return one == other or bool(
            first and second and (first.startswith(second) or second.startswith(first))
        )
    known, unknown = (other, one) if _UNKNOWN in one else (one, other)
    pattern = ".*".join(re.escape(part) for part in unknown.split(_UNKNOWN))
    return re.fullmatch(pattern, known) is not None


DRILL_RULE = DrillRule(RULE, look)
