"""SD011: an emergency that begins by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.verify.finding import Finding
from harness.verify.jobs import triggers
from harness.verify.look import DrillRule, View
from harness.verify.rule import Rule

RULE = Rule(
    "SD011",
    "an emergency that is not started by hand",
    "An emergency operation is somebody's decision, with a reason: a push, a schedule or another "
    "workflow gives none, and fills in no form.",
    "Let workflow_dispatch be the only event.",
    cause="trigger",
)


def look(view: View) -> Iterator[Finding]:
    """Events of the emergency workflow besides `workflow_dispatch`."""
    emergency = view.site.emergency
    for event, spot in triggers(emergency.source) if emergency else ():
        if event != "workflow_dispatch":
            place = replace(spot.place, end_line=spot.place.line)
            yield RULE.at(spot.source, place, f"{event} starts the emergency workflow as well")


DRILL_RULE = DrillRule(RULE, look)
