"""What stands in brackets in a feature is put in; everything else is left as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.placeholders import spelled_out

pytestmark = pytest.mark.unit

COMMITS = {"good release": "0123456789abcdef0123456789abcdef01234567"}


def test_blanks_and_lines_are_put_in() -> None:
    assert spelled_out("[blank][tab]it is[newline]down", {}) == " \tit is\ndown"


def test_ten_kilobytes_are_ten_thousand_bytes() -> None:
    assert len(spelled_out("[10 kB]", {}).encode()) == 10_000


def test_a_commit_may_be_named_whole_or_shortened() -> None:
    assert spelled_out("[good release]", COMMITS) == COMMITS["good release"]
    assert spelled_out("[good release, shortened]", COMMITS) == "0123456"


@pytest.mark.parametrize("text", ["[bad release]", "a[0]", "[", "[[ -n $x ]]", "${{ x[0] }}"])
def test_brackets_that_name_nothing_stay(text: str) -> None:
    assert spelled_out(text, COMMITS) == text


@given(st.text().filter(lambda text: "[" not in text))
def test_text_without_brackets_is_kept_to_the_letter(text: str) -> None:
    assert spelled_out(text, COMMITS) == text
