"""The records that deployments leave in the bucket: what they say, and whether it is what the tag says.

    note_records(journal, clients, records, prefix="deployments/")  # one `release.record` for each
    said_by_records(read_journal(path), runs)

The journal has no bodies of AWS calls: what lies in S3 when the run is over is read, as whoever rolls
back next will read it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.audit.record import Item
from harness.checks.changes import by_run, changes_something
from harness.checks.operation import find_operation, operations_of
from harness.cloud.clients import Clients
from harness.journal import Journal, Record

#: Bytes of a record that are read; more is no record.
READABLE = 65_536
#: What sites call these things in their records.
_KEYS: Mapping[str, Item] = {
    "commit": "target_commit",
    "sha": "target_commit",
    "target_commit": "target_commit",
    "tag": "tag",
    "run": "run",
    "run_id": "run",
    "attempt": "attempt",
    "run_attempt": "attempt",
    "actor": "requested_by",
    "who": "requested_by",
    "requested_by": "requested_by",
    "operation": "operation",
    "method": "method",
    "environment": "environment",
    "reason": "why",
    "why": "why",
    "layers": "layers",
}


def note_records(
    journal: Journal,
    clients: Clients,
    records: Sequence[Record],
    *,
    prefix: str,
) -> None:
    """Journal what lies in S3 under each key that an emergency put below `prefix`, or a run it started.

    Args:
        journal: is told, one `release.record` for each.
        clients: to read S3 with.
        records: the drill's journal so far.
        prefix: of the keys; "" for a site that keeps none.
    """
    if not prefix:
        return
    operations = [find_operation(records, run) for run in operations_of(records)]
    runs = [run for one in operations if one for run in (one.run, *one.followers)]
    callers = {run: by_run(run) for run in runs}
    for record in records:
        params = record.data.get("params") or {}
        key, bucket = str(params.get("Key", "")), str(params.get("Bucket", ""))
        if (
            not changes_something(record)
            or record.data.get("operation") != "PutObject"
            or not key.startswith(prefix)
        ):
            continue
        for run, mine in callers.items():
            if mine(str(record.data.get("caller", ""))):
                text, error = _read(clients, bucket, key)
                told = {"text": text} if not error else {"text": "", "error": error}
                journal.write("release.record", run=run, bucket=bucket, key=key, **told)
                break


def said_by_records(records: Sequence[Record], runs: Collection[str]) -> list[dict[Item, str]]:
    """What the records of these runs say, in order; of one that is no JSON object, nothing."""
    return [
        values_of(str(record.data.get("text", "")))
        for record in records
        if record.kind == "release.record" and str(record.data.get("run")) in runs
    ]


def values_of(text: str) -> dict[Item, str]:
    """The values of a record that we know by their names."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, Mapping):
        return {}
    found: dict[Item, str] = {}
    for key, value in content.items():
        item = _KEYS.get(str(key).lower().replace("-", "_"))
        if item is not None and value not in (None, "", []):
            found.setdefault(item, _text(value))
    return found


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(clients: Clients, bucket: str, key: str) -> tuple[str, str]:
    try:
        body = clients.s3.get_object(Bucket=bucket, Key=key)["Body"]
        content = body.read(READABLE + 1)
    except ClientError as error:
        return "", str(error.response.get("Error", {}).get("Code", error))
    except BotoCoreError as error:
        return "", str(error)
    if len(content) > READABLE:
        return "", f"longer than {READABLE} bytes"
    return content.decode("utf-8", errors="replace"), ""
