"""SD002: what somebody typed in becomes part of a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.verify.expressions import flows, inside
from harness.verify.finding import Finding
from harness.verify.jobs import Step, form_of, jobs_of
from harness.verify.look import DrillRule, View
from harness.verify.rule import Rule
from harness.verify.source import Source, Spot

RULE = Rule(
    "SD002",
    "an input interpolated into a script",
    "The expression is replaced before the shell reads the script: a quote in the reason ends the "
    "command, and $() in it is run, with the rights of the emergency.",
    "Give the step the value as an environment variable (env: NAME: ${{ ... }}), and write "
    '"$NAME" in the script.',
    cause="interpolation",
)
_EVENTS = ("workflow_dispatch", "workflow_call")


def look(view: View) -> Iterator[Finding]:
    """Free text from the form in `run` and in `actions/github-script`, of every workflow."""
    for source in view.site.sources:
        typed = {
            f"{prefix}{name.lower()}": name
            for event in _EVENTS
            for name, one in form_of(source, event).items()
            if one.is_free_text and one.type != "number"
            for prefix in ("inputs.", "github.event.inputs.")
        }
        for job in jobs_of(source):
            for step in job.steps:
                yield from _of_step(source, step, typed)


def _of_step(source: Source, step: Step, typed: Mapping[str, str]) -> Iterator[Finding]:
    names = {**typed, **_held(source, step, typed)}
    for script in (step.run, _script(step)):
        if script.node is None:
            continue
        begin = script.node.start_mark.index
        for at, node in inside(script.raw):
            found = next((names[ref] for ref in flows(node) if ref in names), None)
            if found is not None:
                where = source.place_at(begin + at)
                yield RULE.at(source, where, f"the input {found} becomes part of a script here")


def _held(source: Source, step: Step, typed: Mapping[str, str]) -> dict[str, str]:
    """`env.NAME` is the same text again, and as dangerous in an expression."""
    held = {}
    for place in (source.root, step.job.spot, step.spot):
        for key, spot in place.get("env").items():
            for _, node in inside(spot.text):
                for ref in flows(node):
                    if ref in typed:
                        held[f"env.{key.lower()}"] = typed[ref]
    return held


def _script(step: Step) -> Spot:
    return step.spot.get("with", "script")


DRILL_RULE = DrillRule(RULE, look)
