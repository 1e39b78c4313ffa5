"""What act says with `--json`, as typed events.

act writes one JSON object a line; some lines are not valid JSON (ChristopherHX/runner.server#449), and
a few come from its libraries. They are read tolerantly: what is not an event is a `Note`.

    for event in read_events(lines): ...
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

#: What act says just before it reports such a failure.
_TOLERATED = "Failed but continue next step"
#: Steps that act adds around a job's own.
_FRAME = {"Set up job", "Complete job"}
#: Workflow commands whose text people read in the log.
#: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
_ANNOTATIONS = ("error", "warning", "notice")


@dataclass(frozen=True)
class JobStarted:
    """The first sign of a job."""

    job: str


@dataclass(frozen=True)
class JobFinished:
    """A job's end: `outcome` is success, failure, cancelled or skipped."""

    job: str
    outcome: str


@dataclass(frozen=True)
class StepStarted:
    """A step begins; `stage` is Pre, Main or Post."""

    job: str
    step: str
    stage: str


@dataclass(frozen=True)
class StepFinished:
    """A step's end: what happened (`outcome`), not what `continue-on-error` made of it."""

    job: str
    step: str
    stage: str
    outcome: str
    seconds: float


@dataclass(frozen=True)
class OutputLine:
    """One line that a step printed; `level` is error, warning or notice for an annotation."""

    job: str
    step: str
    line: str
    level: str = ""


@dataclass(frozen=True)
class DoubleSaid:
    """What a double wants known of the drill, such as another version than was asked for."""

    job: str
    step: str
    text: str


@dataclass(frozen=True)
class Summary:
    """What a step wrote to `GITHUB_STEP_SUMMARY`."""

    job: str
    step: str
    markdown: str


@dataclass(frozen=True)
class Note:
    """Anything else that act said, at its level (info, warning, error); `job` is empty for none."""

    level: str
    text: str
    job: str = ""


@dataclass(frozen=True)
class Mask:
    """A value that must not be seen from here on (`::add-mask::`)."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class Tolerated:
    """A step's failure that its `continue-on-error` lets pass; comes before its StepFinished."""

    job: str
    step: str


Event = (
    Mask
    | Tolerated
    | JobStarted
    | JobFinished
    | StepStarted
    | StepFinished
    | OutputLine
    | DoubleSaid
    | Summary
    | Note
)


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Turn act's lines into events, in order and as they come."""
    seen: set[str] = set()
    for line in lines:
        text = line.rstrip("\r\n")
        if not text.strip():
            continue
        data = _object(text)
        if data is None:
            yield Note("info", text)
            continue
        job = str(data.get("jobID") or "")
        if job and job not in seen:
            seen.add(job)
            yield JobStarted(job)
        yield from _events(job, data)


def _object(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _properties(data: dict[str, Any]) -> dict[str, Any]:
    found = data.get("kvPairs")
    return found if isinstance(found, dict) else {}


def _events(job: str, data: dict[str, Any]) -> Iterator[Event]:  # noqa: PLR0912 - one branch a kind
    message = str(data.get("msg", ""))
    step = str(data.get("step") or "")
    command = data.get("command")
    if "jobResult" in data:
        yield JobFinished(job, str(data["jobResult"]))
    elif data.get("raw_output"):
        for line in message.split("\n")[: -1 if message.endswith("\n") else None]:
            yield OutputLine(job, step, line)
    elif command == "add-mask":
        yield Mask(str(data.get("arg", "")))
    elif step and message == _TOLERATED:
        yield Tolerated(job, step)
    elif command == "summary":
        yield Summary(job, step, str(data.get("content", "")))
    elif command == "notice" and _properties(data).get("title") == "double":
        yield DoubleSaid(job, step, str(data.get("arg", "")))
    elif command in _ANNOTATIONS:
        yield OutputLine(job, step, str(data.get("arg", "")), str(command))
    elif command is not None:
        return
    elif step in _FRAME:
        # Only a failure there is news.
        if data.get("level") in {"error", "warning"}:
            yield Note(str(data["level"]), message.strip(), job)
    elif "stepResult" in data:
        seconds = float(data.get("executionTime") or 0) / 1e9
        outcome = str(data["stepResult"])
        yield StepFinished(job, step, str(data.get("stage") or "Main"), outcome, round(seconds, 4))
    elif step and "⭐ Run" in message:
        yield StepStarted(job, step, str(data.get("stage") or "Main"))
    elif message.strip():
        yield Note(str(data.get("level", "info")), message.strip(), job)
