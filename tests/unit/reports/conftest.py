"""What the tests of the reports are given: folders, a clock, and journals without drills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from written_drills import Drills, FakeClock, WrittenDrill


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "drills"


@pytest.fixture
def journals(out: Path) -> Path:
    return out / "journals"


@pytest.fixture
def drill(journals: Path) -> Drills:
    """`drill("name", verdict="unmet", ...)` writes one journal."""

    def write(name: str, **changes: Any) -> Path:
        return WrittenDrill(name, **changes).write(journals)

    return write


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def every_verdict(drill: Drills) -> None:
    """One drill for each verdict, an expected non-recovery and an interrupted one."""
    drill("a-met")
    drill(
        "b-stays-down", method="content_only", expected="does not recover",
        observed="does not recover", starts_at=20,
    )  # fmt: skip
    drill(
        "c-unmet", method="specific_commit", observed="does not recover", verdict="unmet",
        causes=["/ still answers 403 after the rollback"], missing=["why"], step_outcome="failure",
        line="::error::the target has no release record",
    )  # fmt: skip
    drill(
        "d-inconclusive", method="infrastructure_only", observed="", verdict="inconclusive",
        causes=["the fault never showed at the edge"], killed_before="",
    )  # fmt: skip
    drill(
        "e-error", operation="hotfix", method=None, observed="", verdict="error",
        causes=["moto does not implement cloudfront:CreateFunction; --cloud localstack has it"],
    )  # fmt: skip
    drill("f-killed", via="drift", killed_before="observe")
