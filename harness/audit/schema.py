"""The JSON Schema of an audit record, for sites that write one and programs that read them."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from harness.audit.record import AuditRecord

FILE = "audit.schema.json"


def make_schema() -> dict[str, Any]:
    """The schema, made from the models: JSON Schema 2020-12, https://json-schema.org/draft/2020-12 ."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "urn:sitedrill:audit:1",
        **AuditRecord.model_json_schema(mode="validation"),
    }


def schema_text() -> str:
    """As it is kept in `harness/audit/audit.schema.json`."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


def load_schema() -> dict[str, Any]:
    """The schema that ships with the package."""
    text = files("harness.audit").joinpath(FILE).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
