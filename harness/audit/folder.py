"""A trail as two files of a folder: the records, and the end of their chain.

build/drills/audit/trail.jsonl     one record a line
build/drills/audit/head.json       how many there are, and the hash of the last
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.audit.chain import (
    Break,
    Head,
    canonical,
    first_break,
    head_of,
    line_of,
    one_line,
    seal,
)
from harness.audit.record import AuditRecord
from harness.errors import SitedrillError

TRAIL = "trail.jsonl"
HEAD = "head.json"


@dataclass(frozen=True)
class Trail:
    """A trail as it was read: the records up to the first that does not hold, and why it does not."""

    records: tuple[AuditRecord, ...]
    head: Head | None
    broken: Break | None


def write_trail(directory: Path, records: Iterable[AuditRecord]) -> Head:
    """Chain records in their order and write them, in place of what was there.

    The head is taken away first and comes back last: a writer that is ended in between leaves a trail
    without an end, never one that looks whole. Both files are written beside their names and renamed.

    Raises:
        SitedrillError: the folder cannot be written.
    """
    sealed = seal(records)
    head = head_of(sealed)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / HEAD).unlink(missing_ok=True)
        _write(directory / TRAIL, b"".join(line_of(record) + b"\n" for record in sealed))
        _write(directory / HEAD, canonical(head.model_dump(mode="json")) + b"\n")
    except OSError as error:
        raise SitedrillError(
            f"{directory}: cannot write the audit trail: {error.strerror}",
            hint="choose another folder with --out",
        ) from error
    return head


def read_trail(directory: Path, *, expected: str = "") -> Trail:
    """Read a trail and check its chain.

    Args:
        directory: where it lies.
        expected: the hash that its end must have, as it was kept elsewhere.

    Raises:
        SitedrillError: there is no trail, or it cannot be read.
    """
    try:
        content = (directory / TRAIL).read_bytes()
    except OSError as error:
        raise SitedrillError(
            f"{directory / TRAIL}: cannot read the audit trail: {error.strerror}",
            hint="name a folder that `sitedrill run` wrote, such as build/drills/audit",
        ) from error
    head, broken = _read_head(directory / HEAD)
    if content and not content.endswith(b"\n"):
        lines = content.split(b"\n")
        cut = Break(len(lines), "it was cut off: its line does not end")
        held, found = first_break(lines[:-1], head, expected=expected)
        # What is wrong with the whole lines comes first, if it is not their number alone.
        broken = found if found and 0 < found.record < len(lines) else cut
        return Trail(tuple(held), head, broken)
    held, found = first_break(content.split(b"\n")[:-1], head, expected=expected)
    if found is not None and found.record:
        broken = found
    return Trail(tuple(held), head, broken or found)


def _read_head(path: Path) -> tuple[Head | None, Break | None]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise SitedrillError(f"{path}: cannot read: {error.strerror}") from error
    try:
        head = Head.model_validate(json.loads(content))
    except ValidationError as error:
        return None, Break(0, f"{path.name} was edited: {one_line(error)}")
    except (ValueError, RecursionError) as error:
        return None, Break(0, f"{path.name} was edited: it is not JSON: {error}")
    if canonical(head.model_dump(mode="json")) + b"\n" != content:
        return head, Break(0, f"{path.name} was edited: it is not written as it was")
    return head, None


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
