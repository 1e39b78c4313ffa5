"""What each place says of an operation, item by item, and what of it contradicts what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from harness.audit.record import Item
from harness.checks import evidence
from harness.checks.operation import METHODS, OPERATIONS, Operation

#: How sites label a value, in lower case with spaces.
WHO_LABELS = frozenset({"who", "actor", "requested by", "triggered by", "dispatched by", "by"})
TARGET_LABELS = frozenset({"target", "target commit", "target sha", "deployed commit"})
METHOD_LABELS = frozenset({"method", "rollback method"})

#: How contradictions speak of an item.
_WORDS: Mapping[Item, tuple[str, str]] = {
    "requested_by": ("the actor is", "dispatched by"),
    "operation": ("the operation is", "dispatched was"),
    "method": ("the method is", "dispatched was"),
    "environment": ("the environment is", "dispatched was"),
    "target_commit": ("the target is", "the tag is on"),
    "tag": ("the tag is", "pushed was"),
    "layers": ("the layers are", "the operation is about"),
    "why": ("the reason is", "dispatched was"),
    "run": ("the run is", "it was"),
    "attempt": ("the attempt is", "it was"),
    "approved_by": ("it was approved by", "reviews have"),
}
#: What is so where nothing is known.
_NONE: Mapping[Item, str] = {"approved_by": "nobody"}


def truth_of(operation: Operation) -> dict[Item, str]:
    """What happened, item by item, as far as it is known from outside the run's own words."""
    known: dict[Item, str] = {
        "requested_by": operation.actor,
        "approved_by": ", ".join(operation.approved_by),
        "operation": operation.operation,
        "method": operation.method or "",
        "environment": operation.environment,
        "target_commit": operation.target_or_tagged,
        "tag": operation.tags[0].name if operation.tags else "",
        "layers": ", ".join(operation.layers),
        "why": operation.reason,
        "run": operation.run,
        "attempt": str(operation.attempt),
    }
    return {item: value for item, value in known.items() if value}


def said_in_text(text: str, operation: Operation) -> dict[Item, str]:
    """What a tag's message, a log or a summary says; a value it labels counts before one it holds."""
    found: dict[Item, str] = {}
    if operation.reason and evidence.has_reason(text, operation.reason):
        found["why"] = operation.reason
    rest = evidence.without_reason(text, operation.reason)
    looked_for: tuple[tuple[Item, frozenset[str], str], ...] = (
        ("requested_by", WHO_LABELS, operation.actor),
        ("method", METHOD_LABELS, operation.method or ""),
        ("environment", frozenset({"environment"}), operation.environment),
        ("operation", frozenset({"operation"}), operation.operation),
    )
    for item, labels, truth in looked_for:
        value = _word(rest, item, labels, truth, operation)
        if value:
            found[item] = value
    target = _target(rest, operation)
    if target:
        found["target_commit"] = target
    named = [tag.name for tag in operation.tags if tag.name in text]
    if named:
        found["tag"] = named[0]
    moments = evidence.times(rest)
    if moments:
        found["requested"] = moment(moments[0])
    if evidence.says(rest, operation.run):
        found["run"] = operation.run
    return found


def contradictions(
    place: str, values: Mapping[Item, str], truth: Mapping[Item, str], operation: Operation
) -> list[str]:
    """A line for each value that is another than what happened, where that is known."""
    lines = []
    for item, (says, but) in _WORDS.items():
        # Nobody approved of it, unless somebody did; of the rest, what is not known may be anything.
        value, real = values.get(item), truth.get(item, _NONE.get(item))
        if value is None or real is None or _same(item, value, real, operation):
            continue
        lines.append(f"{place}: says {says} {value}, {but} {real}")
    return lines


def moment(at: datetime) -> str:
    """A time as records have it."""
    return at.isoformat().replace("+00:00", "Z")


def in_time(value: str, operation: Operation, tolerance: timedelta) -> bool:
    """Whether a time lies within the operation's run, give or take."""
    return evidence.within(datetime.fromisoformat(value), *operation.span, tolerance)


def _word(
    text: str, item: Item, labels: frozenset[str], truth: str, operation: Operation
) -> str | None:
    known = {"method": METHODS, "operation": OPERATIONS, "environment": operation.environments}
    theirs = operation.theirs.get(item, truth)
    for value in evidence.labelled(text, labels):
        if item == "requested_by":
            return truth if evidence.names_handle(value, truth) else value
        if truth and (evidence.says(value, truth) or evidence.says(value, theirs)):
            return truth
        others = [word for word in sorted(known[item]) if word and evidence.says(value, word)]
        if others:
            return others[0]
    if item == "requested_by":
        return truth if evidence.names_handle(text, truth) else None
    words = evidence.EMERGENCY_TAG.sub(" ", text)
    for tag in operation.tags:
        words = words.replace(tag.name, " ")
    there = truth and (evidence.says(words, truth) or evidence.says(words, theirs))
    return truth if there else None


def _target(text: str, operation: Operation) -> str:
    truth = operation.target_or_tagged
    for value in evidence.labelled(text, TARGET_LABELS):
        named = evidence.commits(value)
        if named:
            same = truth and any(evidence.same_commit(commit, truth) for commit in named)
            return truth if same else named[0]
    return truth if truth and evidence.has_commit(text, truth) else ""


def _same(item: Item, value: str, real: str, operation: Operation) -> bool:
    if item == "target_commit":
        return evidence.same_commit(value, real)
    if item == "why":
        return value.split() == real.split()
    if item in {"layers", "approved_by"}:
        return set(value.lower().split(", ")) <= set(real.lower().split(", "))
    return value.lower() in {real.lower(), operation.theirs.get(item, real).lower()}
