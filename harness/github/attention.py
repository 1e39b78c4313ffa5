"""What is written down of a job while a runner has it: its steps and its log.

    attention = Attention(job, directory, clock=clock, changed=control.note_steps)
    attention.step_started("Check the reason")
    attention.line("Check the reason", "ok")
    attention.step_finished("Check the reason", "success")

https://docs.github.com/en/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from harness.clock import Clock
from harness.github.runs import Conclusion, Job, Step

LOGS = "logs"


@dataclass(frozen=True)
class Line:
    """One line of a job's log: the number of its step, when it was written (ISO 8601), what it says.

    `level` is `error`, `warning` or `notice` for what GitHub shows as an annotation, else empty.
    """

    step: int
    at: str
    text: str
    level: str = ""


def log_file(directory: Path, job: Job) -> Path:
    """Where a job's log lies in the archive's folder."""
    return directory / LOGS / str(job.run) / str(job.attempt) / f"{job.id}.jsonl"


def read_log(directory: Path, job: Job) -> Iterator[Line]:
    """A job's log so far; a last line that was cut off in the middle is left out."""
    path = log_file(directory, job)
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                yield Line(**json.loads(text))
            except (ValueError, TypeError):
                return


class Attention:
    """Told by whoever executes a job what happens in it; used by one thread."""

    def __init__(
        self,
        job: Job,
        directory: Path,
        *,
        clock: Clock,
        changed: Callable[[tuple[Step, ...]], None],
    ) -> None:
        """Begin the job's log.

        Args:
            job: which.
            directory: the archive's.
            clock: whose time counts.
            changed: told all steps when one begins or ends.
        """
        self._clock = clock
        self._changed = changed
        self._steps: list[Step] = []
        path = log_file(directory, job)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("a", encoding="utf-8", errors="replace")

    def step_started(self, name: str) -> None:
        """A step begins."""
        number = len(self._steps) + 1
        self._steps.append(
            Step(number=number, name=name, status="in_progress", started_at=self._now())
        )
        self._changed(tuple(self._steps))

    def step_finished(self, name: str, conclusion: Conclusion) -> None:
        """The step of this name that began last has ended; one that never began was skipped."""
        place = self._place(name, open_only=True)
        if place is None:
            self._steps.append(
                Step(
                    number=len(self._steps) + 1,
                    name=name,
                    status="completed",
                    conclusion=conclusion,
                    started_at=self._now(),
                    completed_at=self._now(),
                )
            )
        else:
            self._steps[place] = replace(
                self._steps[place],
                status="completed",
                conclusion=conclusion,
                completed_at=self._now(),
            )
        self._changed(tuple(self._steps))

    def line(self, name: str, text: str, *, level: str = "") -> None:
        """A step, or the runner itself, wrote a line."""
        place = self._place(name)
        number = self._steps[place].number if place is not None else max(len(self._steps), 1)
        line = {"step": number, "at": self._now(), "text": text, "level": level}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self, conclusion: Conclusion) -> tuple[Step, ...]:
        """The job is over: steps that still go on ended with it."""
        self._steps = [
            step
            if step.status == "completed"
            else replace(step, status="completed", conclusion=conclusion, completed_at=self._now())
            for step in self._steps
        ]
        self._file.close()
        return tuple(self._steps)

    def _place(self, name: str, *, open_only: bool = False) -> int | None:
        for place in range(len(self._steps) - 1, -1, -1):
            step = self._steps[place]
            if step.name == name and not (open_only and step.status == "completed"):
                return place
        return None

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
