"""The audit trail of emergency operations, as it is kept: one record each, chained by hash.

    record = AuditRecord(run="16000000001", ...)        # who, what, when, why, and where each was found
    write_trail(Path("build/drills/audit"), [record])   # trail.jsonl and head.json
    read_trail(Path("build/drills/audit")).broken       # None, or the first record that is not as it was

Nothing here knows of drills: a record is made from a journal in `harness.checks.recorded`, or by a
site's own emergency workflow, and this room keeps it so that an edit is noticed. `audit.schema.json` in
this folder says the same for other programs.
"""

from harness.audit.chain import START, Break, Head, first_break, head_of, seal
from harness.audit.folder import HEAD, TRAIL, Trail, read_trail, write_trail
from harness.audit.record import AuditRecord
from harness.audit.schema import load_schema

__all__ = [
    "HEAD",
    "START",
    "TRAIL",
    "AuditRecord",
    "Break",
    "Head",
    "Trail",
    "first_break",
    "head_of",
    "load_schema",
    "read_trail",
    "seal",
    "write_trail",
]
