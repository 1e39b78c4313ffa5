"""How findings are told: one module for each form, each one function from a report to a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.verify.formats.github import as_annotations
from harness.verify.formats.json import as_json
from harness.verify.formats.sarif import as_sarif
from harness.verify.formats.text import as_text
from harness.verify.report import Report

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_annotations,
}

__all__ = ["FORMATS"]
