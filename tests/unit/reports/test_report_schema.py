from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.reports.results import Results, read_results
from harness.reports.schema import load_schema

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parents[3] / "docs"


def validate(results: object) -> None:
    jsonschema.Draft202012Validator(load_schema()).validate(results)


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    return root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def admits(schema: dict[str, Any]) -> tuple[frozenset[str], frozenset[Any]]:
    """The JSON types and words a field may have, however the schema puts it."""
    options = schema.get("anyOf", [schema])
    types: set[str] = set()
    words: set[Any] = set()
    for option in options:
        named = option.get("enum", [option["const"]] if "const" in option else [])
        words |= {word for word in named if word is not None}
        if None in named:
            types.add("null")
        if named:
            types |= {"integer" if isinstance(w, int) else "string" for w in named if w is not None}
        else:
            stated = option["type"]
            types |= set(stated if isinstance(stated, list) else [stated])
    return frozenset(types), frozenset(words)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(load_schema())


@pytest.mark.usefixtures("every_verdict")
def test_results_of_every_verdict_validate(journals: Path) -> None:
    validate(json.loads(read_results(journals).model_dump_json()))


def test_results_without_drills_validate(journals: Path) -> None:
    validate(json.loads(read_results(journals).model_dump_json()))


@pytest.mark.usefixtures("every_verdict")
@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "fine"), ("availability", 1.1), ("recovery_seconds", "3 s"), ("more", 1)],
)
def test_the_schema_is_strict(journals: Path, field: str, value: object) -> None:
    results = json.loads(read_results(journals).model_dump_json())
    results["drills"][0][field] = value
    with pytest.raises(jsonschema.ValidationError):
        validate(results)


@pytest.mark.parametrize("name", ["", "summary", "drill", "audit"])
def test_the_schema_and_the_model_agree(name: str) -> None:
    shipped = load_schema()
    model = Results.model_json_schema(mode="serialization")
    ours = shipped["$defs"][name] if name else shipped
    classes = {"summary": "Summary", "drill": "DrillResult", "audit": "Audit"}
    theirs = model["$defs"][classes[name]] if name else model
    assert list(ours["properties"]) == list(theirs["properties"])
    assert ours["required"] == list(ours["properties"])
    assert ours["additionalProperties"] is False
    for field, schema in ours["properties"].items():
        described, made = resolved(schema, shipped), resolved(theirs["properties"][field], model)
        assert described["description"], field
        assert admits(described) == admits(made), field


def test_the_documentation_names_every_field() -> None:
    text = (DOCS / "results.md").read_text(encoding="utf-8")
    schema = load_schema()
    shapes = [schema, *schema["$defs"].values()]
    missing = {f for shape in shapes for f in shape["properties"] if f"`{f}`" not in text}
    assert missing == set()
