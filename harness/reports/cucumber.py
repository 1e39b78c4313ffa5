"""Cucumber JSON: a feature for each feature, a scenario for each drill, for tools that read no other.

The dialect is that of Cucumber's own JSON formatter, durations in nanoseconds:
https://github.com/cucumber/cucumber-json-schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from harness.reports.journals import DrillJournal
from harness.reports.results import DrillResult, Results, seconds_of
from harness.reports.text import one_line

_NO_FEATURE = "(no feature)"
_STATUS = {"passed": "passed", "failed": "failed"}
_NANOSECONDS = 1_000_000_000
#: A drill that never came to a verdict fails in a step of this name.
_VERDICT = "the drill meets its expectation"


def cucumber(results: Results, journals: Sequence[DrillJournal]) -> str:
    """The results as Cucumber JSON.

    Args:
        results: made from `journals`.
        journals: the same journals, in the same order.
    """
    features: dict[str, dict[str, Any]] = {}
    for drill, journal in zip(results.drills, journals, strict=True):
        name = drill.feature or _NO_FEATURE
        feature = features.setdefault(
            name,
            {
                "uri": _uri(journal) or f"{_slug(name)}.feature",
                "id": _slug(name),
                "keyword": "Feature",
                "name": name,
                "description": "",
                "line": 1,
                "tags": [],
                "elements": [],
            },
        )
        feature["elements"].append(_scenario(feature["id"], drill, journal))
    return json.dumps(list(features.values()), indent=2, ensure_ascii=False) + "\n"


def _scenario(feature: str, drill: DrillResult, journal: DrillJournal) -> dict[str, Any]:
    return {
        "id": f"{feature};{_slug(drill.id)}",
        "keyword": "Scenario",
        "type": "scenario",
        "name": drill.id,
        "description": drill.scenario or "",
        "line": _line(journal.first("gherkin").get("scenario_line")),
        "start_timestamp": journal.records[0].at if journal.records else "",
        "tags": [
            {"name": f"@{_slug(tag)}", "line": 1}
            for tag in (drill.layer, drill.via, drill.environment, drill.verdict)
            if tag
        ],
        "steps": _steps(drill, journal),
    }


def _steps(drill: DrillResult, journal: DrillJournal) -> list[dict[str, Any]]:
    """The steps as the feature has them; a verdict that no step told becomes one of its own."""
    steps = [
        _step(
            one_line(record.data.get("keyword")) or "*",
            one_line(record.data.get("text")),
            _STATUS.get(one_line(record.data.get("outcome")), "unknown"),
            line=_line(record.data.get("line")),
            seconds=seconds_of(record.data.get("seconds")) or 0.0,
            error=one_line(record.data.get("error")),
        )
        for record in journal.all("gherkin")
    ]
    failed = any(step["result"]["status"] == "failed" for step in steps)
    if not steps or failed != (drill.verdict != "met"):
        steps.append(
            _step(
                "Then",
                _VERDICT,
                "passed" if drill.verdict == "met" else "failed",
                line=1,
                seconds=0.0 if steps else drill.seconds,
                error="\n".join(drill.causes),
            )
        )
    return steps


def _step(
    keyword: str, text: str, status: str, *, line: int, seconds: float, error: str
) -> dict[str, Any]:
    result: dict[str, Any] = {"status": status, "duration": round(seconds * _NANOSECONDS)}
    if status == "failed":
        result["error_message"] = error or "no reason is known"
    return {
        "keyword": f"{keyword} ",
        "name": text,
        "line": line,
        "match": {"location": "steps/drill_steps.py"},
        "result": result,
    }


def _uri(journal: DrillJournal) -> str:
    return one_line(journal.first("gherkin").get("file"))


def _line(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_.-]+", "-", text.lower()).strip("-") or "unnamed"
