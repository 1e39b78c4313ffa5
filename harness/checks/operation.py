"""What was dispatched, and the tags it pushed: the truth an audit trail is compared with."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.checks import evidence
from harness.journal import Record

#: What emergency tags look like where the site does not say; never releases.
EMERGENCY_TAGS = "v0.0.0-*"
OPERATIONS = frozenset({"hotfix", "rollback"})
METHODS = frozenset({"last_known_good", "specific_commit", "infrastructure_only", "content_only"})


@dataclass(frozen=True)
class PushedTag:
    """A tag that a run pushed; `message` means nothing unless it is annotated."""

    name: str
    commit: str
    annotated: bool
    message: str


@dataclass(frozen=True)
class Operation:
    """One dispatched emergency operation.

    Attributes:
        run: the run's id.
        actor: who dispatched.
        reason: why, trimmed.
        operation: `hotfix` or `rollback`.
        method: a rollback's method, None for a hotfix.
        environment: `staging` or `prod`.
        environments: every environment the journal speaks of.
        theirs: what operation, method and environment are called in the site's own form; only those
            that it asks for. Empty when the journal does not say.
        target: the full SHA that must be tagged, "" when only the run itself can find it out.
        tags: the emergency tags the run pushed.
        since: when it was dispatched, in journal seconds.
        until: when its run finished, in journal seconds; the journal's end if it never did.
        span: the same two moments by the wall clock, in UTC.
        dispatched_at: the first of them, as the journal has it.
        other_runs: every other run of the journal.
        followers: the runs that were started by this one, such as a hotfix's way through the pipeline.
        attempt: which attempt of the run was the last.
        reviews: what was decided about the run.
    """

    run: str
    actor: str
    reason: str
    operation: str
    method: str | None
    environment: str
    environments: frozenset[str]
    target: str
    tags: tuple[PushedTag, ...]
    since: float
    until: float
    span: tuple[datetime, datetime]
    dispatched_at: str
    other_runs: tuple[str, ...]
    theirs: Mapping[str, str] = field(default_factory=dict)
    followers: tuple[str, ...] = ()
    attempt: int = 1
    reviews: tuple[Record, ...] = ()

    def asks_for(self, word: str) -> bool:
        """Whether the site's form has a field for this: only then must the trail tell it."""
        return not self.theirs or word in self.theirs

    @property
    def target_or_tagged(self) -> str:
        """The commit the operation is about: the target known beforehand, else the tagged one."""
        return self.target or (self.tags[0].commit if self.tags else "")

    @property
    def layers(self) -> tuple[str, ...]:
        """What it is about; both, unless its method names one."""
        only = {"infrastructure_only": ("infrastructure",), "content_only": ("content",)}
        return only.get(self.method or "", ("infrastructure", "content"))

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Those who let the run into its environment, each once."""
        yes = [str(r.data.get("by")) for r in self.reviews if r.data.get("state") == "approved"]
        return tuple(dict.fromkeys(yes))

    @property
    def summary(self) -> str:
        """What, in one line: `rollback (content_only) of prod to 0123456789ab, tag v0.0.0-...`."""
        text = self.operation + (f" ({self.method})" if self.method else "")
        text += f" of {self.environment}"
        if commit := self.target_or_tagged:
            text += f" to {commit[: evidence.SHORTEST_COMMIT]}"
        return text + (f", tag {self.tags[0].name}" if self.tags else "")


def find_operation(
    records: Sequence[Record], run: str, *, tags: str = EMERGENCY_TAGS
) -> Operation | None:
    """The operation of a run, None when the journal has no dispatch of it.

    `tags` is a glob of the tags that an operation pushes.
    """
    dispatch = next((r for r in records if r.kind == "dispatched" and _run(r) == run), None)
    if dispatch is None:
        return None
    after = [record for record in records if record.seq >= dispatch.seq]
    end = next((r for r in after if r.kind == "run.finished" and _run(r) == run), after[-1])
    data = dispatch.data
    dispatches = [record for record in records if record.kind == "dispatched"]
    return Operation(
        run=run,
        actor=str(data.get("actor") or ""),
        reason=str(data.get("reason") or "").strip(),
        operation=str(data.get("operation") or ""),
        method=data.get("method") or None,
        environment=str(data.get("environment") or ""),
        environments=frozenset(str(r.data.get("environment") or "") for r in dispatches)
        | {"staging", "prod"},
        theirs={str(k): str(v) for k, v in (data.get("theirs") or {}).items()},
        target=_target(dispatch),
        tags=_tags(after, run, tags),
        since=dispatch.t,
        until=end.t,
        span=(_moment(dispatch), _moment(end)),
        dispatched_at=dispatch.at,
        other_runs=tuple(dict.fromkeys(r for r in map(_run, records) if r and r != run)),
        followers=_followers(after, run),
        attempt=max(
            (
                int(r.data.get("attempt") or 1)
                for r in records
                if r.kind == "run.queued" and _run(r) == run
            ),
            default=1,
        ),
        reviews=tuple(r for r in after if r.kind == "review" and _run(r) == run),
    )


def operations_of(records: Sequence[Record]) -> tuple[str, ...]:
    """The runs of every emergency operation that was dispatched, in order."""
    runs = [_run(r) for r in records if r.kind == "dispatched" and r.data.get("operation")]
    return tuple(dict.fromkeys(runs))


def _target(dispatch: Record) -> str:
    """The commit that is known before the run: named by the dispatch, or a hotfix's own head."""
    data = dispatch.data
    named = [data.get("target"), (data.get("inputs") or {}).get("target_commit")]
    if data.get("operation") == "hotfix":
        named.append(data.get("sha"))
    return next((str(n).strip() for n in named if n and evidence.is_commit(str(n).strip())), "")


def _followers(after: Sequence[Record], run: str) -> tuple[str, ...]:
    """The runs that this one started, and those that they did, in order."""
    found = [run]
    for record in after:
        if record.kind == "run.queued" and str(record.data.get("by") or "") in found:
            found.append(_run(record))
    return tuple(dict.fromkeys(found[1:]))


def _tags(after: Sequence[Record], run: str, glob: str) -> tuple[PushedTag, ...]:
    """The emergency tags that the run pushed, and nobody's up to the next dispatch; its own come first.

    A tag that a person pushed does not say which run it is of, but drills dispatch one at a time.
    """
    following = next((r.seq for r in after[1:] if r.kind == "dispatched"), math.inf)
    tags = [
        PushedTag(
            name=str(r.data.get("name")),
            commit=str(r.data.get("commit")),
            annotated=bool(r.data.get("annotated")),
            message=str(r.data.get("message") or ""),
        )
        for r in after
        if r.kind == "tag"
        and (_run(r) == run or (not _run(r) and r.seq < following))
        and fnmatch.fnmatchcase(str(r.data.get("name")), glob)
    ]
    return tuple(sorted(tags, key=lambda tag: run not in tag.message))


def _run(record: Record) -> str:
    return str(record.data.get("run") or "")


def _moment(record: Record) -> datetime:
    return datetime.fromisoformat(record.at).astimezone(UTC)
