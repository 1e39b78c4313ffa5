"""Findings as annotations of GitHub: a line on standard output that it shows beside the change.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
"""

from __future__ import annotations

from harness.verify.finding import Finding
from harness.verify.report import Report

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def as_annotations(report: Report) -> str:
    """A command for each finding, and a line that counts."""
    found = len(report.findings)
    count = f"{found or 'no'} {'finding' if found == 1 else 'findings'}"
    return "".join(f"{_annotation(one)}\n" for one in report.findings) + f"{count}\n"


def _annotation(one: Finding) -> str:
    properties = {
        "file": one.path,
        "line": one.line,
        "endLine": one.end_line,
        "col": one.column,
        "title": ", ".join((one.rule, *one.also)),
    }
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    text = "\n".join(part for part in (one.message, one.why, one.fix) if part)
    return f"::{_COMMANDS[one.severity]} {told}::{_data(text)}"


def _data(text: str) -> str:
    # As toolkit's core escapes them:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
