"""The jobs and steps of a workflow, and its form, as drill rules look at them.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.verify.expressions import Node, condition
from harness.verify.source import Source, Spot

#: GitHub has it that a job runs after others whatever became of them only if its `if` says so.
_WHATEVER = ("always()", "!cancelled()", "failure()")
LOCAL = "./"


@dataclass(frozen=True, eq=False)
class Input:
    """An input of a form: `choices` are its options, and where they stand."""

    name: str
    type: str
    choices: Mapping[str, Spot]
    spot: Spot

    @property
    def is_free_text(self) -> bool:
        """Whether anything can be typed in: GitHub holds the others to what they allow."""
        return self.type not in ("choice", "boolean", "environment")


class Conditional:
    """What may have an `if`: a step or a job. `spot` is where it stands."""

    spot: Spot

    @property
    def runs_if(self) -> Node | None:
        """Its condition; nothing where there is none."""
        return condition(self.spot.get("if").text) if self.spot.get("if") else None

    @property
    def is_conditional(self) -> bool:
        """Whether it has a condition."""
        return bool(self.spot.get("if"))


@dataclass(frozen=True, eq=False)
class Step(Conditional):
    """A step of a job."""

    spot: Spot
    job: Job

    @property
    def name(self) -> str:
        """How a person would call it."""
        action = self.uses.partition("@")[0]
        said = self.spot.get("name").text or self.spot.get("id").text or action
        return said or (self.run.text.strip().splitlines() or ["a step"])[0][:60]

    @property
    def run(self) -> Spot:
        """Its script."""
        return self.spot.get("run")

    @property
    def uses(self) -> str:
        """Its action."""
        return self.spot.get("uses").text

    @property
    def head(self) -> Spot:
        """What it does: the value by which a finding names its place."""
        return self.run or self.spot.get("uses") or self.spot


@dataclass(frozen=True, eq=False)
class Job(Conditional):
    """A job of a workflow."""

    name: str
    spot: Spot

    @property
    def source(self) -> Source:
        """The workflow that it is in."""
        return self.spot.source

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps, in order."""
        return tuple(Step(spot, self) for spot in self.spot.get("steps").each())

    @property
    def calls(self) -> str:
        """The workflow of the same repository that it calls: its path there, or nothing."""
        uses = self.spot.get("uses").text
        return uses.removeprefix(LOCAL) if uses.startswith(LOCAL) else ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The jobs that it waits for."""
        return tuple(one.text for one in self.spot.get("needs").each())

    @property
    def runs_whatever(self) -> bool:
        """Whether it runs although a job that it needs did not."""
        said = self.spot.get("if").text.replace(" ", "")
        return any(word in said for word in _WHATEVER)

    @property
    def environment(self) -> Spot:
        """The name of its environment."""
        environment = self.spot.get("environment")
        return environment if environment.is_text else environment.get("name")


def jobs_of(source: Source) -> list[Job]:
    """The jobs, each after those that it needs."""
    jobs = {name: Job(name, spot) for name, spot in source.root.get("jobs").items()}
    ordered: dict[str, Job] = {}

    def place(name: str, above: frozenset[str]) -> None:
        if name in ordered or name in above or name not in jobs:
            return
        for needed in jobs[name].needs:
            place(needed, above | {name})
        ordered[name] = jobs[name]

    for name in jobs:
        place(name, frozenset())
    return list(ordered.values())


def triggers(source: Source) -> Iterator[tuple[str, Spot]]:
    """The events that start the workflow, each with where it says so."""
    on = source.root.get("on")
    yield from on.items()
    for one in on.each():
        yield one.text, one


def form_of(source: Source, event: str = "workflow_dispatch") -> dict[str, Input]:
    """The inputs of a workflow."""
    return {
        name: Input(
            name,
            spot.get("type").text or "string",
            {one.text: one for one in spot.get("options").each()},
            spot,
        )
        for name, spot in source.root.get("on", event, "inputs").items()
    }
