"""What a runner is told of a job: worked out when it is the job's turn, and not before.

Secrets are in an order and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from harness.github.expressions import interpolate
from harness.github.frames import Book, Frame
from harness.github.jobs import LONGEST, JobDeclaration
from harness.github.projection import Call, project
from harness.github.runs import Job, Order, Run
from harness.github.workflow import short_name

#: Where the files of a job lie, as seen from its workspace.
FOLDER = "../workflow"


class Vault(Protocol):
    """The repository's variables and secrets, and those of its environments."""

    def variables(self, environment: str) -> Mapping[str, str]:
        """The repository's, and, where one is named, the environment's, which count more."""
        ...

    def secrets(self, environment: str) -> Mapping[str, str]:
        """Of an environment alone; of the repository, where none is named."""
        ...


def order_for(
    run: Run, job: Job, frame: Frame, declared: JobDeclaration, book: Book, vault: Vault
) -> Order:
    """The order for a job whose turn it is.

    Raises:
        ExpressionError: its time limit, or a secret that it is passed, cannot be worked out.
    """
    environment = job.environment.name if job.environment else ""
    needs = frame.needs(declared, book) or {}
    context = frame.context(needs, leg=job.matrix)
    own = vault.secrets(environment) if environment else {}
    minutes = interpolate(declared.timeout_minutes, context)
    root = frame
    while root.caller is not None:
        root = root.caller[0]
    call = None
    if frame.caller is not None:
        call = Call(run.name, run.file, root.workflow.text, _caller_id(job), frame.inputs)
    return Order(
        run=run,
        job=job,
        own=declared.id,
        files=project(
            frame.workflow.text,
            file=short_name(frame.workflow),
            name=frame.workflow.name if call else run.name,
            job=declared.id,
            needs=needs,
            leg=job.matrix,
            call=call,
            folder=FOLDER,
            evaluate=lambda text: interpolate(text, context),
        ),
        secrets={**_passed(frame, book, vault), **own},
        variables=vault.variables(environment),
        timeout_minutes=float(minutes or LONGEST),
    )


def _passed(frame: Frame, book: Book, vault: Vault) -> Mapping[str, str]:
    """The secrets that a frame's jobs see, without those of an environment.

    https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows#passing-inputs-and-secrets-to-a-reusable-workflow
    """
    if frame.caller is None:
        return vault.secrets("")
    outer, declared, job = frame.caller
    known = _passed(outer, book, vault)
    if isinstance(declared.secrets, str):
        return known
    needs = outer.needs(declared, book) or {}
    context = outer.context(needs, leg=job.matrix, secrets=known)
    return {name: interpolate(text, context) for name, text in declared.secrets.items()}


def _caller_id(job: Job) -> str:
    """The id of the job that called, in the run's own workflow."""
    return job.path.split("/", 1)[0].partition("[")[0]
