"""Whatever is done to a trail afterwards, it is noticed, and the first record it was done to is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from harness.audit import HEAD, START, TRAIL, AuditRecord, read_trail, write_trail
from harness.audit.chain import canonical, hash_of, line_of, seal
from harness.audit.record import Approval, Change, Finding, Found, What, When, Who
from harness.errors import SitedrillError

pytestmark = pytest.mark.unit

MOMENTS = st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "Z")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
COMMITS = st.text("0123456789abcdef", min_size=40, max_size=40)

RECORDS = st.builds(
    AuditRecord,
    drill=WORDS,
    run=st.integers(1, 2**53 - 1).map(str),
    attempt=st.integers(1, 9),
    who=st.builds(
        Who,
        requested_by=st.none() | WORDS,
        approvals=st.lists(st.builds(Approval, by=WORDS, comment=WORDS), max_size=2).map(tuple),
    ),
    what=st.builds(
        What,
        operation=st.sampled_from(["hotfix", "rollback"]),
        target_commit=st.none() | COMMITS,
        tag=st.none() | WORDS,
        changes=st.lists(
            st.builds(Change, at=MOMENTS, service=WORDS, operation=WORDS), max_size=2
        ).map(tuple),
    ),
    when=st.builds(When, requested=MOMENTS, deployed=st.none() | MOMENTS),
    why=st.none() | WORDS,
    places=st.dictionaries(
        st.sampled_from(["why", "tag", "run"]),
        st.lists(st.builds(Found, place=st.just("tag"), value=WORDS), max_size=2).map(tuple),
        max_size=2,
    ),
    findings=st.lists(st.builds(Finding, kind=st.just("missing"), text=WORDS), max_size=2).map(
        tuple
    ),
    complete=st.booleans(),
)
TRAILS = st.lists(RECORDS, min_size=1, max_size=5)
#: Each example writes its own folder anew.
EXAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def lines_of(folder: Path) -> list[bytes]:
    return (folder / TRAIL).read_bytes().splitlines(keepends=True)


@EXAMPLES
@given(records=st.lists(RECORDS, max_size=5))
def test_what_was_written_is_read_back_and_holds(
    tmp_path: Path, records: list[AuditRecord]
) -> None:
    head = write_trail(tmp_path, records)
    trail = read_trail(tmp_path, expected=head.hash)
    assert trail.broken is None
    assert [record.model_copy(update={"chain": None}) for record in trail.records] == records
    assert trail.head == head


@EXAMPLES
@given(records=TRAILS)
def test_the_same_records_make_the_same_bytes(tmp_path: Path, records: list[AuditRecord]) -> None:
    written = []
    for _ in range(2):
        write_trail(tmp_path, records)
        written.append((tmp_path / TRAIL).read_bytes() + (tmp_path / HEAD).read_bytes())
    assert written[0] == written[1]


@EXAMPLES
@given(records=TRAILS, data=st.data())
def test_any_byte_that_is_another_is_noticed(
    tmp_path: Path, records: list[AuditRecord], data: st.DataObject
) -> None:
    write_trail(tmp_path, records)
    file = tmp_path / data.draw(st.sampled_from([TRAIL, HEAD]))
    content = bytearray(file.read_bytes())
    where = data.draw(st.integers(0, len(content) - 1))
    content[where] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    assert read_trail(tmp_path).broken is not None


@EXAMPLES
@given(records=TRAILS, other=RECORDS, data=st.data())
def test_an_edited_record_is_named_even_when_it_is_written_properly(
    tmp_path: Path, records: list[AuditRecord], other: AuditRecord, data: st.DataObject
) -> None:
    write_trail(tmp_path, records)
    lines = lines_of(tmp_path)
    at = data.draw(st.integers(0, len(lines) - 1))
    link = AuditRecord.model_validate_json(lines[at]).chain
    edited = line_of(other.model_copy(update={"chain": link})) + b"\n"
    assume(edited != lines[at])
    lines[at] = edited
    (tmp_path / TRAIL).write_bytes(b"".join(lines))
    broken = read_trail(tmp_path).broken
    assert broken is not None
    assert broken.record == at + 1
    assert "edited" in broken.why


@EXAMPLES
@given(records=st.lists(RECORDS, min_size=2, max_size=5), other=RECORDS, data=st.data())
def test_an_edited_record_with_a_new_hash_breaks_the_chain_behind_it(
    tmp_path: Path, records: list[AuditRecord], other: AuditRecord, data: st.DataObject
) -> None:
    write_trail(tmp_path, records)
    lines = lines_of(tmp_path)
    at = data.draw(st.integers(0, len(lines) - 1))
    before = AuditRecord.model_validate_json(lines[at])
    assert before.chain is not None
    edited = other.model_copy(update={"chain": before.chain})
    assume(edited != before)
    link = before.chain.model_copy(update={"hash": hash_of(edited)})
    lines[at] = line_of(edited.model_copy(update={"chain": link})) + b"\n"
    (tmp_path / TRAIL).write_bytes(b"".join(lines))
    broken = read_trail(tmp_path).broken
    assert broken is not None
    # The next record does not follow it; of the last one the head knows.
    assert broken.record == min(at + 2, len(lines))


@EXAMPLES
@given(records=TRAILS, data=st.data())
def test_a_removed_record_is_noticed_where_it_stood(
    tmp_path: Path, records: list[AuditRecord], data: st.DataObject
) -> None:
    write_trail(tmp_path, records)
    lines = lines_of(tmp_path)
    at = data.draw(st.integers(0, len(lines) - 1))
    del lines[at]
    (tmp_path / TRAIL).write_bytes(b"".join(lines))
    broken = read_trail(tmp_path).broken
    assert broken is not None
    assert broken.record == at + 1


@EXAMPLES
@given(records=st.lists(RECORDS, min_size=2, max_size=5), data=st.data())
def test_records_that_changed_places_are_noticed(
    tmp_path: Path, records: list[AuditRecord], data: st.DataObject
) -> None:
    write_trail(tmp_path, records)
    lines = lines_of(tmp_path)
    order = data.draw(st.permutations(range(len(lines))))
    assume(order != list(range(len(lines))))
    (tmp_path / TRAIL).write_bytes(b"".join(lines[at] for at in order))
    broken = read_trail(tmp_path).broken
    first = next(at for at, was in enumerate(order) if at != was)
    assert broken is not None
    assert broken.record == first + 1


@EXAMPLES
@given(records=TRAILS, data=st.data())
def test_a_trail_that_is_cut_off_anywhere_is_noticed(
    tmp_path: Path, records: list[AuditRecord], data: st.DataObject
) -> None:
    write_trail(tmp_path, records)
    content = (tmp_path / TRAIL).read_bytes()
    (tmp_path / TRAIL).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert read_trail(tmp_path).broken is not None


@EXAMPLES
@given(records=TRAILS, more=RECORDS, data=st.data())
def test_a_record_that_was_put_in_is_noticed(
    tmp_path: Path, records: list[AuditRecord], more: AuditRecord, data: st.DataObject
) -> None:
    write_trail(tmp_path, records)
    lines = lines_of(tmp_path)
    at = data.draw(st.integers(0, len(lines)))
    known = [AuditRecord.model_validate_json(line) for line in lines]
    added = seal([*known[:at], more])[-1]
    lines.insert(at, line_of(added) + b"\n")
    (tmp_path / TRAIL).write_bytes(b"".join(lines))
    assert read_trail(tmp_path).broken is not None


@EXAMPLES
@given(records=TRAILS, others=TRAILS)
def test_a_chain_that_was_made_anew_does_not_have_the_end_that_was_kept(
    tmp_path: Path, records: list[AuditRecord], others: list[AuditRecord]
) -> None:
    kept = write_trail(tmp_path, records).hash
    assume(records != others)
    write_trail(tmp_path, others)
    assert read_trail(tmp_path).broken is None
    broken = read_trail(tmp_path, expected=kept).broken
    assert broken is not None
    assert "made anew" in broken.why


def test_a_trail_without_its_end_does_not_hold(tmp_path: Path) -> None:
    write_trail(tmp_path, [AuditRecord(run="1")])
    (tmp_path / HEAD).unlink()
    broken = read_trail(tmp_path).broken
    assert broken is not None
    assert broken.record == 0


def test_a_writer_that_is_ended_leaves_no_trail_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_trail(tmp_path, [AuditRecord(run="1")])
    replace = Path.replace

    def ended(self: Path, target: Path) -> Path:
        if target.name == HEAD:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", ended)
    with pytest.raises(KeyboardInterrupt):
        write_trail(tmp_path, [AuditRecord(run="2")])
    assert read_trail(tmp_path).broken is not None
    assert not list(tmp_path.glob(".*"))


def test_an_empty_trail_holds_and_ends_where_it_begins(tmp_path: Path) -> None:
    assert write_trail(tmp_path, []).hash == START
    assert read_trail(tmp_path).broken is None


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda line: b"[" * 100_000, "it is not JSON"),
        (lambda line: b"\xff\xfe", "it is not JSON"),
        (lambda line: b"null", "it is not an audit record"),
        (lambda line: line.replace(b'"run":"1"', b'"run":"x"'), "run: String should match"),
        (lambda line: line.replace(b'"run":', b'"who runs":'), "not an audit record"),
        (lambda line: line.replace(b":", b": "), "not in canonical form"),
        (lambda line: line.replace(b'"run":"1"', b'"run":"2","run":"1"'), "not in canonical form"),
        (lambda line: line.replace(b'"attempt":1', b'"attempt":99999999999999999999'), "JSON"),
    ],
)
def test_a_line_that_is_no_record_is_named(
    tmp_path: Path, spoil: Callable[[bytes], bytes], why: str
) -> None:
    write_trail(tmp_path, [AuditRecord(run="1")])
    line = (tmp_path / TRAIL).read_bytes().rstrip(b"\n")
    (tmp_path / TRAIL).write_bytes(spoil(line) + b"\n")
    broken = read_trail(tmp_path).broken
    assert broken is not None
    assert broken.record == 1
    assert why in broken.why


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SitedrillError, match="cannot read the audit trail"):
        read_trail(tmp_path)


def test_the_canonical_form_is_that_of_the_rfc() -> None:
    # https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3
    value: Any = {"numbers": [333333333.33333329, 1e30], "string": '\u20ac$\u000f\nA\'B"\\\\"/'}
    said = json.dumps(value)
    assert canonical(json.loads(said)) == (
        b'{"numbers":[333333333.3333333,1e+30],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
