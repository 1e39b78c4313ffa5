r"""Records chained by hash, so that one that is edited, removed, moved or cut off is noticed.

    sealed = seal(records)
    head = head_of(sealed)
    first_break(map(line_of, sealed), head)        # None

A record is written as canonical JSON (RFC 8785, https://www.rfc-editor.org/rfc/rfc8785), one a line. Its
hash is the SHA-256 of the same without `chain.hash`; `chain.previous` is the hash of the record before
(of the first: 64 zeros), `chain.sequence` counts from 1. The head says how many there are and the hash of
the last, so that an end that was cut off is noticed too.

Hashes are no signature: somebody who rewrites every record from the edited one on, and the head, leaves a
chain that holds. Against that, the head's hash has to be kept where they cannot write (`expected`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.audit.record import AuditRecord, Digest, Link

#: Before the first record.
START = "0" * 64


class Head(BaseModel):
    """The end of a chain: how many records there are, and the hash of the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    records: Annotated[int, Field(ge=0)]
    hash: Digest


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold: `record` counts from 1, and is 0 for the head."""

    record: int
    why: str

    def __str__(self) -> str:
        """In one line."""
        return f"record {self.record}: {self.why}" if self.record else f"head: {self.why}"


def canonical(value: Any) -> bytes:
    """JSON as RFC 8785 has it: one way to write a value, and only one."""
    return bytes(rfc8785.dumps(value))


def line_of(record: AuditRecord) -> bytes:
    """A record as it stands in a file, without the end of the line."""
    return canonical(record.model_dump(mode="json"))


def hash_of(record: AuditRecord) -> str:
    """The hash that a record must have: of all it says, and of its place."""
    fields = record.model_dump(mode="json")
    if fields["chain"] is not None:
        del fields["chain"]["hash"]
    return hashlib.sha256(canonical(fields)).hexdigest()


def seal(records: Iterable[AuditRecord]) -> list[AuditRecord]:
    """The records chained, in the order in which they are given; what chained them before is dropped."""
    sealed: list[AuditRecord] = []
    previous = START
    for sequence, record in enumerate(records, start=1):
        link = Link(sequence=sequence, previous=previous, hash=START)
        placed = record.model_copy(update={"chain": link})
        previous = hash_of(placed)
        link = link.model_copy(update={"hash": previous})
        sealed.append(placed.model_copy(update={"chain": link}))
    return sealed


def head_of(sealed: Sequence[AuditRecord]) -> Head:
    """The end of a chain."""
    last = sealed[-1].chain if sealed else None
    return Head(records=len(sealed), hash=last.hash if last else START)


def parse(line: bytes) -> AuditRecord:
    """A line as a record.

    Raises:
        ValueError: it is none, or not written as this room writes it; says why in one line.
    """
    try:
        value = json.loads(line)
        record = AuditRecord.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"it is not an audit record: {one_line(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if line_of(record) != line:
        raise ValueError("it is not written as it was: not in canonical form (RFC 8785)")
    return record


def first_break(
    lines: Sequence[bytes], head: Head | None, *, expected: str = ""
) -> tuple[list[AuditRecord], Break | None]:
    """Check a chain.

    Args:
        lines: one record each.
        head: its end, None when it is not there.
        expected: the hash that the end must have, as it was kept elsewhere; "" when it was not.

    Returns:
        The records up to the first that does not hold, and why that one does not.
    """
    held: list[AuditRecord] = []
    previous = START
    for number, line in enumerate(lines, start=1):
        try:
            record = parse(line)
        except ValueError as error:
            return held, Break(number, str(error))
        why = _why_not(record, number, previous)
        if why:
            return held, Break(number, why)
        previous = hash_of(record)
        held.append(record)
    return held, _why_not_the_end(len(held), previous, head, expected)


def _why_not(record: AuditRecord, number: int, previous: str) -> str:
    link = record.chain
    if link is None:
        return "it is not chained: its hash was taken out"
    if link.sequence > number:
        return f"it says it is record {link.sequence}: record {number} was removed, or moved"
    if link.sequence < number:
        return f"it says it is record {link.sequence}: records were moved, added or repeated"
    if not hmac.compare_digest(link.previous, previous):
        return (
            "it does not follow the record before it: one of the two was exchanged or edited"
            if number > 1
            else "it does not begin a chain: what stood before it was removed"
        )
    if not hmac.compare_digest(link.hash, hash_of(record)):
        return "it was edited: its content does not have its hash"
    return ""


def _why_not_the_end(count: int, last: str, head: Head | None, expected: str) -> Break | None:
    if head is None:
        return Break(0, "it is not there: whether records are missing at the end cannot be told")
    if head.records != count:
        more = "the last ones were cut off" if head.records > count else "some were added"
        return Break(
            min(head.records, count) + 1,
            f"there are {count} records, the head says {head.records}: {more}",
        )
    if not hmac.compare_digest(head.hash, last):
        where = count or 0
        return Break(where, "it is not the record that the head speaks of: one of them was edited")
    if expected and not hmac.compare_digest(expected.lower(), last):
        return Break(0, f"its hash is {last}, expected was {expected}: the chain was made anew")
    return None


def one_line(error: ValidationError) -> str:
    """The first thing that pydantic does not like, with its place."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the record"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg']}{more}"
