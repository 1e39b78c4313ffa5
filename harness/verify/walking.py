"""The steps that a workflow comes to when its form is filled in one way, those of called ones too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.verify.expressions import UNKNOWN, rendered, truth
from harness.verify.jobs import Job, Step, form_of, jobs_of
from harness.verify.site import Site
from harness.verify.source import Source

_DEEPEST = 4


@dataclass(frozen=True, eq=False)
class Visit:
    """A step that runs, or may.

    Attributes:
        step: the step.
        known: what is known in its workflow.
        calls: the jobs through which its workflow was called, the outermost first.
        surely: whether it runs whatever is not known.
    """

    step: Step
    known: Mapping[str, Any]
    calls: tuple[Job, ...]
    surely: bool

    @property
    def job(self) -> Job:
        """Its job."""
        return self.step.job

    @property
    def outer(self) -> Job:
        """The job of the workflow that was started."""
        return self.calls[0] if self.calls else self.job


def walk(site: Site, source: Source, known: Mapping[str, Any]) -> Iterator[Visit]:
    """The steps that run or may run, in an order in which they could."""
    yield from _walk(site, source, known, (), surely=True)


def _walk(
    site: Site, source: Source, known: Mapping[str, Any], calls: tuple[Job, ...], *, surely: bool
) -> Iterator[Visit]:
    skipped: set[str] = set()
    doubtful: set[str] = set()
    known = {**known, **_environment(source.root.get("env"), known)}
    for job in jobs_of(source):
        runs = truth(job.runs_if, known) if job.is_conditional else True
        if runs is False or (skipped & set(job.needs) and not job.runs_whatever):
            skipped.add(job.name)
            continue
        sure = surely and runs is True and not doubtful & set(job.needs)
        if not sure:
            doubtful.add(job.name)
        inside = {**known, **_environment(job.spot.get("env"), known)}
        for step in job.steps:
            own = {**inside, **_environment(step.spot.get("env"), inside)}
            passes = truth(step.runs_if, own) if step.is_conditional else True
            if passes is not False:
                yield Visit(step, own, calls, sure and passes is True)
        called = site.source(job.calls) if job.calls else None
        if called is not None and len(calls) < _DEEPEST:
            given = {
                **_passed(called, job, known),
                "github.event_name": known.get("github.event_name"),
            }
            given = {name: value for name, value in given.items() if value is not None}
            yield from _walk(site, called, given, (*calls, job), surely=sure)


def _passed(called: Source, job: Job, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a called workflow's inputs."""
    given = dict(job.spot.get("with").items())
    found: dict[str, Any] = {}
    for name, declared in form_of(called, "workflow_call").items():
        spot = given.get(name) or declared.spot.get("default")
        value = rendered(spot.text, known) if spot else UNKNOWN
        if declared.type == "boolean" and value in ("true", "false"):
            value = value == "true"
        if value is not UNKNOWN:
            found[f"inputs.{name.lower()}"] = value
    return found


def _environment(spot: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of `env.NAME`; what is not hides what had the name before."""
    return {
        f"env.{name.lower()}": value
        for name, entry in spot.items()
        if (value := rendered(entry.text, known)) is not UNKNOWN
    }
