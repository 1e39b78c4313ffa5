"""Trends in words, as data and as a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from past import met, nights, run, unmet

from harness.history.keeping import Kept
from harness.history.page import page, spark_of
from harness.history.telling import as_data, markdown, percent, sentence, summed_up
from harness.history.trends import trends_of

pytestmark = pytest.mark.unit

EVIL = "<img src=x onerror=alert(1)> @team `x`"


def test_what_is_new_in_words() -> None:
    (failing,) = trends_of(nights(met(), unmet()))
    assert sentence(failing) == (
        "a is newly failing: unmet, / answers 403; it was met in the run before (2026-01-05, commit c1)"
    )
    (slower,) = trends_of(nights(*[met(10)] * 6, met(31)))
    assert sentence(slower) == (
        "a recovers slower: 31 s, where 10 s was usual and up to 12 s is noise"
    )
    (again,) = trends_of(nights(unmet(), unmet(), met()))
    assert sentence(again) == "a is met again; it was not since 2026-01-05, commit c1"
    (calm,) = trends_of(nights(met()))
    assert sentence(calm) == ""


def test_the_summary_names_what_is_new_and_links_nobody() -> None:
    trends = tuple(trends_of(nights(met(), unmet(cause=EVIL))))
    text = markdown(Kept("past", 1, trends))
    assert "### History: 1 newly failing, compared with 1 earlier run" in text
    assert "- ✗ `a` is newly failing: unmet, ``" in text
    assert "<img" not in re.sub(r"``.*``", "", text)
    assert summed_up(Kept("past", 0, ())) == "nothing new, compared with 0 earlier runs"


def test_percentages_never_round_to_certainty() -> None:
    shares = [None, 0, 0.001, 0.5, 0.999, 1]
    assert [percent(share) for share in shares] == ["", "0 %", "1 %", "50 %", "99 %", "100 %"]


def test_for_programs() -> None:
    data = as_data("past", 7, trends_of(nights(*[met(10)] * 6, unmet())))
    assert json.loads(json.dumps(data)) == data
    (drill,) = data["drills"]
    assert (drill["runs"], drill["met"], drill["pass_rate"]) == (7, 6, 0.8571)
    assert drill["recovery_seconds"] == {
        "runs": 6, "median": 10, "mad": 0, "q1": 10, "q3": 10, "latest": None, "limit": 12,
    }  # fmt: skip
    assert (drill["flips"], drill["flakiness"], drill["news"]) == (1, 0.1667, "newly failing")
    assert drill["first_failing"] == drill["latest"]
    assert drill["latest"]["commit"] == "c1"


class _Page(HTMLParser):
    """Every tag, with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else_and_trusts_nobody() -> None:
    runs = [*nights(met(3), met(4), unmet(cause=EVIL)), run(9, met(1, EVIL), commit=None)]
    text = page(trends_of(runs), place="past", runs=4)
    tags = _Page(text).tags
    assert not [tag for tag, _ in tags if tag in {"script", "img", "iframe"}]
    assert not [a for _, a in tags if {"src", "srcset", "onerror"} & set(a)]
    assert [a["href"] for _, a in tags if "href" in a] == ["data:,"]
    assert "Trends: <span>1 newly failing</span>" in text
    assert "http" not in text.replace("http-equiv", "")
    pictures = [a for tag, a in tags if tag == "svg"]
    assert len(pictures) == 2
    assert all(a["role"] == "img" and a["aria-label"] for a in pictures)


def test_a_picture_tells_the_same_to_who_cannot_see_it() -> None:
    (trend,) = trends_of(nights(met(5), unmet(), met(10)))
    spark = spark_of(trend)
    assert spark.words == "3 runs, 1 of them not met; recovery took 5.0 s to 10 s"
    assert [y for _, y in spark.dots] == [22.0, 6.0]  # half as high, from the floor
    assert len(spark.crosses) == 1
    assert spark.path == "M6.0 22.0 L234.0 6.0"
    (one,) = trends_of(nights(unmet()))
    assert spark_of(one).path == ""


def test_two_hundred_drills_are_a_small_page() -> None:
    many = [
        run(n, *(met(5 + n % 3, f"drill-{d:03}") for d in range(200)), commit=f"{n:040x}")
        for n in range(40)
    ]
    assert len(page(trends_of(many), place="past", runs=40).encode()) < 5_000_000
