"""A job as it goes by: every event into the journal, and what is needed to say how it ended and why."""

from __future__ import annotations

import json
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
from harness.runner.job import Listener

#: What act says of every double, several times, of a Docker engine that nobody asked for, and of every
#: step that it runs in a container.
_NOISE = (
    "LocalRepositoryCache",
    "Couldn't get a valid docker connection",
    "Using docker host",
    "\N{SPOUTING WHALE}  docker exec",
    # What it would like to know of the workspace, and is told by the environment.
    "unable to get git",
)
_NO_REPOSITORY = "not located inside a git repository"

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: What Terraform draws around an error.
_FRAME = " │╷╵"


@dataclass
class Story:
    """Tells a job's events to the journal, and to whoever else listens.

    Attributes:
        run: the run's id.
        name: the job's, in the journal.
        own: the job's id for act; of other jobs nothing is told. Empty for all of them.
        outputs_from: the job whose step has the outputs for a name.
        journal: told everything.
        listener: told, too.
        outputs: what the job said.
        result: act's, None before it has said one.
    """

    run: str
    name: str
    own: str
    outputs_from: str
    journal: Journal
    listener: Listener | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    result: str | None = None
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
            case StepStarted(job, step) if job and job == self.outputs_from:
                self._learn_outputs(step)
            case Note(_, text, job) if self._is_noise(text, job):
                return
            case Note(level, text):
                self._last_note = text
                self._write("run.note", level=level, text=text)
            case JobFinished(job, outcome) if self._is_mine(job):
                self.result = "failure" if "failure" in {outcome, self.result} else outcome
            case JobStarted() | JobFinished():
                return
            case _ if self._is_mine(event.job):
                self._tell_of_step(event)

    def _tell_of_step(self, event: Event) -> None:
        match event:
            case Tolerated(job, step):
                self._tolerated.add((job, step))
            case StepStarted(_, step, stage):
                self._write("step.started", job=self.name, step=step, stage=stage)
                if self.listener:
                    self.listener.step_started(_titled(step, stage))
            case StepFinished():
                self._step_finished(event)
            case OutputLine(job, step, line, level):
                self._output(job, step, line, level)
            case DoubleSaid(job, step, text):
                self._write("double", job=self.name, step=step, text=text)
                self._output(job, step, text, "notice")
            case Summary(_, step, markdown):
                self._write("step.summary", job=self.name, step=step, markdown=markdown)

    def _is_noise(self, text: str, job: str) -> bool:
        others = bool(job) and not self._is_mine(job)
        return others or text.startswith(_NOISE) or _NO_REPOSITORY in text

    def _is_mine(self, job: str) -> bool:
        return not self.own or job == self.own

    def _learn_outputs(self, told: str) -> None:
        """A value that holds a secret is kept back, as on GitHub.

        https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs
        """
        for name, value in json.loads(told).items():
            if self.journal.conceals(str(value)):
                text = f"Skip output '{name}' since it may contain secret."
                self._write("run.note", level="warning", text=text)
            else:
                self.outputs[name] = str(value)

    def _step_finished(self, event: StepFinished) -> None:
        which = (event.job, event.step)
        if event.outcome == "failure" and which not in self._tolerated and self._failed is None:
            self._failed = which
        self._write(
            "step.finished",
            job=self.name,
            step=event.step,
            stage=event.stage,
            outcome=event.outcome,
            seconds=event.seconds,
        )
        if self.listener:
            tolerated = event.outcome == "failure" and which in self._tolerated
            conclusion = "success" if tolerated else event.outcome
            self.listener.step_finished(_titled(event.step, event.stage), conclusion)

    def _output(self, job: str, step: str, line: str, level: str = "") -> None:
        plain = _COLOUR.sub("", line).strip().strip(_FRAME)
        if plain:
            self._lines[job, step] = plain
        if level == "error":
            self._errors[job, step] = line
        elif plain.startswith("Error: "):
            self._errors.setdefault((job, step), plain)
        told = f"{level}: {line}" if level else line
        self._write("step.output", job=self.name, step=step, line=told)
        if self.listener:
            # The log can be fetched: what is masked in the journal is masked there.
            self.listener.line(step, str(self.journal.masked({"": line})[""]), level=level)

    def _write(self, kind: str, **data: object) -> None:
        self.journal.write(kind, run=self.run, **data)


def _titled(step: str, stage: str) -> str:
    """A step's name as GitHub shows it: what an action does before and after says so."""
    return step if stage == "Main" else f"{stage} {step}"
