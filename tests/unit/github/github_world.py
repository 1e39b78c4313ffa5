"""What the tests of GitHub's side share: a small repository, and the reference site's past."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.github.actors import Actor
from harness.github.control import ControlPlane
from harness.github.history import Release
from harness.github.origin import Origin

REPOSITORY = "harbourlight/website"
SOMEBODY = Actor("on-call")
WHEN = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)

#: One input of every kind.
DEPLOY = """\
name: Deploy
run-name: Deploy ${{ inputs.environment }} by ${{ github.actor }}${{ inputs.dry && ', dry' || '' }}
on:
  workflow_dispatch:
    inputs:
      environment:
        type: choice
        options: [staging, prod]
        required: true
      reason:
        required: true
      dry:
        type: boolean
      loud:
        type: boolean
        default: true
      copies:
        type: number
        default: 2
      where:
        type: environment
      note:
jobs: {}
"""


@dataclass(frozen=True)
class Site:
    """The reference site with its past."""

    origin: Origin
    first: Release
    second: Release


def write(files: Mapping[str, str], tree: Path) -> None:
    """Put these texts into a checkout."""
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")


def commit(origin: Origin, files: Mapping[str, str], *, branch: str = "main") -> str:
    """Commit these texts, as anybody would."""
    return origin.commit(
        lambda tree: write(files, tree),
        message="A change",
        author=SOMEBODY,
        when=WHEN,
        branch=branch,
    )


def control_of(origin: Origin) -> ControlPlane:
    """Actions of this repository; runs are numbered from 1."""
    return ControlPlane(origin, repository=REPOSITORY, new_id=itertools.count(1).__next__)
