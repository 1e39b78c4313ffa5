from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.audit import TRAIL, AuditRecord, write_trail
from harness.audit.record import Approval, Finding, What, When, Who
from harness.cli import app, main

pytestmark = pytest.mark.unit

RECORD = AuditRecord(
    run="16000000001",
    attempt=2,
    who=Who(requested_by="octo-cat", approvals=(Approval(by="ada"),)),
    what=What(
        operation="rollback",
        method="content_only",
        environment="prod",
        target_commit="0123456789abcdef" * 2 + "01234567",
        tag="v0.0.0-rollback.20260105T100003Z",
        layers=("content",),
    ),
    when=When(requested="2026-01-05T10:00:03Z"),
    why="[bold]pages\x1b[31m are cut off",
    outcome="success",
    complete=True,
)


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["audit", *map(str, arguments)])


def test_a_complete_trail_is_printed_and_ends_with_0(tmp_path: Path) -> None:
    head = write_trail(tmp_path, [RECORD])
    result = run(tmp_path)
    assert result.exit_code == 0
    for word in (
        "octo-cat",
        "approved by ada",
        "content_only",
        "16000000001, attempt 2",
        head.hash,
    ):
        assert word in result.output
    assert "[bold]pages" in result.output
    assert "\x1b[31m" not in result.output


def test_the_folder_of_a_run_is_good_enough(tmp_path: Path) -> None:
    write_trail(tmp_path / "audit", [RECORD])
    assert run(tmp_path).exit_code == 0


def test_findings_end_with_1(tmp_path: Path) -> None:
    finding = Finding(kind="contradiction", text="tag: says one thing")
    write_trail(
        tmp_path, [RECORD, RECORD.model_copy(update={"complete": False, "findings": (finding,)})]
    )
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "2 contradiction: tag: says one thing" in result.output


def test_a_broken_chain_names_the_record_and_ends_with_1(tmp_path: Path) -> None:
    write_trail(tmp_path, [RECORD, RECORD])
    content = (tmp_path / TRAIL).read_bytes()
    (tmp_path / TRAIL).write_bytes(content.replace(b"octo-cat", b"octo-dog", 1))
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "the chain is broken: record 1: it was edited" in result.output


def test_the_end_that_was_kept_elsewhere_is_compared(tmp_path: Path) -> None:
    head = write_trail(tmp_path, [RECORD])
    assert run(tmp_path, "--head", head.hash).exit_code == 0
    assert run(tmp_path, "--head", "f" * 64).exit_code == 1


def test_programs_get_the_same_as_json(tmp_path: Path) -> None:
    write_trail(tmp_path, [RECORD])
    said = json.loads(run(tmp_path, "--json").output)
    assert said["holds"] is True
    assert said["broken"] is None
    assert said["records"][0]["who"]["approvals"][0]["by"] == "ada"


def test_what_cannot_be_read_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["sitedrill", "audit", str(tmp_path / "nothing")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "cannot read the audit trail" in capsys.readouterr().err


def test_the_schema_can_be_asked_for() -> None:
    result = CliRunner().invoke(app, ["schema", "audit"])
    assert json.loads(result.output)["title"] == "sitedrill audit record"
