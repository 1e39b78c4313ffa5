"""Findings for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from harness.verify.report import Report


def as_json(report: Report) -> str:
    """An object: `findings`, `ignored`, `workflows`, `roles`, `tools`."""
    told = {
        "findings": [asdict(one) for one in report.findings],
        "ignored": [asdict(one) for one in report.ignored],
        "workflows": list(report.workflows),
        "roles": dict(report.roles),
        "tools": dict(report.tools),
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
