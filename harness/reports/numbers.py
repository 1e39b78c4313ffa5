"""The numbers of a run as CSV: a line for each drill, for a spreadsheet or a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from statistics import median
from typing import Any

from harness.reports.journals import DrillJournal
from harness.reports.results import DrillResult, Results, seconds_of

#: A cell that begins so would be a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def numbers(results: Results, journals: Sequence[DrillJournal]) -> str:
    """The drills as CSV (RFC 4180), times in seconds, shares from 0 to 1; empty where not known.

    Args:
        results: made from `journals`.
        journals: the same journals, in the same order.
    """
    rows = [_row(d, j) for d, j in zip(results.drills, journals, strict=True)]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(row[column]) for column in _COLUMNS] for row in rows)
    return out.getvalue()


_COLUMNS = (
    "drill", "incident", "layer", "via", "environment", "operation", "method",
    "expected", "observed", "verdict", "recovery_seconds", "time_to_deploy_seconds",
    "symptom_seconds", "availability", "probes", "probes_healthy", "latency_median_seconds",
    "latency_slowest_seconds", "run_seconds", "aws_calls", "aws_changes", "audit_complete",
    "drill_seconds", "started", "runner", "cloud",
)  # fmt: skip


def _row(drill: DrillResult, journal: DrillJournal) -> dict[str, Any]:
    probes = journal.all("probe")
    latencies = [s for p in probes if (s := seconds_of(p.data.get("seconds"))) is not None]
    calls = journal.all("aws.call")
    return {
        "drill": drill.id,
        "incident": drill.incident,
        "layer": drill.layer,
        "via": drill.via,
        "environment": drill.environment,
        "operation": drill.operation,
        "method": drill.method,
        "expected": drill.expected,
        "observed": drill.observed,
        "verdict": drill.verdict,
        "recovery_seconds": drill.recovery_seconds,
        "time_to_deploy_seconds": drill.time_to_deploy_seconds,
        "symptom_seconds": seconds_of(journal.last("symptom").get("seconds")),
        "availability": drill.availability,
        "probes": len(probes),
        "probes_healthy": sum(p.data.get("healthy") is True for p in probes),
        "latency_median_seconds": round(median(latencies), 4) if latencies else None,
        "latency_slowest_seconds": max(latencies, default=None),
        "run_seconds": _response_seconds(journal),
        "aws_calls": len(calls),
        "aws_changes": sum(c.data.get("mutating") is True for c in calls),
        "audit_complete": drill.audit.complete,
        "drill_seconds": drill.seconds,
        "started": journal.records[0].at if journal.records else None,
        "runner": drill.runner,
        "cloud": drill.cloud,
    }


def _response_seconds(journal: DrillJournal) -> float | None:
    responses = {
        r.data.get("run") for r in journal.all("run.started") if r.data.get("role") == "response"
    }
    finished = [r for r in journal.all("run.finished") if r.data.get("run") in responses]
    return seconds_of(finished[-1].data.get("seconds")) if finished else None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
