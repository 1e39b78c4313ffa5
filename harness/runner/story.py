"""A run as it goes by: every event into the journal, and what is needed to say why it failed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.journal import Journal
from harness.runner.events import (
    DoubleSaid,
    Event,
    JobFinished,
    JobStarted,
    Mask,
    Note,
    OutputLine,
    StepFinished,
    StepStarted,
    Summary,
    Tolerated,
)

#: What act says of every double, several times, of a Docker engine that nobody asked for, and of every
#: step that it runs in a container.
_NOISE = (
    "LocalRepositoryCache",
    "Couldn't get a valid docker connection",
    "Using docker host",
    "\N{SPOUTING WHALE}  docker exec",
)

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: What Terraform draws around an error.
_FRAME = " │╷╵"


@dataclass
class Story:
    """Tells a run's events to the journal; `cause` says in one line why the run failed."""

    run: str
    journal: Journal
    _failed: tuple[str, str] | None = None
    _tolerated: set[tuple[str, str]] = field(default_factory=set)
    _errors: dict[tuple[str, str], str] = field(default_factory=dict)
    _lines: dict[tuple[str, str], str] = field(default_factory=dict)
    _last_note: str = ""

    def cause(self) -> str:
        """The step that failed first, other than by its own leave, and what it said last."""
        if self._failed is None:
            return self._last_note or "act failed without saying why"
        said = self._errors.get(self._failed) or self._lines.get(self._failed, "")
        return f"step {self._failed[1]} failed" + (f": {said}" if said else "")

    def tell(self, event: Event) -> None:
        """Write one event."""
        match event:
            case Mask(value):
                self.journal.mask([value])
            case Tolerated(job, step):
                self._tolerated.add((job, step))
            case Note(_, text) if text.startswith(_NOISE):
                return
            case Note(level, text):
                self._last_note = text
                self._write("run.note", level=level, text=text)
            case JobStarted(job):
                self._write("job.started", job=job)
            case JobFinished(job, outcome):
                self._write("job.finished", job=job, outcome=outcome)
            case StepStarted(job, step, stage):
                self._write("step.started", job=job, step=step, stage=stage)
            case StepFinished():
                self._step_finished(event)
            case OutputLine(job, step, line):
                self._output(job, step, line)
            case DoubleSaid(job, step, text):
                self._write("double", job=job, step=step, text=text)
                self._output(job, step, f"notice: {text}")
            case Summary(job, step, markdown):
                self._write("step.summary", job=job, step=step, markdown=markdown)

    def _step_finished(self, event: StepFinished) -> None:
        which = (event.job, event.step)
        if event.outcome == "failure" and which not in self._tolerated and self._failed is None:
            self._failed = which
        self._write(
            "step.finished",
            job=event.job,
            step=event.step,
            stage=event.stage,
            outcome=event.outcome,
            seconds=event.seconds,
        )

    def _output(self, job: str, step: str, line: str) -> None:
        plain = _COLOUR.sub("", line).strip().strip(_FRAME)
        if plain:
            self._lines[job, step] = plain
        if plain.startswith("Error: "):
            self._errors.setdefault((job, step), plain)
        if line.startswith("error: "):
            self._errors[job, step] = line.removeprefix("error: ")
        self._write("step.output", job=job, step=step, line=line)

    def _write(self, kind: str, **data: object) -> None:
        self.journal.write(kind, run=self.run, **data)
