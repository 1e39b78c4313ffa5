"""One drill told in order, for a page about it: events, phases, runs with their steps, evidence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.journal import Record
from harness.reports.journals import DrillJournal
from harness.reports.results import lines, seconds_of
from harness.reports.strip import Strip, strip_of
from harness.reports.text import clean, duration, one_line

#: Lines of output kept of a step.
LAST_LINES = 60


@dataclass(frozen=True)
class Event:
    """Something that happened: `t` in seconds since the journal was opened, said in one line."""

    t: float
    text: str


@dataclass(frozen=True)
class Phase:
    """A phase of the drill: when it began and how long it took, in seconds."""

    name: str
    start: float
    seconds: float


@dataclass
class Step:
    """A step of a run; `outcome` is `unfinished` until the journal says otherwise."""

    job: str
    name: str
    outcome: str = "unfinished"
    seconds: float | None = None
    output: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))

    @property
    def went_wrong(self) -> bool:
        """Whether it failed, or never ended."""
        return self.outcome not in {"success", "skipped"}

    @property
    def tail(self) -> list[str]:
        """The last lines of its output."""
        return [clean(line) for line in self.output]


@dataclass
class Run:
    """One run of a workflow: `role` says whether it was the setup, the incident or the response."""

    run: str
    workflow: str = ""
    role: str = ""
    conclusion: str = "unfinished"
    exit_code: str = ""
    seconds: float | None = None
    steps: list[Step] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """What a check found wrong, and which check."""

    check: str
    text: str


@dataclass(frozen=True)
class Story:
    """Everything a page says about a drill beyond its result."""

    events: Sequence[Event]
    phases: Sequence[Phase]
    runs: Sequence[Run]
    tags: Sequence[Mapping[str, Any]]
    calls: Sequence[Record]
    findings: Sequence[Finding]
    strip: Strip | None


def story_of(journal: DrillJournal) -> Story:
    """Tell the drill from its journal."""
    return Story(
        events=list(_events(journal)),
        phases=_phases(journal),
        runs=runs_of(journal),
        tags=[record.data for record in journal.all("tag")],
        calls=[r for r in journal.all("aws.call") if r.data.get("mutating") is True],
        findings=list(_findings(journal)),
        strip=strip_of(journal),
    )


def _phases(journal: DrillJournal) -> list[Phase]:
    begun = journal.all("phase")
    if not begun:
        return []
    ends = [record.t for record in begun[1:]] + [journal.end]
    return [
        Phase(one_line(record.data.get("name")), record.t, max(end - record.t, 0.0))
        for record, end in zip(begun, ends, strict=True)
    ]


def runs_of(journal: DrillJournal) -> list[Run]:
    """The runs that a journal tells of, with their steps and the last lines of each."""
    runs: dict[str, Run] = {}
    steps: dict[tuple[str, str, str], Step] = {}
    for record in journal.records:
        data = record.data
        kind, _, event = record.kind.partition(".")
        if kind not in {"run", "step"} or not event:
            continue
        run = runs.setdefault(number := one_line(data.get("run")), Run(number))
        if kind == "run":
            run.workflow = one_line(data.get("workflow")) or run.workflow
            run.role = one_line(data.get("role")) or run.role
            run.conclusion = one_line(data.get("conclusion")) or run.conclusion
            run.exit_code = one_line(data.get("exit_code"))
            run.seconds = seconds_of(data.get("seconds"))
            continue
        if event == "summary":
            run.summaries.append(str(data.get("markdown", "")))
            continue
        key = (number, one_line(data.get("job")), one_line(data.get("step")))
        if key not in steps:
            steps[key] = Step(job=key[1], name=key[2])
            run.steps.append(steps[key])
        if event == "output":
            steps[key].output.append(str(data.get("line", "")))
        elif event == "finished":
            steps[key].outcome = one_line(data.get("outcome"))
            steps[key].seconds = seconds_of(data.get("seconds"))
    return list(runs.values())


def _findings(journal: DrillJournal) -> Iterator[Finding]:
    for kind, check in (
        ("steady", "steady state"),
        ("recovery", "recovery"),
        ("audit", "audit trail"),
    ):
        for record in journal.all(kind):
            for text in lines(record.data.get("findings")):
                yield Finding(check, text)
    for record in journal.all("layer"):
        if record.data.get("held") is not True:
            layer, promise = map(one_line, (record.data.get("layer"), record.data.get("promise")))
            yield Finding(
                f"promise not held, {layer} {promise}",
                one_line(record.data.get("detail")) or "the journal gives no detail",
            )


def _events(journal: DrillJournal) -> Iterator[Event]:
    for record in journal.records:
        tell = _TELL.get(record.kind)
        if tell is not None:
            yield Event(record.t, one_line(tell(record.data)))


def _world_ready(data: Mapping[str, Any]) -> str:
    how = "cloned" if data.get("cloned") else "built"
    return f"world {how}, site at {data.get('site_url', '')}"


def _steady(data: Mapping[str, Any]) -> str:
    return "the site is healthy" if data.get("healthy") is True else "the site is not healthy"


def _injected(data: Mapping[str, Any]) -> str:
    release = data.get("release")
    how = f"shipped as release {release}" if release else "made directly on the environment"
    return f"incident {data.get('incident', '')} {how}"


def _symptom(data: Mapping[str, Any]) -> str:
    return f"symptom {'seen' if data.get('visible') is True else 'not seen'}: {data.get('detail')}"


def _dispatched(data: Mapping[str, Any]) -> str:
    words = (
        data.get("operation"),
        data.get("method"),
        data.get("target") and f"to {data['target']}",
    )
    what = " ".join(str(word) for word in words if word)
    return (
        f"{data.get('actor', 'somebody')} dispatched {data.get('workflow', '')}: {what} "
        f"on {data.get('environment', '')}, reason: {data.get('reason', '')}"
    )


def _rejected(data: Mapping[str, Any]) -> str:
    return f"dispatch refused with status {data.get('status')}: {data.get('message')}"


def _run_finished(data: Mapping[str, Any]) -> str:
    took = duration(seconds_of(data.get("seconds")))
    return f"run {data.get('run')} ended: {data.get('conclusion')}" + (
        f" after {took}" * bool(took)
    )


def _recovery(data: Mapping[str, Any]) -> str:
    if data.get("recovered") is not True:
        return "the site has not recovered"
    return f"the site has recovered: {data.get('files')} files, {data.get('links')} links checked"


def _layer(data: Mapping[str, Any]) -> str:
    held = "held" if data.get("held") is True else "not held"
    return f"promise {held}: {data.get('layer')} {data.get('promise')}. {data.get('detail') or ''}"


def _interrupted(data: Mapping[str, Any]) -> str:
    return f"interrupted by {data.get('by', 'something unknown')}"


_TELL: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "world.ready": _world_ready,
    "steady": _steady,
    "injected": _injected,
    "symptom": _symptom,
    "dispatched": _dispatched,
    "dispatch.rejected": _rejected,
    "run.finished": _run_finished,
    "recovery": _recovery,
    "layer": _layer,
    "interrupted": _interrupted,
}
