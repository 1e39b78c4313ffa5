from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from written_drills import Drills

from harness.reports.console import matrix
from harness.reports.results import read_results

pytestmark = pytest.mark.unit


def printed(journals: Path, *, width: int = 160, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    console = Console(
        file=io.TextIOWrapper(raw, encoding=encoding, write_through=True), width=width
    )
    console.print(matrix(read_results(journals), out_dir=Path("build/drills")))
    return raw.getvalue().decode(encoding)


@pytest.mark.usefixtures("every_verdict")
def test_the_wide_matrix_has_a_row_for_each_incident_and_way(journals: Path) -> None:
    text = printed(journals, width=220)
    header = next(line for line in text.splitlines() if "hotfix" in line)
    for column in ("last known good", "specific commit", "content only", "hotfix", "audit"):
        assert column in header
    assert text.count("cloudfront-wrong-origin") == 2
    assert "✓ recovered 3.2 s" in text
    assert "✗ unmet: not" in text
    assert "specific commit: missing why" in text


@pytest.mark.usefixtures("every_verdict")
@pytest.mark.parametrize("width", [40, 80, 139, 140, 156, 170])
def test_nothing_is_wider_than_the_terminal(journals: Path, width: int) -> None:
    lines = printed(journals, width=width).splitlines()
    assert max(map(len, lines)) <= width
    borders = [line for line in lines if line.startswith(("│", "├", "╭"))]
    assert all(line.rstrip()[-1] in "│┤╮" for line in borders)  # else the table was cropped


@pytest.mark.usefixtures("every_verdict")
def test_eighty_columns_keep_each_drill_on_one_line(journals: Path) -> None:
    lines = [" ".join(line.split()) for line in printed(journals, width=80).splitlines()]
    assert "cloudfront-wrong-origin (infrastructure, bad release, prod)" in lines
    assert "last_known_good ✓ recovered 3.2 s audit complete" in lines
    assert "content_only ✓ not recovered (expected) audit complete" in lines
    assert "specific_commit ✗ unmet: not recovered audit missing why" in lines
    assert any(line.startswith("hotfix ! error") for line in lines)


@pytest.mark.usefixtures("every_verdict")
def test_each_drill_that_was_not_met_says_why(journals: Path) -> None:
    lines = [line.strip() for line in printed(journals).splitlines()]
    causes = lines[lines.index("✗ c-unmet: unmet") :]
    assert causes[1] == "/ still answers 403 after the rollback"
    assert "interrupted in phase respond" in causes
    assert "2 of 6 drills met their expectation; 1 unmet, 1 inconclusive, 2 error (33 s)" in causes
    assert "page      build/drills/index.html" in causes


@pytest.mark.usefixtures("every_verdict")
@pytest.mark.parametrize("width", [80, 160])
def test_a_console_without_unicode_gets_ascii(journals: Path, drill: Drills, width: int) -> None:
    drill("g", incident="häuser", verdict="unmet", causes=["naïve ✗ 漢"])
    text = printed(journals, width=width, encoding="ascii")
    assert text.isascii()
    assert "ok recovered 3.2 s" in " ".join(text.replace("|", " ").split())
    assert "X g: unmet" in text


def test_what_looks_like_markup_is_printed_as_it_stands(drill: Drills, journals: Path) -> None:
    drill("a", verdict="unmet", causes=["[red]not[/red] [/] \x1b[2Jmarkup"])
    assert "[red]not[/red] [/] markup" in printed(journals)


def test_no_drills_are_said_plainly(journals: Path) -> None:
    assert printed(journals).startswith("No drill was run: nothing is proved\n")


def test_one_drill_met_its_expectation(drill: Drills, journals: Path) -> None:
    drill("a")
    assert "1 of 1 drill met its expectation (13 s)" in printed(journals)
