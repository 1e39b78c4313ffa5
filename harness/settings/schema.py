"""The JSON Schema of `sitedrill.toml`, for editors: ships with the package, made from the models.

#:schema ./sitedrill.schema.json          # as taplo, Even Better TOML and others read it
"""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from harness.settings.sections import SiteSettings

#: https://json-schema.org/draft/2020-12
DIALECT = GenerateJsonSchema.schema_dialect


def make_schema() -> dict[str, Any]:
    """The schema, made from the models."""
    return {"$schema": DIALECT, **SiteSettings.model_json_schema(mode="validation")}


def schema_text() -> str:
    """As it is kept in `harness/settings.schema.json`."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"
