"""The statistics: what a regression is, and what never is one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from past import met, nights, run, unmet

from harness.history.runs import DrillRow, RunRow
from harness.history.trends import News, Trend, deviation, limit_of, news_of, trends_of

pytestmark = pytest.mark.unit

seconds = st.floats(0, 3600, allow_nan=False)
rows = st.one_of(
    seconds.map(met), st.just(unmet()), st.just(DrillRow("a", "error")), st.just(met(None))
)


def only(runs: list[RunRow]) -> Trend:
    (trend,) = trends_of(runs)
    return trend


@pytest.mark.parametrize(
    ("rows", "news"),
    [
        ([met()], None),
        ([unmet()], None),
        ([met(), unmet()], "newly failing"),
        ([met(), DrillRow("a", "inconclusive")], "newly failing"),
        ([met(), unmet(), unmet()], None),
        ([unmet(), met()], "newly recovered"),
        # Five nights of 10 s, no noise: 20 % and 2 s are both 2 s.
        ([met(10)] * 5 + [met(12.1)], "slower"),
        ([met(10)] * 5 + [met(11.9)], None),
        ([met(10)] * 4 + [met(99)], None),
        # At 100 s a fifth counts more, at 1 s the two seconds do.
        ([met(100)] * 5 + [met(119)], None),
        ([met(100)] * 5 + [met(121)], "slower"),
        ([met(1)] * 5 + [met(2.9)], None),
        # Deviations of 4 s: noise up to 3 x 1.4826 x 4 s above the median.
        ([met(each) for each in (16, 20, 20, 24, 24, 12, 37)], None),
        ([met(each) for each in (16, 20, 20, 24, 24, 16, 12, 39)], "slower"),
        # Nights that were not met say nothing of how long a recovery takes.
        ([met(10), unmet(), met(10), unmet(), met(10), met(10), met(99)], None),
        ([met(10), unmet(), met(10), unmet(), met(10), met(10), met(10), met(99)], "slower"),
    ],
)
def test_what_is_news(rows: list[DrillRow], news: News | None) -> None:
    assert only(nights(*rows)).news == news


def test_another_cloud_is_no_regression() -> None:
    past = nights(*[met(10)] * 6)
    slow = run(9, met(60), cloud="localstack")
    assert only([*past, slow]).news is None
    assert only([*past, slow]).recoveries == (60,)
    assert only([*past, run(9, met(60))]).news == "slower"


def test_drills_of_two_sites_are_not_mixed() -> None:
    runs = [run(0, met()), run(1, unmet(), repository="acme/shop")]
    assert [(t.repository, t.news) for t in trends_of(runs)] == [
        ("acme/shop", None),
        ("harbourlight/website", None),
    ]


def test_flakiness_counts_flips_at_one_commit() -> None:
    same = nights(met(), unmet(), met(), met())
    assert (only(same).flips, only(same).again, only(same).flakiness) == (2, 3, 2 / 3)
    # Each verdict with a commit of its own: the site changed, not the drill's mind.
    changed = [run(n, row, commit=f"c{n}") for n, row in enumerate([met(), unmet(), met()])]
    assert only(changed).flakiness is None
    unknown = nights(met(), unmet(), commit=None)
    assert only(unknown).flakiness is None


def test_the_first_failing_run_is_that_of_the_present_streak() -> None:
    rows = [unmet(), met(), unmet(), DrillRow("a", "error"), unmet()]
    runs = [run(n, row, commit=f"c{n}") for n, row in enumerate(rows)]
    first = only(runs).first_failing
    assert first is not None
    assert first.run.commit == "c2"
    assert only(runs[:2]).first_failing is None


def test_last_looks_at_each_drills_newest_runs() -> None:
    runs = [run(0, unmet("a"), met(1, "b")), run(1, met(1, "a")), run(2, met(1, "a"))]
    a, b = trends_of(runs, last=2)
    assert (a.drill, a.pass_rate, len(a.points)) == ("a", 1, 2)
    assert (b.drill, len(b.points)) == ("b", 1)


def test_news_is_as_it_looked_when_the_run_was_over() -> None:
    runs = nights(met(), unmet(), met())
    assert [trend.news for trend in news_of(runs, runs[1])] == ["newly failing"]
    assert [trend.news for trend in news_of(runs, runs[2])] == ["newly recovered"]
    assert news_of(runs, runs[0]) == []


@given(st.lists(rows, min_size=1, max_size=12), st.randoms())
def test_the_order_of_the_runs_does_not_matter(past: list[DrillRow], rnd: random.Random) -> None:
    runs = nights(*past)
    mixed = list(runs)
    rnd.shuffle(mixed)
    assert trends_of(mixed) == trends_of(runs)


@given(st.lists(rows, min_size=1, max_size=12))
def test_a_run_like_the_median_is_never_a_regression(past: list[DrillRow]) -> None:
    before = only(nights(*past))
    usual = before.median
    trend = only(nights(*past, met(usual)))
    assert trend.news in {None, "newly recovered"}
    assert trend.news is None or not before.latest.met


@given(st.lists(seconds, min_size=1, max_size=12))
def test_a_limit_leaves_room_for_noise(past: list[float]) -> None:
    limit = limit_of(past)
    assert limit >= sorted(past)[len(past) // 2 - (len(past) % 2 == 0)] + 2
    assert limit == limit_of(list(reversed(past)))
    assert deviation(past) >= 0


@given(st.lists(seconds, min_size=5, max_size=12), seconds)
def test_what_is_slower_stays_so_when_slower_still(past: list[float], more: float) -> None:
    latest = limit_of(past) + 0.001
    for each in (latest, latest + more):
        assert only(nights(*map(met, past), met(each))).news == "slower"


@given(st.lists(rows, min_size=1, max_size=12))
def test_shares_are_shares(past: list[DrillRow]) -> None:
    trend = only(nights(*past))
    assert 0 <= trend.pass_rate <= 1
    assert trend.flakiness is None or 0 <= trend.flakiness <= 1
    assert (trend.first_failing is None) == trend.latest.met
