"""How long each drill took in earlier runs, from their results.json."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from harness.errors import ConfigError
from harness.reports.writing import RESULTS


class _Timed(BaseModel):
    """All that is needed of a drill: results of any version of the format will do."""

    id: str
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    interrupted: str | None = None


class _Past(BaseModel):
    drills: tuple[_Timed, ...]


def known_durations(paths: Iterable[Path]) -> tuple[dict[str, float], list[Path]]:
    """The seconds of each drill, the median where several runs timed it; and what was not there.

    A drill that was interrupted says nothing of how long it takes.

    Args:
        paths: results.json of earlier runs, or the folders that hold one.

    Raises:
        ConfigError: a file is there but holds no results.
    """
    times: dict[str, list[float]] = {}
    missing = []
    for path in paths:
        file = path / RESULTS if path.is_dir() else path
        if not file.is_file():
            missing.append(file)
            continue
        for drill in _read(file).drills:
            if drill.interrupted is None:
                times.setdefault(drill.id, []).append(drill.seconds)
    return {drill: median(seconds) for drill, seconds in times.items()}, missing


def _read(file: Path) -> _Past:
    try:
        return _Past.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else error.errors()[0]["msg"]
        raise ConfigError(
            file=file, key="drills", value=why, expected="the results.json of an earlier run"
        ) from error
