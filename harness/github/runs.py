"""Runs as GitHub knows them before and after act has its turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.github.workflow import Workflow, short_name


@dataclass(frozen=True)
class RunRequest:
    """A run that GitHub has accepted and a runner is to execute."""

    id: int
    attempt: int
    workflow: Workflow
    event_name: str
    event: Mapping[str, Any]
    ref: str
    sha: str
    actor: str
    repository: str
    title: str
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The run's id as text, as journals and session names carry it."""
        return str(self.id)

    @property
    def ref_name(self) -> str:
        """The branch or tag without `refs/heads/` or `refs/tags/`."""
        return self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")

    @property
    def file(self) -> str:
        """The workflow's file name, by which people know it."""
        return short_name(self.workflow)

    @property
    def environment(self) -> str:
        """The environment named by the inputs, or nothing."""
        return self.inputs.get("environment", "")
