"""The AWS calls of a run that changed something, from the journal, by the layer they change.

    changes = mutating_calls(records, by_run("1001"))
    changes.infrastructure      # () after a content_only rollback

A call that AWS refused changed nothing and is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.journal import Record

#: S3's operations that write objects; all its other changing operations configure a bucket.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
_OBJECT_WRITES = frozenset(
    {
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateMultipartUpload",
        "DeleteObject",
        "DeleteObjectTagging",
        "DeleteObjects",
        "PutObject",
        "PutObjectAcl",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "PutObjectTagging",
        "RestoreObject",
        "UploadPart",
        "UploadPartCopy",
    }
)
#: Handing out credentials is not a change to the site.
NEVER_A_CHANGE = frozenset({"sts"})


@dataclass(frozen=True)
class Changes:
    """`aws.call` records in order.

    An invalidation is neither layer: it only makes the edge ask the origin again.
    """

    infrastructure: tuple[Record, ...]
    content: tuple[Record, ...]
    invalidations: tuple[Record, ...]


def changes_something(record: Record) -> bool:
    """Whether this is a successful AWS call that changes the site's content or infrastructure."""
    data = record.data
    return (
        record.kind == "aws.call"
        and bool(data.get("mutating"))
        and int(data.get("status", 0)) < 400
        and not data.get("error")
        and data.get("service") not in NEVER_A_CHANGE
    )


def by_run(run: str) -> Callable[[str], bool]:
    """Whether a caller is that run: its role-session name contains the run's id as a whole word."""
    pattern = re.compile(rf"(?<![0-9A-Za-z]){re.escape(run)}(?![0-9A-Za-z])")
    return lambda caller: bool(pattern.search(caller))


def mutating_calls(
    records: Sequence[Record],
    caller: Callable[[str], bool],
    *,
    since: float = 0.0,
    until: float = math.inf,
) -> Changes:
    """The calls by `caller` with `since <= t <= until` (journal seconds) that changed something.

    What is not known to be content counts as infrastructure, whatever the service.
    """
    infrastructure: list[Record] = []
    content: list[Record] = []
    invalidations: list[Record] = []
    for record in records:
        if not changes_something(record) or not since <= record.t <= until:
            continue
        if not caller(str(record.data.get("caller", ""))):
            continue
        service, operation = record.data.get("service"), record.data.get("operation")
        if (service, operation) == ("cloudfront", "CreateInvalidation"):
            invalidations.append(record)
        elif service == "s3" and operation in _OBJECT_WRITES:
            content.append(record)
        else:
            infrastructure.append(record)
    return Changes(tuple(infrastructure), tuple(content), tuple(invalidations))


def described(record: Record) -> str:
    """A call in one line: `cloudfront UpdateDistribution Id=E1 by emergency-1001`."""
    data = record.data
    params = data.get("params", {})
    named = [f"{name}={params[name]}" for name in ("Id", "Bucket", "Key") if params.get(name)]
    words = [str(data.get("service")), str(data.get("operation")), *named]
    return f"{' '.join(words)} by {data.get('caller')}"
