"""The journal of one rollback with a complete audit trail, to be spoiled one record at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.journal import Record

RUN = "1001"
ACTOR = "octo-cat"
TARGET = "0123456789abcdef0123456789abcdef01234567"
OTHER = "fedcba9876543210fedcba9876543210fedcba98"
TAG = "v0.0.0-rollback.20260105T100003Z"
TIME = "2026-01-05T10:00:03Z"
REASON = "pages are cut off after the release"

MESSAGE = """Emergency operation by @{actor}

Who: {actor}
What: {what}
Target: {target}
When: {time}
Why: {reason}
Run: {run}
"""
WHAT = "rollback (last_known_good) of prod"
SUMMARY = """## Emergency operation

| Field | Value |
| --- | --- |
| Actor | @{actor} |
| Operation | {what} |
| Target commit | `{target}` |
| Tag | `{tag}` |
| Time | {time} |

> {reason}
"""
LOG = """operation: {what}
actor={actor} at {time}
target: {target}
tag {tag}
reason: {reason}
"""


def written(template: str, **values: str) -> str:
    """A text with the operation's values, some of them replaced."""
    truth = {
        "actor": ACTOR,
        "what": WHAT,
        "target": TARGET,
        "tag": TAG,
        "time": TIME,
        "reason": REASON,
        "run": RUN,
    }
    return template.format(**{**truth, **values})


def emergency(
    *,
    message: str | None = None,
    log: str | None = None,
    summary: str | None = None,
    caller: str = f"emergency-{RUN}",
    **dispatched: Any,
) -> list[Record]:
    """The journal; a text that is not given is complete and right."""
    records: list[Record] = []

    def add(kind: str, **data: Any) -> None:
        second = len(records)
        at = f"2026-01-05T10:00:{second:02}.000Z"
        records.append(Record(second + 1, float(second), at, kind, data))

    values = {"reason": str(dispatched.get("reason", REASON)).strip()}
    add("tag", name="v1.2.0", commit=OTHER, annotated=True, message="v1.2.0", tagger="release")
    add(
        "dispatched",
        **{
            "run": RUN,
            "workflow": "emergency.yml",
            "ref": "main",
            "sha": OTHER,
            "actor": ACTOR,
            "environment": "prod",
            "operation": "rollback",
            "method": "last_known_good",
            "reason": REASON,
            "target": None,
            "inputs": {},
            **dispatched,
        },
    )
    add("run.started", run=RUN, workflow="emergency.yml", role="response")
    for line in (written(LOG, **values) if log is None else log).splitlines():
        add("step.output", run=RUN, job="emergency", step="Say", line=line)
    add("step.output", run="999", job="emergency", step="Say", line="another run's line")
    call = {"service": "s3", "params": {"Key": "index.html"}, "status": 200, "error": ""}
    assume = {**call, "service": "sts", "operation": "AssumeRoleWithWebIdentity", "mutating": True}
    put = {**call, "operation": "PutObject", "mutating": True}
    add("aws.call", caller="anonymous", access_key="", **assume)
    add("aws.call", caller=caller, access_key="ASIAX", **put)
    add("aws.call", caller="drift", access_key="SITEDRILLDRIFT", **put)
    markdown = written(SUMMARY, **values) if summary is None else summary
    add("step.summary", run=RUN, job="emergency", step="Say", markdown=markdown)
    add(
        "tag",
        name=TAG,
        commit=TARGET,
        annotated=True,
        message=written(MESSAGE, **values) if message is None else message,
        tagger="site",
    )
    add("run.finished", run=RUN, conclusion="success", exit_code=0, seconds=9.0)
    return records


def changed(
    records: list[Record], kind: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> list[Record]:
    """The journal with every record of a kind changed, or left out when `change` returns None."""
    found = []
    for record in records:
        data = change(dict(record.data)) if record.kind == kind else dict(record.data)
        if data is not None:
            found.append(replace(record, data=data))
    return found
