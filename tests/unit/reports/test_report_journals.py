from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from written_drills import WrittenDrill

import harness.reports
from harness.reports.text import clean, duration, one_line

pytestmark = pytest.mark.unit

DOCUMENTED = (Path(__file__).parents[3] / "docs" / "journal.md").read_text(encoding="utf-8")


def kinds_read() -> set[str]:
    """Every kind of record that the reports ask a journal for, found in their source."""
    kinds = set()
    for path in Path(harness.reports.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"all", "first", "last"}
                and len(node.args) == 1
                and isinstance(node.args[0], ast.Constant)
            ):
                kinds.add(str(node.args[0].value))
    return kinds


def test_the_documentation_lists_every_kind_the_reports_read() -> None:
    listed = set(re.findall(r"^\| `([a-z.]+)` \|", DOCUMENTED, flags=re.MULTILINE))
    assert len(kinds_read()) > 10
    assert kinds_read() - listed == set()


def test_the_documentation_lists_every_field_of_the_journals_in_these_tests() -> None:
    fields = {
        row.group(1): set(re.findall(r"`([a-z_]+)`", row.group(2)))
        for row in re.finditer(r"^\| `([a-z.]+)` \| (.*?) \|", DOCUMENTED, flags=re.MULTILINE)
    }
    for _, kind, data in WrittenDrill("any").records():
        assert set(data) - fields[kind] == set(), kind


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0, "0.0 s"),
        (3.24, "3.2 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (125, "2 min 05 s"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


def test_nothing_unprintable_is_left_but_lines_are() -> None:
    assert clean("a\tb\r\nc\x00\x1b]0;title\x07\x1b[1;31md\x9b\ud800é漢") == "a\tb\ncdé漢"
    assert one_line(" a\n\tb\u2028c ") == "a b c"
