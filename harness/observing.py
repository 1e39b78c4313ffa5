"""What came of a response: looked at through the edge, in AWS and in the journal."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.layers import LayerState
from harness.course import Course, there
from harness.dispatcher import Ran
from harness.evidence import Evidence, Responded
from harness.journal import read_journal
from harness.others import Others
from harness.scene import Scene


@dataclass(frozen=True)
class Dispatched:
    """What AWS held before a response, when it was dispatched (in journal seconds), what came of it."""

    before: LayerState
    at: float
    ran: Ran | None
    rejected: str


def observe(
    scene: Scene,
    course: Course,
    dispatched: Dispatched,
    others: Others,
    *,
    drill: str,
    must_be_refused: bool,
    must_say: str,
) -> Evidence:
    """Look at everything that a verdict is made of.

    Args:
        scene: where.
        course: what is known of the drill.
        dispatched: the response.
        others: who did something besides.
        drill: the drill's id.
        must_be_refused: nothing may have come of the response.
        must_say: what a refusal must say.
    """
    target = there(course.response, "a response").target
    findings = scene.look(target, live=course.live, incident=course.incident)
    return Evidence.gather(
        journal=course.journal,
        clients=scene.world.clients("checks"),
        layers=scene.layers(target, before=dispatched.before),
        responded=Responded(
            ran=dispatched.ran,
            rejected=dispatched.rejected,
            injected_at=course.injected_at,
            dispatched_at=dispatched.at,
            must_be_refused=must_be_refused,
            must_say=must_say,
            besides=others.broken_promises(read_journal(course.journal.path)),
        ),
        findings=findings,
        audit=scene.world.settings.audit,
        drill=drill,
    )
