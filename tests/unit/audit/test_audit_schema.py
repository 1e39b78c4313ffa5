from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from harness.audit import AuditRecord, load_schema, seal
from harness.audit import schema as shipped

pytestmark = pytest.mark.unit


def test_the_schema_that_ships_is_the_models() -> None:
    file = Path(shipped.__file__).with_name(shipped.FILE)
    assert file.read_text(encoding="utf-8") == shipped.schema_text()


def test_records_are_as_the_schema_has_them() -> None:
    validator = jsonschema.Draft202012Validator(load_schema())
    [sealed] = seal([AuditRecord(run="1")])
    for record in (sealed.model_dump(mode="json"), {"run": "1"}):
        validator.validate(record)
    for wrong in (
        {},
        {"run": "x"},
        {"run": "1", "whom": ""},
        {"run": "1", "when": {"started": "now"}},
    ):
        assert list(validator.iter_errors(wrong))
