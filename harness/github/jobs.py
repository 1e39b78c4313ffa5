"""The jobs that a workflow file declares: what GitHub itself reads of them, before any runner does.

Steps are the runner's business and not read here. Source of the format:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobs
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import ConfigError
from harness.github import _yaml
from harness.github.permissions import read_permissions

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: GitHub's, in minutes.
#: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes
LONGEST = "360"


@dataclass(frozen=True)
class Concurrency:
    """`concurrency:`, with its expressions."""

    group: str
    cancel_in_progress: str = "false"
    queue: str = "single"


@dataclass(frozen=True)
class JobDeclaration:
    """One job as declared; texts may hold expressions.

    Attributes:
        id: its key under `jobs`.
        name: None where none is given.
        needs: the ids of the jobs that come before it.
        condition: `if`; None where none is given.
        uses: the reusable workflow that it calls; empty for a job of its own.
        arguments: `with`, typed as in the file.
        secrets: what the called workflow gets: "inherit", or texts by name.
        matrix: `strategy.matrix` as in the file; None where there is none.
        fail_fast: `strategy.fail-fast`.
        max_parallel: `strategy.max-parallel`; empty for no limit.
        environment: the name of the environment it deploys to; empty for none.
        url: `environment.url`.
        concurrency: of the job; None where none is given.
        permissions: of its token; None where the workflow's count.
        continue_on_error: whether its failure is forgiven.
        timeout_minutes: after which it is ended.
        runs_on: the labels of the runner it asks for.
    """

    id: str
    name: str | None = None
    needs: tuple[str, ...] = ()
    condition: str | None = None
    uses: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    secrets: str | Mapping[str, str] = field(default_factory=dict)
    matrix: Any = None
    fail_fast: str = "true"
    max_parallel: str = ""
    environment: str = ""
    url: str = ""
    concurrency: Concurrency | None = None
    permissions: Mapping[str, str] | None = None
    continue_on_error: str = "false"
    timeout_minutes: str = LONGEST
    runs_on: tuple[str, ...] = ()


def read_jobs(file: str, document: Mapping[str, Any]) -> dict[str, JobDeclaration]:
    """The jobs of a loaded workflow file, in their order.

    Raises:
        ConfigError: GitHub would refuse the file; names the key.
    """
    jobs = document.get("jobs")
    if jobs is None:
        return {}
    if not isinstance(jobs, dict):
        raise ConfigError(file=file, key="jobs", value=jobs, expected="a mapping of jobs")
    read = {str(name): _job(file, str(name), body) for name, body in jobs.items()}
    for job in read.values():
        for need in job.needs:
            if need not in read:
                known = ", ".join(read)
                raise ConfigError(
                    file=file,
                    key=f"jobs.{job.id}.needs",
                    value=need,
                    expected=f"a job of this workflow: {known}",
                )
    _refuse_circles(file, read)
    return read


def read_concurrency(file: str, where: str, value: Any) -> Concurrency | None:
    """`concurrency:` of a workflow or of a job.

    Raises:
        ConfigError: it is neither a group's name nor a mapping with one.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return Concurrency(value)
    if not isinstance(value, dict) or not isinstance(value.get("group"), str):
        raise ConfigError(file=file, key=where, value=value, expected="the name of a group")
    cancel = value.get("cancel-in-progress") or "false"
    queue = value.get("queue") or "single"
    if queue not in {"single", "max"}:
        raise ConfigError(file=file, key=f"{where}.queue", value=queue, expected="single or max")
    if queue == "max" and cancel == "true":
        raise ConfigError(
            file=file,
            key=f"{where}.cancel-in-progress",
            value=cancel,
            expected="false with queue: max",
        )
    return Concurrency(value["group"], str(cancel), queue)


def _job(file: str, name: str, value: Any) -> JobDeclaration:
    where = f"jobs.{name}"
    if not _ID.fullmatch(name):
        raise ConfigError(
            file=file,
            key=where,
            value=name,
            expected="an id of letters, digits, - and _ that begins with a letter or _",
        )
    body = _mapping(file, where, value)
    uses = _text(file, f"{where}.uses", body.get("uses"))
    if not uses and body.get("runs-on") is None:
        raise ConfigError(file=file, key=f"{where}.runs-on", expected="the label of a runner")
    strategy = _mapping(file, f"{where}.strategy", body.get("strategy"))
    environment, url = _environment(file, where, body.get("environment"))
    return JobDeclaration(
        id=name,
        name=_text(file, f"{where}.name", body.get("name")) or None,
        needs=_texts(file, f"{where}.needs", body.get("needs")),
        condition=_text(file, f"{where}.if", body.get("if")) or None,
        uses=uses,
        arguments=_yaml.typed(_mapping(file, f"{where}.with", body.get("with"))) if uses else {},
        secrets=_secrets(file, f"{where}.secrets", body.get("secrets")),
        matrix=_yaml.typed(strategy.get("matrix")),
        fail_fast=_text(file, f"{where}.strategy.fail-fast", strategy.get("fail-fast")) or "true",
        max_parallel=_text(file, f"{where}.strategy.max-parallel", strategy.get("max-parallel")),
        environment=environment,
        url=url,
        concurrency=read_concurrency(file, f"{where}.concurrency", body.get("concurrency")),
        permissions=read_permissions(file, f"{where}.permissions", body.get("permissions")),
        continue_on_error=_text(file, f"{where}.continue-on-error", body.get("continue-on-error"))
        or "false",
        timeout_minutes=_text(file, f"{where}.timeout-minutes", body.get("timeout-minutes"))
        or LONGEST,
        runs_on=_labels(file, f"{where}.runs-on", body.get("runs-on")),
    )


def _refuse_circles(file: str, jobs: Mapping[str, JobDeclaration]) -> None:
    settled: set[str] = set()
    while len(settled) < len(jobs):
        ready = {name for name, job in jobs.items() if set(job.needs) <= settled} - settled
        if not ready:
            stuck = sorted(set(jobs) - settled)
            raise ConfigError(
                file=file,
                key=f"jobs.{stuck[0]}.needs",
                value=list(jobs[stuck[0]].needs),
                expected="jobs that do not need this one in turn",
            )
        settled |= ready


def _environment(file: str, where: str, value: Any) -> tuple[str, str]:
    key = f"{where}.environment"
    if value is None or isinstance(value, str):
        return value or "", ""
    body = _mapping(file, key, value)
    name = _text(file, f"{key}.name", body.get("name"))
    if not name:
        raise ConfigError(file=file, key=f"{key}.name", expected="the environment's name")
    return name, _text(file, f"{key}.url", body.get("url"))


def _labels(file: str, where: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        value = value.get("labels") or value.get("group")
    return _texts(file, where, value)


def _secrets(file: str, where: str, value: Any) -> str | Mapping[str, str]:
    if value == "inherit":
        return "inherit"
    body = _mapping(file, where, value)
    return {str(name): _text(file, f"{where}.{name}", text) for name, text in body.items()}


def _mapping(file: str, where: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(file=file, key=where, value=value, expected="a mapping")
    return value


def _text(file: str, where: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise ConfigError(file=file, key=where, value=value, expected="a single value")


def _texts(file: str, where: str, value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(item, str) for item in items):
        raise ConfigError(file=file, key=where, value=value, expected="a text or a list of texts")
    return tuple(items)
