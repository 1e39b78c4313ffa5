"""The audit trail of a run: the records of all its drills, chained in the order of their names.

Drills run in several processes, at once: the chain is made when they are over, from their journals, so
that the same journals make the same chain whoever ran first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from harness.audit import AuditRecord, Head, write_trail
from harness.errors import SitedrillError
from harness.reports.journals import DrillJournal

#: The folder of the trail, beside the journals.
AUDIT = "audit"


def write_audit(journals: Iterable[DrillJournal], out_dir: Path) -> Head:
    """Write the trail of these journals into `out_dir/audit`, in place of what was there.

    Raises:
        SitedrillError: it cannot be written, or a journal holds a record that is none.
    """
    return write_trail(out_dir / AUDIT, records_of(journals))


def records_of(journals: Iterable[DrillJournal]) -> Iterator[AuditRecord]:
    """The audit records of journals, in their order: by drill, then as they were made."""
    for journal in journals:
        for record in journal.all("audit.record"):
            try:
                yield AuditRecord.model_validate(record.data.get("record"))
            except ValidationError as error:
                raise SitedrillError(
                    f"{journal.path}: record {record.seq} is not an audit record: {error}",
                    hint="run the drill again",
                ) from error
