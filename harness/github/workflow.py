"""What a workflow file says about how it may be started, and which jobs it has; their steps are act's.

Source of the format:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from harness.errors import ConfigError
from harness.github import _yaml
from harness.github.filters import matches
from harness.github.jobs import Concurrency, JobDeclaration, read_concurrency, read_jobs
from harness.github.permissions import read_permissions

_IDS_FROM = 100_000_000
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
    """`on.push`: the branches and tags whose push starts the workflow; None where nothing is said.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#push
    """

    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    paths_ignore: tuple[str, ...] | None = None

    def takes(self, ref: str, changed: Collection[str] | None) -> bool:
        """Whether a push starts it.

        Args:
            ref: the full name of what was pushed.
            changed: the files that it changed; None where GitHub does not look (tags, new branches
                without a common past).
        """
        if ref.startswith("refs/tags/"):
            return self.takes_tag(ref.removeprefix("refs/tags/"))
        return self._takes_branch(ref.removeprefix("refs/heads/")) and self._takes_files(changed)

    def _takes_branch(self, branch: str) -> bool:
        if self.branches is not None:
            return matches(branch, self.branches)
        if self.branches_ignore is not None:
            return not matches(branch, self.branches_ignore)
        return self.tags is None and self.tags_ignore is None

    def _takes_files(self, changed: Collection[str] | None) -> bool:
        if changed is None:
            return True
        if self.paths is not None:
            return any(matches(name, self.paths) for name in changed)
        if self.paths_ignore is not None:
            return not all(matches(name, self.paths_ignore) for name in changed)
        return True

    def takes_tag(self, tag: str) -> bool:
        """Whether a tag's push starts it: not when only branches are spoken of."""
        if self.tags is not None:
            return matches(tag, self.tags)
        if self.tags_ignore is not None:
            return not matches(tag, self.tags_ignore)
        return self.branches is None and self.branches_ignore is None


@dataclass(frozen=True)
class CallTrigger:
    """`on.workflow_call`: what a caller may give, and the texts that say what it gets back.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_call
    """

    inputs: Mapping[str, InputDeclaration] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Workflow:
    """A workflow file: `text` as it stands, its name, its triggers, its jobs."""

    file: str
    name: str
    run_name: str
    triggers: frozenset[str]
    inputs: Mapping[str, InputDeclaration] = field(default_factory=dict)
    workflow_run: RunTrigger | None = None
    push: PushTrigger | None = None
    call: CallTrigger | None = None
    dispatch_types: tuple[str, ...] = ()
    concurrency: Concurrency | None = None
    permissions: Mapping[str, str] | None = None
    jobs: Mapping[str, JobDeclaration] = field(default_factory=dict)
    text: str = field(default="", repr=False)


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
        call=_call(file, triggers["workflow_call"]) if "workflow_call" in triggers else None,
        dispatch_types=_types(file, triggers.get("repository_dispatch")),
        concurrency=read_concurrency(file, "concurrency", document.get("concurrency")),
        permissions=read_permissions(file, "permissions", document.get("permissions")),
        jobs=read_jobs(file, document),
        text=text,
    )


def short_name(workflow: Workflow) -> str:
    """The file name by which people and the API name a workflow."""
    return PurePosixPath(workflow.file).name


def workflow_id(file: str) -> int:
    """The number by which GitHub's API knows the workflow in this file: always the same."""
    return _IDS_FROM + zlib.crc32(file.encode())


def _triggers(file: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return _mapping(file, "on", value)
    return dict.fromkeys(_strings(file, "on", value, "an event, a list of events or a mapping"))


def _inputs(
    file: str, declaring: Any, trigger: str = "on.workflow_dispatch"
) -> dict[str, InputDeclaration]:
    declared = _mapping(file, trigger, declaring).get("inputs")
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


def _call(file: str, value: Any) -> CallTrigger:
    where = "on.workflow_call"
    outputs = _mapping(file, f"{where}.outputs", _mapping(file, where, value).get("outputs"))
    return CallTrigger(
        inputs=_inputs(file, value, where),
        outputs={
            name: _text(
                file,
                f"{where}.outputs.{name}.value",
                _mapping(file, f"{where}.outputs.{name}", body).get("value"),
            )
            or ""
            for name, body in outputs.items()
        },
    )


def _types(file: str, value: Any) -> tuple[str, ...]:
    where = "on.repository_dispatch"
    return _strings(file, f"{where}.types", _mapping(file, where, value).get("types"))


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
    keys = ("branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore")
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
