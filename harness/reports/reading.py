"""Results that an earlier run wrote, read again."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from harness.errors import ConfigError
from harness.reports.results import Results
from harness.reports.writing import RESULTS

#: The version of the format that this sitedrill writes.
SCHEMA = 1


def load_results(path: Path) -> Results:
    """What `results.json` says.

    Args:
        path: the file, or the folder that a run wrote it into.

    Raises:
        ConfigError: it is not there, is of another version of the format, or is no results.
    """
    file = path / RESULTS if path.is_dir() or path.suffix != ".json" else path
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise ConfigError(
            file=file,
            key="file",
            value=None if isinstance(error, FileNotFoundError) else error.strerror,
            expected="results that `sitedrill run` or `sitedrill merge` wrote",
            hint="name the folder given as --out",
        ) from error
    except ValueError as error:
        raise ConfigError(file=file, key="syntax", value=str(error), expected="JSON") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise ConfigError(
            file=file,
            key="schema",
            value=schema,
            expected=f"{SCHEMA}, the format of this sitedrill",
            hint="drill both with the same version of sitedrill",
        )
    try:
        return Results.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            file=file,
            key=".".join(str(part) for part in first["loc"]),
            value=None if first["type"] == "missing" else first["input"],
            expected=first["msg"],
            hint="drill both with the same version of sitedrill",
        ) from error
