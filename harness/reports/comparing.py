"""What changed between two results: the drills on the base of a change, and on its head.

    comparison = compare(load_results(base), load_results(head), slower_by=0.5)
    comparison.worse        # the changes that a reviewer must look at

Drills are matched by their id. Results and nothing else are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.reports import words
from harness.reports.grid import UNPLANNED, column_of, way_of
from harness.reports.results import DrillResult, Results
from harness.reports.text import duration

Direction = Literal["worse", "better", "changed", "slower", "faster", "new"]

#: Fewer seconds of difference than this are the machine's, not the change's.
NOISE = 10.0


@dataclass(frozen=True)
class Change:
    """One difference between the two.

    Attributes:
        direction: for better or worse; `changed` is neither.
        drill: the drill's id.
        subject: the response and the incident: `content_only`, `html-truncated`; '' where unknown.
        claim: what this change does, to be read after "this change": "makes {0} stop recovering {1}";
            {0} stands for the response, {1} for the incident.
        where: what tells the drill from others of the same response and incident.
        base: what there was, in few words.
        head: what there is now.
        causes: why the drill is not met now.
    """

    direction: Direction
    drill: str
    subject: tuple[str, str]
    claim: str
    where: str
    base: str
    head: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Every change, the worst first, and how many drills are as before."""

    changes: tuple[Change, ...]
    same: int
    notes: tuple[str, ...]

    def of(self, *directions: Direction) -> list[Change]:
        """The changes in these directions."""
        return [change for change in self.changes if change.direction in directions]

    @property
    def worse(self) -> list[Change]:
        """The changes for the worse."""
        return self.of("worse")


_ORDER: tuple[Direction, ...] = ("worse", "better", "changed", "new", "slower", "faster")


def compare(base: Results, head: Results, *, slower_by: float) -> Comparison:
    """Compare drill by drill.

    Args:
        base: before the change.
        head: with it.
        slower_by: by which share of its time a recovery must differ to be told: 0.5 is half of it;
            ten seconds at least.
    """
    before = {drill.id: drill for drill in base.drills}
    after = {drill.id: drill for drill in head.drills}
    changes: list[Change] = []
    same = 0
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        found = list(_changes(old, new, slower_by))
        changes += found
        same += not found
    changes.sort(key=lambda change: (_ORDER.index(change.direction), change.drill))
    return Comparison(tuple(changes), same, tuple(_notes(base, head)))


def _changes(
    old: DrillResult | None, new: DrillResult | None, slower_by: float
) -> Iterator[Change]:
    if new is None:
        if old is not None:
            yield _change("worse", old, None, "leaves {0} on {1} without its drill")
        return
    if old is None:
        met = new.verdict == "met"
        claim = "adds a drill of {0} on {1}" + ("" if met else ", which is not met")
        yield _change("new" if met else "worse", None, new, claim)
        return
    judged = _judged(old, new)
    if judged is not None:
        yield judged
    if old.audit.complete != new.audit.complete:
        direction: Direction = "better" if new.audit.complete else "worse"
        what = "completes" if new.audit.complete else "breaks"
        yield _change(direction, old, new, f"{what} the audit trail of {{0}} on {{1}}", audit=True)
    if judged is None:
        yield from _timed(old, new, slower_by)
    yield from _found(old, new)


def _judged(old: DrillResult, new: DrillResult) -> Change | None:
    """The verdict counts before the observation: whoever changes what is expected has said so."""
    lost = old.observed == "recovers" and new.observed == "does not recover"
    won = old.observed == "does not recover" and new.observed == "recovers"
    was, now = old.verdict == "met", new.verdict == "met"
    direction: Direction | None = None
    if was != now:
        direction = "better" if now else "worse"
    elif lost or won:
        direction = "better" if won else "worse"
    elif (old.verdict, old.expected) != (new.verdict, new.expected) or (
        not now and old.causes != new.causes
    ):
        direction = "changed"
    if direction is None:
        return None
    if lost:
        claim = "makes {0} stop recovering {1}"
    elif won:
        claim = "makes {0} recover {1}" + ", against the expectation" * (direction == "worse")
    elif direction == "worse" and new.observed is None:
        claim = "leaves open whether {0} recovers {1}"
    elif direction == "changed":
        claim = "changes the verdict, the expectation or the causes of {0} on {1}"
    else:
        done = "do" if direction == "better" else "no longer do"
        claim = f"makes {{0}} on {{1}} {done} what is expected of it"
    return _change(direction, old, new, claim)


def _timed(old: DrillResult, new: DrillResult, slower_by: float) -> Iterator[Change]:
    before, after = old.recovery_seconds, new.recovery_seconds
    if before is None or after is None:
        return
    if abs(after - before) < max(NOISE, slower_by * min(before, after)):
        return
    slower = after > before
    word = "slower" if slower else "faster"
    claim = f"makes {{0}} recover {{1}} {duration(abs(after - before))} {word}"
    yield _change("slower" if slower else "faster", old, new, claim)


def _found(old: DrillResult, new: DrillResult) -> Iterator[Change]:
    """What drills found out by the way: that the emergency path needs a download, say."""
    before, after = set(_findings(old)), set(_findings(new))
    for text in sorted(after - before):
        yield _change("changed", old, new, "has {0} on {1} find something new", found=("", text))
    for text in sorted(before - after):
        yield _change("changed", old, new, "ends a finding of {0} on {1}", found=(text, ""))


def _findings(drill: DrillResult) -> Sequence[str]:
    return drill.findings


def _change(
    direction: Direction,
    old: DrillResult | None,
    new: DrillResult | None,
    claim: str,
    *,
    audit: bool = False,
    found: tuple[str, str] | None = None,
) -> Change:
    drill = new or old
    assert drill is not None  # noqa: S101 - a change is of something
    base, head = found or (_words(old, audit=audit), _words(new, audit=audit))
    return Change(
        direction=direction,
        drill=drill.id,
        subject=_subject(drill),
        claim=claim,
        where=way_of(drill.via or "", drill.environment or ""),
        base=base,
        head=head,
        causes=() if new is None or found or new.verdict == "met" else new.causes,
    )


def _subject(drill: DrillResult) -> tuple[str, str]:
    column = column_of(drill)
    return ("", "") if column == UNPLANNED else (column, drill.incident or "")


def _words(drill: DrillResult | None, *, audit: bool) -> str:
    if drill is None:
        return "not drilled"
    if audit:
        return f"audit {words.audit(drill)}"
    return f"{words.MARKS[drill.verdict]} {words.outcome(drill)}"


def _notes(base: Results, head: Results) -> Iterator[str]:
    """What else differs, and may be why."""
    for what, one, other in (
        ("cloud", _all(base, "cloud"), _all(head, "cloud")),
        ("runner", _all(base, "runner"), _all(head, "runner")),
        *(
            (tool, _versions(base, tool), _versions(head, tool))
            for tool in sorted(_tools(base) | _tools(head))
        ),
    ):
        if one and other and one != other:
            yield f"{what}: {', '.join(sorted(one))} on base, {', '.join(sorted(other))} on head"


def _all(results: Results, field: str) -> set[str]:
    return {value for drill in results.drills if (value := getattr(drill, field))}


def _tools(results: Results) -> set[str]:
    return {tool for drill in results.drills for tool in drill.versions}


def _versions(results: Results, tool: str) -> set[str]:
    return {drill.versions[tool] for drill in results.drills if tool in drill.versions}
