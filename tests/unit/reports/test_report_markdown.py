"""The summary of a job: the matrix, and why something was not met."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_drills import Drills

from harness.errors import SitedrillError
from harness.reports.markdown import append_summary, summary
from harness.reports.results import read_results

pytestmark = pytest.mark.unit


@pytest.mark.usefixtures("every_verdict")
def test_the_matrix_and_the_causes_are_there(journals: Path) -> None:
    text = summary(read_results(journals))
    assert text.startswith(
        "### 2 of 6 drills met their expectation; 1 unmet, 1 inconclusive, 2 err"
    )
    lines = text.splitlines()
    head = next(line for line in lines if line.startswith("| incident"))
    rows = [line for line in lines if line.startswith("| `cloudfront-wrong-origin`")]
    assert {line.count(" | ") for line in (head, *rows)} == {head.count(" | ")}
    assert "✓ not recovered (expected)" in rows[0]
    assert "✗ unmet: not recovered, audit `missing why`" in rows[0]
    assert "- `c-unmet`\n  - `/ still answers 403 after the rollback`" in text


def test_a_green_run_has_no_causes(drill: Drills, journals: Path) -> None:
    drill("a")
    text = summary(read_results(journals))
    assert text.startswith("### 1 of 1 drill met its expectation\n")
    assert "<details>" not in text
    assert "| incident | `last_known_good` |" in text


def test_a_run_without_drills_proves_nothing(tmp_path: Path) -> None:
    assert "nothing is proved" in summary(read_results(tmp_path))


def test_summaries_are_appended(drill: Drills, journals: Path, tmp_path: Path) -> None:
    drill("a")
    path = tmp_path / "summary.md"
    path.write_text("# Before\n")
    append_summary(path, read_results(journals))
    append_summary(path, read_results(journals))
    text = path.read_text()
    assert text.startswith("# Before\n###")
    assert text.count("1 of 1 drill") == 2


def test_a_summary_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SitedrillError, match=r"cannot write the summary: Is a directory \(name"):
        append_summary(tmp_path, read_results(tmp_path))
