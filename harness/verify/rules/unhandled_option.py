"""SD001: an option of a choice input that no step does anything with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.verify.finding import Finding
from harness.verify.jobs import Input
from harness.verify.look import DrillRule, View
from harness.verify.rule import Rule
from harness.verify.site import Role
from harness.verify.values import handed_on, names_at, refers, takes

RULE = Rule(
    "SD001",
    "an option that no step handles",
    "Somebody picks it at night: the run is green, and nothing has happened.",
    "Give a step a condition that is true for the option, or remove the option.",
)
#: Lines that only say something.
_SAYS = re.compile(r"(?m)^\s*\{?\s*(?:echo|printf)\b.*$")
#: What is done whatever none of the cases fits.
_ELSE = re.compile(r"^\s*\*\)|;;\s*\*\)|\belse\b|\bdefault\s*:|\|\|", re.M)


def look(view: View) -> Iterator[Finding]:
    """Options that lead to no step and no branch of their own, and that nothing takes as they are."""
    emergency = view.site.emergency
    for one in emergency.form.values() if emergency else ():
        if emergency and one.type == "choice" and one.choices:
            yield from _of_input(view, emergency, one)


def _of_input(view: View, role: Role, one: Input) -> Iterator[Finding]:
    event = {"github.event_name": "workflow_dispatch"}
    steps = {
        option: {
            id(visit.step.spot.node)
            for visit in view.visits(role, {**event, f"inputs.{one.name.lower()}": option})
        }
        for option in one.choices
    }
    everywhere = set.intersection(*steps.values())
    uses = list(_uses(view, role, one))
    for option, spot in one.choices.items():
        if not steps[option] - everywhere and not _handled(option, one, uses):
            message = f"no step does anything of its own when {one.name} is {option!r}"
            yield RULE.at(role.source, spot.place, message)


def _handled(option: str, one: Input, uses: list[str]) -> bool:
    """Whether something asks for the option, or takes whatever is chosen."""
    others = [other for other in one.choices if other != option]
    return any(
        _mentions(text, option)
        or not any(_mentions(text, other) for other in others)
        or _ELSE.search(text)
        for text in uses
    )


def _mentions(text: str, option: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


def _uses(view: View, role: Role, one: Input) -> Iterator[str]:
    """What gets the value: scripts without what they only say, and values handed on to others."""
    for visit in view.visits(role):
        text = _SAYS.sub("", view.deeds.text(visit.step))
        if takes(visit, one.name, text):
            yield text
        names = names_at(visit, one.name)
        yield from (spot.text for spot in handed_on(visit) if refers(spot.text, names))
        outer = {f"inputs.{one.name.lower()}"}
        for call in visit.calls[:1]:
            given = call.spot.get("with").values()
            yield from (s.text for s in given if refers(s.text, outer) and "||" in s.text)


DRILL_RULE = DrillRule(RULE, look)
