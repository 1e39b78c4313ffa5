"""The journals of a run, read for reporting: one per drill, each kind of record at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import SitedrillError
from harness.journal import Record, read_journal
from harness.reports.text import clean, clean_all, one_line

#: Too many to clean ahead of need, or kept as they are; whoever shows them cleans them.
_CLEANED_LATER = frozenset({"step.output", "audit.record"})


@dataclass(frozen=True)
class DrillJournal:
    """One drill's records, in order, fit to print.

    Attributes:
        name: the drill's id, or the file's name when the journal does not say.
        path: relative to the folder the reports are written to, with forward slashes.
        records: of the last run in the file, should it hold several.
        by_kind: the same records, grouped.
        unreadable: why nothing could be read, '' when it could.
    """

    name: str
    path: str
    records: tuple[Record, ...]
    by_kind: Mapping[str, Sequence[Record]]
    unreadable: str = ""

    def all(self, kind: str) -> Sequence[Record]:
        """Every record of this kind, in order."""
        return self.by_kind.get(kind, ())

    def first(self, kind: str) -> Mapping[str, Any]:
        """The data of the first record of this kind, empty when there is none."""
        found = self.all(kind)
        return found[0].data if found else {}

    def last(self, kind: str) -> Mapping[str, Any]:
        """The data of the last record of this kind, empty when there is none."""
        found = self.all(kind)
        return found[-1].data if found else {}

    @property
    def end(self) -> float:
        """Seconds from the opening of the journal to its last record."""
        return self.records[-1].t if self.records else 0.0


def read_journals(journals_dir: Path, *, relative_to: Path | None = None) -> list[DrillJournal]:
    """Every `*.jsonl` in the folder, ordered by drill id; none when the folder is not there.

    Args:
        journals_dir: the folder.
        relative_to: where the reports go, when that is not the folder above it.
    """
    base = journals_dir.parent if relative_to is None else relative_to
    found = [_read(path, base) for path in sorted(journals_dir.glob("*.jsonl"))]
    return sorted(found, key=lambda journal: (journal.name, journal.path))


def _read(path: Path, base: Path) -> DrillJournal:
    where = clean(Path(os.path.relpath(path, base)).as_posix())
    try:
        records = _last_run(read_journal(path))
    except SitedrillError as error:
        # One spoilt journal must not cost the report of all the others.
        return DrillJournal(clean(path.stem), where, (), {}, unreadable=one_line(error.message))
    fit = tuple(
        record
        if record.kind in _CLEANED_LATER
        else Record(record.seq, record.t, record.at, record.kind, clean_all(record.data))
        for record in records
    )
    by_kind: dict[str, list[Record]] = {}
    for record in fit:
        by_kind.setdefault(record.kind, []).append(record)
    started = by_kind.get("drill.started")
    name = one_line(started[0].data.get("drill")) if started else ""
    return DrillJournal(name or clean(path.stem), where, fit, by_kind)


def _last_run(records: list[Record]) -> list[Record]:
    """A drill run again into the same file begins anew there."""
    starts = [index for index, record in enumerate(records) if record.kind == "drill.started"]
    return records[starts[-1] :] if starts else records
