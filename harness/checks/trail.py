"""The trail of one operation as it is followed from place to place: what was found, what was not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from harness.audit.record import Item
from harness.checks import evidence
from harness.checks.attribution import is_own
from harness.checks.changes import by_run, changes_something
from harness.checks.operation import METHODS, OPERATIONS, Operation
from harness.checks.said import METHOD_LABELS, TARGET_LABELS, WHO_LABELS, contradictions, in_time
from harness.checks.uploaded import Uploaded, values_of
from harness.journal import Record

FIELDS = ("who", "what", "when", "why")
TAG, LOG, SUMMARY, AWS = "tag", "run log", "step summary", "AWS calls"
ARTIFACT, STORED = "artifact", "release record"

#: What of an operation each question asks for, where it is known.
_ASKED: Mapping[str, tuple[Item, ...]] = {
    "who": ("requested_by", "approved_by"),
    "what": ("operation", "method", "environment", "target_commit", "tag"),
    "why": ("why",),
}
#: What a record in S3 may contradict; of a deployment by another run, only the commit.
_OF_OWN_RECORDS: tuple[Item, ...] = ("target_commit", "tag", "run", "attempt", "requested_by")


class Trail:
    """What was found so far."""

    def __init__(self, operation: Operation, tolerance: timedelta) -> None:
        """Nothing was looked at yet; `tolerance` is what a clock in the run may be off.

        `missing` and `findings` hold lines, `places` for each question where it was answered, `when` the
        first time that was found.
        """
        self._operation = operation
        self._tolerance = tolerance
        self.missing: list[str] = []
        self.findings: list[str] = []
        self.places: dict[str, list[str]] = {field: [] for field in FIELDS}
        self.when: datetime | None = None

    def look_in_tag(self) -> None:
        """Was one pushed, is it the right kind on the right commit, and does its message tell all?"""
        tags = self._operation.tags
        if not tags:
            self.missing.append("tag: none was pushed")
            return
        if len(tags) > 1:
            names = ", ".join(tag.name for tag in tags)
            self.findings.append(f"tag: {len(tags)} were pushed: {names}")
        tag = tags[0]
        kind = next((word for word in OPERATIONS if f"-{word}." in tag.name), "")
        if kind and kind != self._operation.operation:
            self.findings.append(
                f"tag: {tag.name} names a {kind}, dispatched was a {self._operation.operation}"
            )
        if self._operation.target and not evidence.same_commit(tag.commit, self._operation.target):
            self.findings.append(
                f"tag: {tag.name} is on {tag.commit}, the target was {self._operation.target}"
            )
        if tag.annotated:
            self.look_in(TAG, tag.message, "its message is empty", is_tag=True)
        else:
            self.missing.append(f"tag: {tag.name} is not annotated, it carries no message")

    def look_in(self, place: str, text: str, absent: str, *, is_tag: bool = False) -> None:
        """Look for all four fields in a text; the reason's own words count for nothing else."""
        if not text.strip():
            self.missing.append(f"{place}: {absent}")
            return
        operation = self._operation
        if operation.reason and evidence.has_reason(text, operation.reason):
            self._found("why", place)
        else:
            self.missing.append(f"why: not in the {place}")
        rest = evidence.without_reason(text, operation.reason)
        if evidence.names_handle(rest, operation.actor):
            self._found("who", place)
        else:
            self.missing.append(f"who: not in the {place}")
        self._look_for_what(place, rest, is_tag=is_tag)
        self._look_for_when(place, rest)
        self._contradictions(place, rest)

    def look_in_aws_calls(self, records: Sequence[Record], release_record: str | None) -> None:
        """Do the changes made while the run went on carry its id, and is a release record among them?"""
        operation = self._operation
        is_run = by_run(operation.run)
        others = [by_run(run) for run in operation.other_runs]
        changes = [
            record
            for record in records
            if changes_something(record)
            and operation.since <= record.t <= operation.until
            and not is_own(record)
            and not any(other(str(record.data.get("caller", ""))) for other in others)
        ]
        if not changes:
            return
        strangers = [r for r in changes if not is_run(str(r.data.get("caller", "")))]
        if strangers:
            callers = ", ".join(sorted({str(r.data.get("caller", "")) for r in strangers}))
            share = f"{len(strangers)} of {len(changes)} changes are by {callers}"
            self.missing.append(f"who: not in the {AWS} ({share})")
        else:
            self._found("who", AWS)
        if all(record.at for record in changes):
            self._found("when", AWS)
        else:
            self.missing.append(f"when: not in the {AWS}")
        if release_record and not any(
            record.data.get("operation") == "PutObject"
            and re.search(release_record, str(record.data.get("params", {}).get("Key", "")))
            for record in changes
        ):
            self.missing.append(f"what: no release record in the {AWS}")

    def look_in_artifact(
        self, uploaded: Uploaded, truth: Mapping[Item, str], *, required: bool
    ) -> None:
        """Look for all four fields in the record that the run uploaded; is it `required`?"""
        if uploaded.record is None:
            if required:
                self.missing.append(f"{ARTIFACT}: {uploaded.trouble}")
            return
        values = values_of(uploaded.record)
        self.findings.extend(contradictions(ARTIFACT, values, truth, self._operation))
        for field, items in _ASKED.items():
            absent = [item for item in items if item in truth and item not in values]
            if not absent:
                self._found(field, ARTIFACT)
            elif required:
                names = ", ".join(item.replace("_", " ") for item in absent)
                what = f"{field} ({names})" if len(items) > 1 else field
                self.missing.append(f"{what}: not in the {ARTIFACT}")
        requested = values.get("requested")
        if requested is not None and in_time(requested, self._operation, self._tolerance):
            self._found("when", ARTIFACT)
        elif requested is not None:
            since, until = (moment.isoformat() for moment in self._operation.span)
            said = f"{ARTIFACT}: says {requested}"
            self.findings.append(f"{said}, the run went from {since} to {until}")
        elif required:
            self.missing.append(f"when: not in the {ARTIFACT}")

    def look_in_release_records(
        self,
        own: Iterable[Mapping[Item, str]],
        others: Iterable[Mapping[Item, str]],
        truth: Mapping[Item, str],
    ) -> None:
        """Compare what lies in S3 with the tag: of the run itself, and of those that it started."""
        for values, items in (
            *((one, _OF_OWN_RECORDS) for one in own),
            *((one, ("target_commit",)) for one in others),
        ):
            known = {item: values[item] for item in items if item in values}
            self.findings.extend(contradictions(STORED, known, truth, self._operation))
            if "target_commit" in known and STORED not in self.places["what"]:
                self._found("what", STORED)

    def _found(self, field: str, place: str) -> None:
        self.places[field].append(place)

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
            self.missing.append(f"what ({', '.join(absent)}): not in the {place}")
        else:
            self._found("what", place)

    def _look_for_when(self, place: str, text: str) -> None:
        operation = self._operation
        times = evidence.times(text)
        during = [t for t in times if evidence.within(t, *operation.span, self._tolerance)]
        if during:
            self.when = self.when or during[0]
            self._found("when", place)
            return
        self.missing.append(f"when: not in the {place}")
        if times:
            since, until = (moment.isoformat() for moment in operation.span)
            said = times[0].isoformat()
            self.findings.append(f"{place}: says {said}, the run went from {since} to {until}")

    def _contradictions(self, place: str, text: str) -> None:
        operation = self._operation
        for value in evidence.labelled(text, WHO_LABELS):
            if not evidence.names_handle(value, operation.actor):
                self.findings.append(
                    f"{place}: names {value} as the actor, dispatched by {operation.actor}"
                )
        target = operation.target_or_tagged
        for value in evidence.labelled(text, TARGET_LABELS):
            named = evidence.commits(value)
            if target and named and not any(evidence.same_commit(c, target) for c in named):
                truth = "the target was" if operation.target else "the tag is on"
                self.findings.append(f"{place}: says the target is {named[0]}, {truth} {target}")
        for labels, truth, words in (
            (frozenset({"operation"}), operation.operation, OPERATIONS),
            (METHOD_LABELS, operation.method or "", METHODS),
            (frozenset({"environment"}), operation.environment, operation.environments),
        ):
            for value in evidence.labelled(text, labels):
                said = [word for word in sorted(words) if word and evidence.says(value, word)]
                if said and truth not in said and not self._is_theirs(value):
                    self.findings.append(
                        f"{place}: says {said[0]}, dispatched was {truth or 'none'}"
                    )

    def _is_theirs(self, value: str) -> bool:
        """Whether a value is the site's own word for what was dispatched."""
        return any(evidence.says(value, word) for word in self._operation.theirs.values() if word)
