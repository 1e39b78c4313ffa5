"""The JSON Schema of results.json, for whoever reads it with another program."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def load_schema() -> dict[str, Any]:
    """The schema that ships with the package, JSON Schema 2020-12.

    See https://json-schema.org/draft/2020-12.
    """
    text = files("harness.reports").joinpath("results.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
