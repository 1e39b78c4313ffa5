"""Runs of the past, made up: for tests only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from harness.history.runs import DrillRow, RunRow

BEGAN = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def run(night: int, *drills: DrillRow, commit: str | None = "c1", **changes: Any) -> RunRow:
    """The run of a night."""
    about: dict[str, Any] = {
        "id": f"run-{night:03}",
        "started": (BEGAN + timedelta(days=night)).isoformat(),
        "repository": "harbourlight/website",
        "commit": commit,
        "cloud": "moto",
        "runner": "host",
        "versions": {"act": "0.2.89"},
        "drills": drills,
    }
    return RunRow(**(about | changes))


def met(seconds: float | None = 10.0, drill: str = "a") -> DrillRow:
    return DrillRow(drill, "met", seconds, 4.0, 0.7)


def unmet(drill: str = "a", cause: str = "/ answers 403") -> DrillRow:
    return DrillRow(drill, "unmet", None, None, 0.2, cause)


def nights(*rows: DrillRow, **changes: Any) -> list[RunRow]:
    """A run for each row, night after night."""
    return [run(night, row, **changes) for night, row in enumerate(rows)]
