"""A job as it comes to be: whether it runs at all, with which legs, where and under which rules.

Decided once, when the jobs that it needs are over, and written down; nothing of it is decided again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.errors import DispatchError
from harness.github import matrix
from harness.github.contexts import status_of
from harness.github.expressions import ExpressionError, holds, interpolate, is_true, value_of
from harness.github.frames import Book, Frame
from harness.github.jobs import Concurrency, JobDeclaration
from harness.github.permissions import permitted
from harness.github.projection import Need
from harness.github.runs import Group, Job, Run, Use

#: What an expression may ask of the job itself, which is known to its runner alone.
_RUNNERS = re.compile(r"\$\{\{[^}]*\b(?:steps|env|job|runner|secrets)\b\s*[.\[]")
#: What makes up the ids of jobs.
NewId = Callable[[], int]


def open_job(
    frame: Frame,
    declared: JobDeclaration,
    run: Run,
    needs: Mapping[str, Need],
    book: Book,
    *,
    new_id: NewId,
    now: str,
    default: Mapping[str, str],
) -> list[Job]:
    """The legs of a job that has nothing more to wait for: skipped, failed, or `queued`.

    Args:
        frame: the workflow it stands in.
        declared: what the file says of it.
        run: whose it is.
        needs: how the jobs that it needs ended.
        book: the run's jobs so far.
        new_id: makes up ids.
        now: in ISO 8601.
        default: what tokens may do where nobody says.
    """
    context = frame.context(needs)
    status = status_of(frame.results_before(declared, book), cancelled=run.cancelled)
    plain = Job(
        id=new_id(),
        run=run.id,
        attempt=run.attempt,
        path=frame.path(declared.id),
        name=f"{frame.title}{declared.name or declared.id}",
        created_at=now,
        started_at=now,
    )
    try:
        if not holds(declared.condition or "success()", context, status):
            return [ended(plain, "skipped", now=now)]
        legs = _legs(declared, context)
        return [
            _leg(frame, declared, run, needs, leg, (place, len(legs)), new_id, now, default)
            for place, leg in enumerate(legs)
        ]
    except (ExpressionError, matrix.MatrixError, DispatchError, ValueError) as error:
        return [ended(plain, "failure", now=now, cause=f"{declared.id}: {error}")]


def group_of(concurrency: Concurrency | None, context: Mapping[str, Any]) -> Group | None:
    """The group that a run or a job asks for; None for none, also when its name comes out empty.

    Raises:
        ExpressionError: an expression cannot be worked out.
    """
    if concurrency is None:
        return None
    name = interpolate(concurrency.group, context).strip().lower()
    if not name:
        return None
    return Group(
        name=name,
        cancel_in_progress=is_true(concurrency.cancel_in_progress, context),
        queue="max" if concurrency.queue == "max" else "single",
    )


def ended(job: Job, conclusion: Any, *, now: str, cause: str = "", **more: Any) -> Job:
    """A job that is over now."""
    changes = {"status": "completed", "conclusion": conclusion, "completed_at": now, **more}
    return replace(job, cause=cause or job.cause, **changes)


def _legs(declared: JobDeclaration, context: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    if declared.matrix is None:
        return [None]
    return list(matrix.legs(_evaluated(declared.matrix, context)))


def _leg(
    frame: Frame,
    declared: JobDeclaration,
    run: Run,
    needs: Mapping[str, Need],
    leg: dict[str, Any] | None,
    place: tuple[int, int],
    new_id: NewId,
    now: str,
    default: Mapping[str, str],
) -> Job:
    context = frame.context(needs, leg=leg)
    name = interpolate(declared.name or declared.id, context)
    if leg is not None and "${{" not in (declared.name or ""):
        name = f"{name} {matrix.described(leg)}"
    environment = interpolate(declared.environment, context).strip()
    calls = bool(declared.uses)
    return Job(
        id=new_id(),
        run=run.id,
        attempt=run.attempt,
        path=frame.path(declared.id),
        leg=place[0],
        legs=place[1],
        name=f"{frame.title}{name}",
        matrix=leg,
        calls=calls,
        environment=Use(name=environment, url=_address(declared.url, context))
        if environment
        else None,
        permissions=permitted(
            default, frame.workflow.permissions, declared.permissions, most=frame.most
        ),
        group=group_of(declared.concurrency, context),
        blamed=not is_true(declared.continue_on_error, context),
        inputs=_evaluated(dict(declared.arguments), context) if calls else {},
        labels=tuple(_labels(declared, context)),
        created_at=now,
    )


def _address(text: str, context: Mapping[str, Any]) -> str:
    """An environment's address; empty where only the runner could work it out.

    https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
    """
    if _RUNNERS.search(text):
        return ""
    try:
        return interpolate(text, context)
    except ExpressionError:
        return ""


def _labels(declared: JobDeclaration, context: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for text in declared.runs_on:
        value = value_of(text, context)
        found += [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return found


def _evaluated(value: Any, context: Mapping[str, Any]) -> Any:
    """A structure with every expression in it worked out."""
    if isinstance(value, str):
        return value_of(value, context)
    if isinstance(value, Mapping):
        return {name: _evaluated(inner, context) for name, inner in value.items()}
    if isinstance(value, list):
        return [_evaluated(inner, context) for inner in value]
    return value
