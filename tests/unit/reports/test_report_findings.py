"""What the world had to make up for is told, with the path that needed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.journal import Record
from harness.reports.findings import findings_of
from harness.reports.journals import DrillJournal

pytestmark = pytest.mark.unit

NPM = "https://registry.npmjs.org"
TOFU = "https://github.com/opentofu/opentofu/releases/download/v1/tofu.zip"


def journal(*records: tuple[str, Mapping[str, Any]]) -> DrillJournal:
    made = [Record(n, n, "", kind, data) for n, (kind, data) in enumerate(records, start=1)]
    kinds = {record.kind for record in made}
    by_kind = {kind: [record for record in made if record.kind == kind] for kind in kinds}
    return DrillJournal("d", "d.jsonl", tuple(made), by_kind)


def asked(run: str, url: str, answer: str) -> tuple[str, dict[str, Any]]:
    return "egress", {"run": run, "method": "GET", "url": url, "answer": answer, "status": 200}


def test_the_path_what_it_needs_and_how_it_was_answered() -> None:
    found = findings_of(
        journal(
            ("run.started", {"run": "1", "role": "inject"}),
            ("run.started", {"run": "2", "role": "response"}),
            asked("1", f"{NPM}/a", "refused"),
            asked("1", f"{NPM}/b", "refused"),
            asked("1", f"{NPM}/a", "refused"),
            asked("2", TOFU, "double"),
            asked("2", "https://api.github.com/repos/a/b", "github"),
            asked("2", "https://sts.amazonaws.com/", "aws"),
            asked("3", "https://example.org/", "refused"),
            ("double", {"run": "2", "text": "setup-node was asked for Node.js 9.x"}),
            ("double", {"run": "1", "text": "setup-node was asked for Node.js 9.x"}),
        )
    )
    assert found == (
        f"your release pipeline needs the npm registry: {NPM}/a and 1 more (refused)",
        f"your emergency path needs github.com release downloads: {TOFU} (a double answered)",
        "a run of yours needs example.org: https://example.org/ (refused)",
        "setup-node was asked for Node.js 9.x",
    )


def test_a_drill_that_asked_nothing_found_nothing() -> None:
    assert findings_of(journal(("run.started", {"run": "1", "role": "response"}))) == ()
