"""Findings as SARIF 2.1.0, which code scanning and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub takes of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from harness.verify.finding import Finding
from harness.verify.report import Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: Characters of a rule's description that code scanning takes (same page).
_LONGEST = 1024


def as_sarif(report: Report) -> str:
    """One run of one tool, whoever found what."""
    everything = (*report.findings, *report.ignored)
    rules = {one.rule: one for one in reversed(everything)}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "sitedrill",
                        "version": version("sitedrill"),
                        "rules": [_rule(rules[name]) for name in sorted(rules)],
                    }
                },
                "results": [
                    *(_result(one, ignored=False) for one in report.findings),
                    *(_result(one, ignored=True) for one in report.ignored),
                ],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(one: Finding) -> dict[str, Any]:
    description = {"text": (one.why or one.message)[:_LONGEST]}
    return {
        "id": one.rule,
        "shortDescription": description,
        # Code scanning requires both, and puts them at the top of the alert.
        "fullDescription": description,
        "help": {"text": one.fix or one.message},
        "defaultConfiguration": {"level": one.severity},
    }


def _result(one: Finding, *, ignored: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ruleId": one.rule,
        "level": one.severity,
        "message": {"text": f"{one.message}. {one.fix}" if one.fix else one.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(one.path)},
                    "region": {
                        "startLine": one.line,
                        "startColumn": one.column,
                        "endLine": one.end_line,
                    },
                }
            }
        ],
    }
    if ignored:
        told["suppressions"] = [{"kind": "inSource"}]
    return told
