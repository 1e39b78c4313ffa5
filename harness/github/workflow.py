"""What a workflow file says about how it may be started; its jobs are act's business, not ours.

Reads only names and triggers. Source of the format:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml

from harness.errors import ConfigError

INPUT_TYPES = ("string", "boolean", "choice", "number", "environment")


@dataclass(frozen=True)
class InputDeclaration:
    """One input of `workflow_dispatch`, as declared; `default` is None where none is given."""

    name: str
    type: str = "string"
    required: bool = False
    default: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunTrigger:
    """`on.workflow_run`: the workflows whose runs start this one, and on which branches."""

    workflows: tuple[str, ...]
    types: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """A workflow file's name and triggers."""

    file: str
    name: str
    run_name: str
    triggers: frozenset[str]
    inputs: Mapping[str, InputDeclaration] = field(default_factory=dict)
    workflow_run: RunTrigger | None = None


def parse_workflow(file: str, text: str) -> Workflow:
    """Read a workflow file.

    Args:
        file: its path in the repository, for messages and as its name when it has none.
        text: what it says.

    Raises:
        ConfigError: not YAML, or not of a workflow's shape; names line and column.
    """
    try:
        # BaseLoader keeps every value a string: `on` stays a key, and defaults stay as written.
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it constructs nothing
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        raise ConfigError(
            file=file,
            key=where,
            value=error.problem or "unreadable",
            expected="YAML that GitHub can parse",
            hint="a workflow that does not parse cannot be started at all",
        ) from error
    if not isinstance(document, dict) or "on" not in document:
        raise ConfigError(file=file, key="on", expected="the events that start the workflow")
    triggers = _triggers(file, document["on"])
    dispatch = triggers.get("workflow_dispatch") or {}
    return Workflow(
        file=file,
        name=str(document.get("name") or file),
        run_name=str(document.get("run-name") or ""),
        triggers=frozenset(triggers),
        inputs=_inputs(file, dispatch),
        workflow_run=_workflow_run(triggers.get("workflow_run")),
    )


def short_name(workflow: Workflow) -> str:
    """The file name by which people and the API name a workflow."""
    return PurePosixPath(workflow.file).name


def _triggers(file: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {value: None}
    if isinstance(value, list):
        return dict.fromkeys(value)
    if isinstance(value, dict):
        return value
    raise ConfigError(file=file, key="on", value=value, expected="an event, a list or a mapping")


def _inputs(file: str, dispatch: Any) -> dict[str, InputDeclaration]:
    declared = dispatch.get("inputs") or {} if isinstance(dispatch, dict) else {}
    found = {}
    for name, body in declared.items():
        body = body if isinstance(body, dict) else {}  # noqa: PLW2901 - `reason:` alone is a string
        kind = body.get("type", "string")
        where = f"on.workflow_dispatch.inputs.{name}"
        if kind not in INPUT_TYPES:
            raise ConfigError(
                file=file,
                key=f"{where}.type",
                value=kind,
                expected="one of " + ", ".join(INPUT_TYPES),
            )
        if kind == "choice" and not body.get("options"):
            raise ConfigError(file=file, key=f"{where}.options", expected="a list of choices")
        found[name] = InputDeclaration(
            name=name,
            type=kind,
            required=body.get("required", "false") == "true",
            default=body.get("default"),
            options=tuple(body.get("options") or ()),
        )
    return found


def _workflow_run(value: Any) -> RunTrigger | None:
    if not isinstance(value, dict):
        return None
    return RunTrigger(
        workflows=_strings(value.get("workflows")),
        types=_strings(value.get("types")),
        branches=_strings(value.get("branches")),
    )


def _strings(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
