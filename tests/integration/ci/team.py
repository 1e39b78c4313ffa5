"""What the tests of the example workflows share."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.github.runs import Run
from harness.journal import Record

ROOT = Path(__file__).parents[3]
SetUp = Callable[[Path], None]

_OUTLINE = (ROOT / "features" / "drift.feature").read_text().partition("    @seed")[0]
#: Two drills in the words of the features that ship with sitedrill.
FEATURE = f"""{_OUTLINE}    Examples:
      | incident       | method              | outcome          |
      | html-truncated | content_only        | recovers         |
      | html-truncated | infrastructure_only | does not recover |
"""


@dataclass
class Ran:
    """What is left of a workflow's run."""

    run: Run
    records: Sequence[Record]
    artifacts: Mapping[str, bytes]

    @property
    def summary(self) -> str:
        return "\n".join(r.data["markdown"] for r in self.records if r.kind == "step.summary")

    @property
    def said(self) -> str:
        """Everything that the steps printed, for the message of a failed assertion."""
        return "\n".join(
            f"{r.data['job']} | {r.data['step']} | {r.data['line']}"
            for r in self.records
            if r.kind == "step.output"
        )

    def file(self, artifact: str, name: str) -> str:
        """One file of an artifact."""
        with zipfile.ZipFile(io.BytesIO(self.artifacts[artifact])) as archive:
            return archive.read(name).decode()

    def outcomes(self, step: str) -> list[str]:
        """How a step ended, in each job that has it."""
        return [
            r.data["outcome"]
            for r in self.records
            if r.kind == "step.finished" and re.fullmatch(step, r.data["step"])
        ]
