"""What is answered is in the journal before whoever asked has the answer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.clock import SystemClock
from harness.egress.downloads import Downloads
from harness.egress.egress import Egress
from harness.journal import Journal, read_journal

pytestmark = pytest.mark.unit


async def _nobody(*_: Any) -> None:
    raise AssertionError("nobody is asked")


async def _breaks(*_: Any) -> None:
    raise ConnectionResetError


def _ask(egress: Egress, url: str, token: str, send: Any) -> None:
    headers = {"x-sitedrill-url": url, "x-sitedrill-run": "1", "x-sitedrill-token": token}
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(egress(scope, _nobody, send))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl", clock=SystemClock())


def _egress(journal: Journal, aws: Any) -> Egress:
    return Egress(
        repository="a/b", github=_nobody, aws=aws, downloads=Downloads({}), journal=journal
    )


def test_first_written_then_said(journal: Journal) -> None:
    egress = _egress(journal, _nobody)
    written: list[list[tuple[str, int]]] = []

    async def send(_: Any) -> None:
        records = read_journal(journal.path)
        written.append([(one.data["answer"], one.data["status"]) for one in records])

    with journal:
        _ask(egress, "https://example.org/x", egress.admit("1"), send)
    assert written == [[("refused", 403)]] * 2


def test_what_breaks_before_it_answers_is_written_once(journal: Journal) -> None:
    egress = _egress(journal, _breaks)
    with journal:
        with pytest.raises(ConnectionResetError):
            _ask(egress, "https://s3.amazonaws.com/x", egress.admit("1"), _nobody)
        found = [(one.data["answer"], one.data["status"]) for one in read_journal(journal.path)]
    assert found == [("aws", 0)]
