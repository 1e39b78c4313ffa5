"""Can anybody tell afterwards who did what, when and why? Four places, and whether they agree.

    audit = check_audit(read_journal(path), run="1001")
    audit.complete, audit.missing        # False, ("why: not in the tag",)

An emergency operation must leave who, what, when and why in its annotated tag, in the run's log
and in the step summary; and its AWS calls must carry the run in their role session's name, which is
what CloudTrail keeps:
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html.
The truth they are compared with is the dispatch.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.checks import evidence
from harness.checks.changes import by_run, changes_something
from harness.checks.operation import EMERGENCY_TAGS, Operation, find_operation
from harness.journal import Record

FIELDS = ("who", "what", "when", "why")
PLACES = ("tag", "log", "summary", "aws")
TAG, LOG, SUMMARY, AWS = "tag", "run log", "step summary", "AWS calls"

#: The keys of sitedrill's own callers (the edge, the checks, injected drift) start like this.
_OWN_KEYS = "SITEDRILL"
#: How sites label a value, in lower case with spaces.
_WHO_LABELS = frozenset({"who", "actor", "requested by", "triggered by", "dispatched by", "by"})
_TARGET_LABELS = frozenset({"target", "target commit", "target sha", "deployed commit"})
_METHOD_LABELS = frozenset({"method", "rollback method"})
_OPERATIONS = frozenset({"hotfix", "rollback"})
_METHODS = frozenset({"last_known_good", "specific_commit", "infrastructure_only", "content_only"})


@dataclass(frozen=True)
class Audit:
    """What the trail of one operation says.

    `who`, `what`, `when`, `why` hold the value found in at least one place, None when in none;
    `missing` what is not where it must be; `findings` where places contradict each other or the
    dispatch; `places` for each field the places it was found in.
    """

    who: str | None
    what: str | None
    when: str | None
    why: str | None
    complete: bool
    missing: tuple[str, ...]
    findings: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]


def check_audit(
    records: Sequence[Record],
    run: str,
    *,
    release_record: str | None = None,
    places: Collection[str] = PLACES,
    tags: str = EMERGENCY_TAGS,
    tolerance: float = 60.0,
) -> Audit:
    """Judge the audit trail of one run.

    Args:
        records: the drill's whole journal.
        run: the run that was dispatched.
        release_record: a regular expression for the key of the record a deployment leaves in S3;
            given, a run that changes something must have put one.
        places: where the trail must be; a site need not have all of them.
        tags: a glob of the tags that an operation pushes.
        tolerance: seconds that a clock in the run may be off.
    """
    operation = find_operation(records, run, tags=tags)
    if operation is None:
        missing = (f"dispatch: the journal has none for run {run}",)
        return Audit(None, None, None, None, False, missing, (), dict.fromkeys(FIELDS, ()))
    trail = _Trail(operation, timedelta(seconds=tolerance))
    if "tag" in places:
        trail.look_in_tag()
    if "log" in places:
        trail.look_in(LOG, _log(records, run), "none was kept")
    if "summary" in places:
        trail.look_in(SUMMARY, _summary(records, run), "none was written")
    if "aws" in places:
        trail.look_in_aws_calls(records, release_record)
    return trail.audit()


class _Trail:
    """What was found so far."""

    def __init__(self, operation: Operation, tolerance: timedelta) -> None:
        self._operation = operation
        self._tolerance = tolerance
        self._missing: list[str] = []
        self._findings: list[str] = []
        self._places: dict[str, list[str]] = {field: [] for field in FIELDS}
        self._when: datetime | None = None

    def look_in_tag(self) -> None:
        tags = self._operation.tags
        if not tags:
            self._missing.append("tag: none was pushed")
            return
        if len(tags) > 1:
            names = ", ".join(tag.name for tag in tags)
            self._findings.append(f"tag: {len(tags)} were pushed: {names}")
        tag = tags[0]
        kind = next((word for word in _OPERATIONS if f"-{word}." in tag.name), "")
        if kind and kind != self._operation.operation:
            self._findings.append(
                f"tag: {tag.name} names a {kind}, dispatched was a {self._operation.operation}"
            )
        if self._operation.target and not evidence.same_commit(tag.commit, self._operation.target):
            self._findings.append(
                f"tag: {tag.name} is on {tag.commit}, the target was {self._operation.target}"
            )
        if tag.annotated:
            self.look_in(TAG, tag.message, "its message is empty", is_tag=True)
        else:
            self._missing.append(f"tag: {tag.name} is not annotated, it carries no message")

    def look_in(self, place: str, text: str, absent: str, *, is_tag: bool = False) -> None:
        """Look for all four fields in a text; the reason's own words count for nothing else."""
        if not text.strip():
            self._missing.append(f"{place}: {absent}")
            return
        operation = self._operation
        if operation.reason and evidence.has_reason(text, operation.reason):
            self._found("why", place)
        else:
            self._missing.append(f"why: not in the {place}")
        rest = evidence.without_reason(text, operation.reason)
        if evidence.names_handle(rest, operation.actor):
            self._found("who", place)
        else:
            self._missing.append(f"who: not in the {place}")
        self._look_for_what(place, rest, is_tag=is_tag)
        self._look_for_when(place, rest)
        self._contradictions(place, rest)

    def look_in_aws_calls(self, records: Sequence[Record], release_record: str | None) -> None:
        operation = self._operation
        is_run = by_run(operation.run)
        others = [by_run(run) for run in operation.other_runs]
        changes = [
            record
            for record in records
            if changes_something(record)
            and operation.since <= record.t <= operation.until
            and not str(record.data.get("access_key", "")).startswith(_OWN_KEYS)
            and not any(other(str(record.data.get("caller", ""))) for other in others)
        ]
        if not changes:
            return
        strangers = [r for r in changes if not is_run(str(r.data.get("caller", "")))]
        if strangers:
            callers = ", ".join(sorted({str(r.data.get("caller", "")) for r in strangers}))
            share = f"{len(strangers)} of {len(changes)} changes are by {callers}"
            self._missing.append(f"who: not in the {AWS} ({share})")
        else:
            self._found("who", AWS)
        if all(record.at for record in changes):
            self._found("when", AWS)
        else:
            self._missing.append(f"when: not in the {AWS}")
        if release_record and not any(
            record.data.get("operation") == "PutObject"
            and re.search(release_record, str(record.data.get("params", {}).get("Key", "")))
            for record in changes
        ):
            self._missing.append(f"what: no release record in the {AWS}")

    def audit(self) -> Audit:
        """The result: a value counts as known when at least one place has it."""
        operation = self._operation
        when = self._when.isoformat().replace("+00:00", "Z") if self._when else None
        if when is None and self._places["when"]:
            when = operation.dispatched_at
        return Audit(
            who=operation.actor if self._places["who"] else None,
            what=operation.summary if self._places["what"] else None,
            when=when,
            why=operation.reason if self._places["why"] else None,
            complete=not self._missing and not self._findings,
            missing=tuple(self._missing),
            findings=tuple(dict.fromkeys(self._findings)),
            places={field: tuple(places) for field, places in self._places.items()},
        )

    def _found(self, field: str, place: str) -> None:
        self._places[field].append(place)

    def _look_for_what(self, place: str, text: str, *, is_tag: bool) -> None:
        operation = self._operation
        # v0.0.0-rollback.2026... says "rollback" to nobody who does not know the naming.
        words = evidence.EMERGENCY_TAG.sub(" ", text)
        for tag in operation.tags:
            words = words.replace(tag.name, " ")
        truths = {"operation": operation.operation, "environment": operation.environment}
        if operation.method:
            truths["method"] = operation.method
        parts = {
            part: any(
                evidence.says(words, name) for name in (truth, operation.theirs.get(part, truth))
            )
            for part, truth in truths.items()
            if operation.asks_for(part)
        }
        if target := operation.target_or_tagged:
            named = operation.theirs.get("target", "")
            parts["target commit"] = evidence.has_commit(text, target) or (
                bool(named) and evidence.says(text, named)
            )
        if operation.tags and not is_tag:
            parts["tag"] = any(tag.name in text for tag in operation.tags)
        absent = [part for part, there in parts.items() if not there]
        if absent:
            self._missing.append(f"what ({', '.join(absent)}): not in the {place}")
        else:
            self._found("what", place)

    def _look_for_when(self, place: str, text: str) -> None:
        operation = self._operation
        times = evidence.times(text)
        during = [t for t in times if evidence.within(t, *operation.span, self._tolerance)]
        if during:
            self._when = self._when or during[0]
            self._found("when", place)
            return
        self._missing.append(f"when: not in the {place}")
        if times:
            since, until = (moment.isoformat() for moment in operation.span)
            said = times[0].isoformat()
            self._findings.append(f"{place}: says {said}, the run went from {since} to {until}")

    def _contradictions(self, place: str, text: str) -> None:
        operation = self._operation
        for value in evidence.labelled(text, _WHO_LABELS):
            if not evidence.names_handle(value, operation.actor):
                self._findings.append(
                    f"{place}: names {value} as the actor, dispatched by {operation.actor}"
                )
        target = operation.target_or_tagged
        for value in evidence.labelled(text, _TARGET_LABELS):
            named = evidence.commits(value)
            if target and named and not any(evidence.same_commit(c, target) for c in named):
                truth = "the target was" if operation.target else "the tag is on"
                self._findings.append(f"{place}: says the target is {named[0]}, {truth} {target}")
        for labels, truth, words in (
            (frozenset({"operation"}), operation.operation, _OPERATIONS),
            (_METHOD_LABELS, operation.method or "", _METHODS),
            (frozenset({"environment"}), operation.environment, operation.environments),
        ):
            for value in evidence.labelled(text, labels):
                said = [word for word in sorted(words) if word and evidence.says(value, word)]
                if said and truth not in said and not self._is_theirs(value):
                    self._findings.append(
                        f"{place}: says {said[0]}, dispatched was {truth or 'none'}"
                    )

    def _is_theirs(self, value: str) -> bool:
        """Whether a value is the site's own word for what was dispatched."""
        return any(evidence.says(value, word) for word in self._operation.theirs.values() if word)


def _log(records: Sequence[Record], run: str) -> str:
    """The run's output, step by step; lines of jobs that ran at once are not mixed."""
    steps: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.kind == "step.output" and str(record.data.get("run")) == run:
            step = (str(record.data.get("job")), str(record.data.get("step")))
            steps.setdefault(step, []).append(str(record.data.get("line", "")))
    return "\n".join(line for lines in steps.values() for line in lines)


def _summary(records: Sequence[Record], run: str) -> str:
    return "\n".join(
        str(record.data.get("markdown", ""))
        for record in records
        if record.kind == "step.summary" and str(record.data.get("run")) == run
    )
