"""What a workflow file says about how it may be started; its jobs are act's business, not ours.

Reads only names and triggers. Source of the format:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from harness.errors import ConfigError
from harness.github import _yaml
from harness.github.filters import matches

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
    branches_ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class PushTrigger:
    """`on.push`: the branches and tags whose push starts the workflow; None where nothing is said."""

    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None

    def takes_tag(self, tag: str) -> bool:
        """Whether a tag's push starts it: not when only branches are spoken of.

        https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#push
        """
        if self.tags is not None:
            return matches(tag, self.tags)
        if self.tags_ignore is not None:
            return not matches(tag, self.tags_ignore)
        return self.branches is None and self.branches_ignore is None


@dataclass(frozen=True)
class Workflow:
    """A workflow file's name and triggers."""

    file: str
    name: str
    run_name: str
    triggers: frozenset[str]
    inputs: Mapping[str, InputDeclaration] = field(default_factory=dict)
    workflow_run: RunTrigger | None = None
    push: PushTrigger | None = None


def parse_workflow(file: str, text: str) -> Workflow:
    """Read a workflow file.

    Args:
        file: its path in the repository, for messages and as its name when it has none.
        text: what it says.

    Raises:
        ConfigError: not YAML (names line and column), or not of a workflow's shape (names the key).
    """
    document = _yaml.load(file, text)
    if not isinstance(document, dict) or document.get("on") is None:
        raise ConfigError(file=file, key="on", expected="the events that start the workflow")
    triggers = _triggers(file, document["on"])
    return Workflow(
        file=file,
        name=_text(file, "name", document.get("name")) or file,
        run_name=_text(file, "run-name", document.get("run-name")) or "",
        triggers=frozenset(triggers),
        inputs=_inputs(file, triggers.get("workflow_dispatch")),
        workflow_run=_workflow_run(file, triggers.get("workflow_run")),
        push=_push(file, triggers["push"]) if "push" in triggers else None,
    )


def short_name(workflow: Workflow) -> str:
    """The file name by which people and the API name a workflow."""
    return PurePosixPath(workflow.file).name


def _triggers(file: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return _mapping(file, "on", value)
    return dict.fromkeys(_strings(file, "on", value, "an event, a list of events or a mapping"))


def _inputs(file: str, dispatch: Any) -> dict[str, InputDeclaration]:
    trigger = "on.workflow_dispatch"
    declared = _mapping(file, trigger, dispatch).get("inputs")
    return {
        name: _input(file, f"{trigger}.inputs.{name}", name, body)
        for name, body in _mapping(file, f"{trigger}.inputs", declared).items()
    }


def _input(file: str, where: str, name: str, value: Any) -> InputDeclaration:
    body = _mapping(file, where, value)
    kind = body.get("type") or "string"
    if kind not in INPUT_TYPES:
        expected = "one of " + ", ".join(INPUT_TYPES)
        raise ConfigError(file=file, key=f"{where}.type", value=kind, expected=expected)
    options = body.get("options")
    if (kind == "choice" and not options) or not isinstance(options, list | None):
        raise ConfigError(
            file=file, key=f"{where}.options", value=options, expected="a list of choices"
        )
    required = _text(file, f"{where}.required", body.get("required"))
    default = _text(file, f"{where}.default", body.get("default"))
    if kind == "boolean" and (flag := _yaml.boolean(default)) is not None:
        default = "true" if flag else "false"
    return InputDeclaration(
        name=name,
        type=kind,
        required=_yaml.boolean(required) is True,
        default=default,
        options=_strings(file, f"{where}.options", options, "a list of choices"),
    )


def _workflow_run(file: str, value: Any) -> RunTrigger | None:
    if value is None:
        return None
    where = "on.workflow_run"
    body = _mapping(file, where, value)
    keys = ("workflows", "types", "branches", "branches-ignore")
    trigger = RunTrigger(*(_strings(file, f"{where}.{key}", body.get(key)) for key in keys))
    if trigger.branches and trigger.branches_ignore:
        raise ConfigError(
            file=file,
            key=f"{where}.branches-ignore",
            value=list(trigger.branches_ignore),
            expected="either branches or branches-ignore, not both",
        )
    return trigger


def _push(file: str, value: Any) -> PushTrigger:
    where = "on.push"
    body = _mapping(file, where, value)
    keys = ("branches", "branches-ignore", "tags", "tags-ignore")
    return PushTrigger(
        *(_strings(file, f"{where}.{key}", body[key]) if key in body else None for key in keys)
    )


def _mapping(file: str, key: str, value: Any) -> dict[str, Any]:
    """A mapping with names for keys; nothing at all is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict) or None in value:
        raise ConfigError(file=file, key=key, value=value, expected="a mapping of names")
    return value


def _strings(
    file: str, key: str, value: Any, expected: str = "a text or a list of texts"
) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(item, str) for item in items):
        raise ConfigError(file=file, key=key, value=value, expected=expected)
    return tuple(items)


def _text(file: str, key: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ConfigError(file=file, key=key, value=value, expected="a single value")
