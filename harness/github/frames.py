"""A run as nested workflows: its own, and those that its jobs call.

A frame is one of them, with what it was given. Frames are worked out anew from the files and the jobs
that are written down, so that nothing is lost when the process is.

https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import DispatchError
from harness.github.contexts import github_context, need_of, needs_context
from harness.github.expressions import interpolate
from harness.github.jobs import JobDeclaration
from harness.github.library import Library
from harness.github.projection import Need
from harness.github.runs import Job, Run
from harness.github.workflow import InputDeclaration, Workflow

#: How many workflows may call one another.
#: https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations#nesting-reusable-workflows
DEEPEST = 10

Book = Mapping[str, Sequence[Job]]


@dataclass(frozen=True)
class Frame:
    """One workflow of a run.

    Attributes:
        workflow: its file.
        inputs: what it was given, typed.
        contexts: `github`, `vars` and `inputs`, as its expressions see them.
        prefix: of the paths of its jobs.
        title: before the names of its jobs.
        most: what its jobs' tokens may do at most; None for the run's own workflow.
        caller: the job that calls it, and that job's frame; None for the run's own workflow.
    """

    workflow: Workflow
    inputs: Mapping[str, Any]
    contexts: Mapping[str, Any]
    prefix: str = ""
    title: str = ""
    most: Mapping[str, str] | None = None
    caller: tuple[Frame, JobDeclaration, Job] | None = None
    depth: int = field(default=1)

    def path(self, job: str) -> str:
        """The path of one of its jobs."""
        return f"{self.prefix}{job}"

    def needs(self, declared: JobDeclaration, book: Book) -> dict[str, Need] | None:
        """What a job sees of the jobs that it needs; None while one of them is not over."""
        found = {}
        for need in declared.needs:
            legs = book.get(self.path(need), ())
            if not legs or not all(leg.over for leg in legs):
                return None
            found[need] = need_of(legs)
        return found

    def results_before(self, declared: JobDeclaration, book: Book) -> set[str]:
        """The results of all jobs that come before one, directly or not."""
        found, seen, waiting = set(), set(), list(declared.needs)
        while waiting:
            need = waiting.pop()
            if need in seen:
                continue
            seen.add(need)
            found.add(need_of(book.get(self.path(need), ())).result)
            waiting.extend(self.workflow.jobs[need].needs)
        return found

    def context(
        self, needs: Mapping[str, Need], *, leg: Mapping[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """What the expressions of one of its jobs see."""
        return {
            **self.contexts,
            "needs": needs_context(needs),
            "matrix": dict(leg) if leg is not None else {},
            "strategy": {},
            **more,
        }

    def outputs(self, book: Book) -> dict[str, str]:
        """What it says to its caller, once its jobs are over.

        Raises:
            ExpressionError: an output cannot be worked out.
        """
        if self.workflow.call is None:
            return {}
        jobs = {
            name: {
                "result": need_of(legs).result,
                "outputs": dict(need_of(legs).outputs),
            }
            for name in self.workflow.jobs
            if (legs := book.get(self.path(name)))
        }
        context = {**self.contexts, "jobs": jobs}
        return {
            name: interpolate(text, context) for name, text in self.workflow.call.outputs.items()
        }


class Frames:
    """Works out the frames of runs."""

    def __init__(
        self,
        library: Library,
        *,
        variables: Callable[[str], Mapping[str, str]],
        default_branch: str,
    ) -> None:
        """Args: the workflows, the variables of the repository (of ""), and its default branch."""
        self._library = library
        self._variables = variables
        self._default_branch = default_branch

    def of_run(self, run: Run) -> Frame:
        """The run's own workflow.

        Raises:
            DispatchError: it does not parse, or is not there.
        """
        workflow = self._library.at(run.workflow, run.sha)
        inputs = {
            name: value == "true" if workflow.inputs[name].type == "boolean" else value
            for name, value in run.inputs.items()
            if name in workflow.inputs
        }
        contexts = {
            "github": github_context(run, default_branch=self._default_branch),
            "inputs": inputs,
            "vars": dict(self._variables("")),
        }
        return Frame(workflow=workflow, inputs=inputs, contexts=contexts)

    def called(self, frame: Frame, declared: JobDeclaration, job: Job, run: Run) -> Frame:
        """The frame of the workflow that a job calls.

        Raises:
            DispatchError: there is no such workflow, or it does not take what it is given.
        """
        return called(frame, declared, job, library=self._library, run=run)

    def of_job(self, run: Run, job: Job, book: Book) -> tuple[Frame, JobDeclaration]:
        """The frame in which a job stands, and what its workflow says of it."""
        frame = self.of_run(run)
        *callers, own = job.path.split("/")
        for step in callers:
            name, _, leg = step.partition("[")
            caller = book[frame.path(name)][int(leg.rstrip("]") or 0)]
            frame = self.called(frame, frame.workflow.jobs[name], caller, run)
        return frame, frame.workflow.jobs[own]


def book_of(jobs: Sequence[Job]) -> dict[str, list[Job]]:
    """Jobs by their paths, each with its legs in order."""
    book: dict[str, list[Job]] = {}
    for job in sorted(jobs, key=lambda one: one.leg):
        book.setdefault(job.path, []).append(job)
    return book


def leg_path(job: Job) -> str:
    """The path of one leg, below which the jobs of the workflow that it calls stand."""
    return job.path if job.legs == 1 else f"{job.path}[{job.leg}]"


def called(
    frame: Frame, declared: JobDeclaration, job: Job, *, library: Library, run: Run
) -> Frame:
    """The frame of the workflow that a job calls.

    Raises:
        DispatchError: there is no such workflow, or it does not take what it is given.
    """
    if frame.depth >= DEEPEST:
        raise DispatchError(f"workflows call one another more than {DEEPEST} deep")
    workflow = called_workflow(declared.uses, library=library, run=run)
    if workflow.call is None:
        raise DispatchError(f"{workflow.file} is not reusable: it has no 'on: workflow_call'")
    inputs = call_inputs(workflow, job.inputs)
    return Frame(
        workflow=workflow,
        inputs=inputs,
        contexts={**frame.contexts, "inputs": inputs},
        prefix=f"{leg_path(job)}/",
        title=f"{job.name} / ",
        most=job.permissions,
        caller=(frame, declared, job),
        depth=frame.depth + 1,
    )


def is_ours(uses: str, run: Run) -> bool:
    """Whether a called workflow stands in the run's own repository."""
    return uses.startswith("./") or uses.lower().startswith(f"{run.repository.lower()}/")


def called_workflow(uses: str, *, library: Library, run: Run) -> Workflow:
    """The workflow that `uses` names: at the run's commit, or of this repository at a ref.

    Raises:
        DispatchError: there is none.
    """
    if uses.startswith("./"):
        return library.at(uses.removeprefix("./"), run.sha)
    path, _, ref = uses.partition("@")
    return library.at(path.split("/", 2)[2], library.commit(ref))


def call_inputs(workflow: Workflow, given: Mapping[str, Any]) -> dict[str, Any]:
    """A call's inputs, typed as declared, with the defaults of those that are not given.

    Raises:
        DispatchError: one is missing, unknown, or of another type.
    """
    declared = workflow.call.inputs if workflow.call else {}
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise DispatchError(
            f"Invalid input, {unknown[0]} is not defined in the referenced workflow"
        )
    return {
        name: _typed(name, one, given.get(name), workflow.file) for name, one in declared.items()
    }


def _typed(name: str, declared: InputDeclaration, value: Any, file: str) -> Any:
    if value is None:
        if declared.required:
            raise DispatchError(f"Input {name} is required, but not provided while calling {file}")
        value = declared.default
    match declared.type:
        case "boolean":
            if value in {None, "", False, "false"}:
                return False
            if value in {True, "true"}:
                return True
        case "number":
            try:
                number = float(value or 0)
                return int(number) if number.is_integer() else number
            except (TypeError, ValueError):
                pass
        case _:
            return "" if value is None else _worded(value)
    raise DispatchError(f"input {name} of {file} is {value!r}, which is no {declared.type}")


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
