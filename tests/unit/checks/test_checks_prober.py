from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checked_site import HEADERS, StandIn
from starlette.responses import Response

from harness.checks.prober import Prober, availability, recovered_at
from harness.checks.release import expected_release
from harness.clock import SystemClock
from harness.journal import Journal, Record, read_journal
from harness.polling import poll

pytestmark = pytest.mark.unit

PATHS = ("/index.html", "/about/index.html", "/css/site.css")
CLOCK = SystemClock()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "drill.jsonl", clock=CLOCK) as opened:
        yield opened


@pytest.fixture
def accepted(content: Path) -> dict[str, frozenset[str]]:
    release = expected_release("v1.0.0", "c" * 40, content, HEADERS)
    return {file.path: frozenset({file.sha256}) for file in release.files if file.path in PATHS}


@pytest.fixture
def prober(
    edge: StandIn, accepted: dict[str, frozenset[str]], journal: Journal
) -> Iterator[Prober]:
    with Prober(
        edge.url, accepted, HEADERS, journal=journal, clock=CLOCK, interval=0.02, timeout=1
    ) as running:
        yield running


def probes(journal: Journal) -> list[Record]:
    return [record for record in read_journal(journal.path) if record.kind == "probe"]


def test_a_healthy_site_is_sampled_as_healthy(
    prober: Prober, edge: StandIn, journal: Journal
) -> None:
    sample = prober.wait_for(healthy=True, within=5)
    assert sample is not None
    assert (sample.status, sample.reason) == (200, "")
    assert set(edge.asked) == set(PATHS)
    record = probes(journal)[0].data
    assert set(record) == {"healthy", "path", "status", "reason", "seconds", "x_cache"}
    assert record["healthy"] is True


@pytest.mark.parametrize(
    ("spoil", "status", "reason"),
    [
        (lambda edge: edge.says("/css/site.css", b"", status=403), 403, "answers 403"),
        (lambda edge: edge.says("/css/site.css", b"x"), 200, "serves none of the accepted bodies"),
        (lambda edge: edge.headers.clear(), 200, "header x-content-type-options is missing"),
    ],
)
def test_what_makes_a_sample_unhealthy_is_said(
    prober: Prober, edge: StandIn, spoil: Callable[[StandIn], None], status: int, reason: str
) -> None:
    assert prober.wait_for(healthy=True, within=5)
    spoil(edge)
    sample = prober.wait_for(healthy=False, within=5)
    assert sample is not None
    assert sample.status == status
    assert sample.reason.startswith(reason)


def test_the_path_that_failed_is_named_with_its_cache_header(prober: Prober, edge: StandIn) -> None:
    edge.says("/css/site.css", b"old", headers={"X-Cache": "Hit from cloudfront"})
    sample = prober.wait_for(healthy=False, within=5)
    assert sample is not None
    assert (sample.path, sample.x_cache) == ("/css/site.css", "Hit from cloudfront")


def test_a_site_that_comes_back_is_seen(prober: Prober, edge: StandIn) -> None:
    edge.says("/index.html", status=500)
    assert prober.wait_for(healthy=False, within=5)
    edge.replies.clear()
    assert prober.wait_for(healthy=True, within=5)
    assert prober.latest is not None
    assert prober.latest.healthy


def test_waiting_for_what_never_comes_ends_in_time(prober: Prober) -> None:
    assert prober.wait_for(healthy=False, within=0.1) is None


def test_an_answer_under_way_when_waiting_began_does_not_count(
    edge: StandIn, accepted: dict[str, frozenset[str]], journal: Journal
) -> None:
    asked, release = threading.Event(), threading.Event()

    def held() -> Response:
        asked.set()
        release.wait(5)
        return edge.reply(b"late", "text/html")

    edge.replies["/index.html"] = held
    with Prober(edge.url, accepted, {}, journal=journal, clock=CLOCK, interval=0.02) as prober:
        assert asked.wait(5)
        edge.replies.clear()
        waiting = threading.Timer(0, release.set)
        waiting.start()
        sample = prober.wait_for(healthy=False, within=0.3)
        waiting.join()
    assert sample is None
    assert probes(journal)[0].data["healthy"] is False


def test_no_edge_is_an_unhealthy_sample(
    accepted: dict[str, frozenset[str]], journal: Journal
) -> None:
    with Prober(
        "http://127.0.0.1:9", accepted, {}, journal=journal, clock=CLOCK, interval=0.02
    ) as prober:
        sample = prober.wait_for(healthy=False, within=5)
    assert sample is not None
    assert sample.status == 0
    assert sample.reason.startswith("does not answer: ConnectError")


def test_an_edge_that_hangs_is_an_unhealthy_sample(
    edge: StandIn, accepted: dict[str, frozenset[str]], journal: Journal
) -> None:
    release = threading.Event()

    def held() -> Response:
        release.wait(5)
        return edge.reply(b"")

    edge.replies["/index.html"] = held
    with Prober(
        edge.url, accepted, {}, journal=journal, clock=CLOCK, interval=0.02, timeout=0.1
    ) as prober:
        sample = prober.wait_for(healthy=False, within=5)
        release.set()
    assert sample is not None
    assert "ReadTimeout" in sample.reason


def test_an_address_that_is_none_is_an_unhealthy_sample(
    accepted: dict[str, frozenset[str]], journal: Journal
) -> None:
    with Prober("nonsense://", accepted, {}, journal=journal, clock=CLOCK) as prober:
        sample = prober.wait_for(healthy=False, within=5)
    assert sample is not None
    assert sample.status == 0


def test_samples_keep_to_the_schedule(prober: Prober, journal: Journal) -> None:
    poll(
        lambda: len(probes(journal)) > 20 or None,
        within=10,
        waiting_for="20 samples",
        clock=CLOCK,
    )
    times = [record.t for record in probes(journal)]
    # Not faster than the interval, whatever one sample takes.
    assert times[-1] - times[0] >= 0.02 * (len(times) - 1) - 0.02


def test_a_slow_sample_leaves_out_what_it_ran_over(
    edge: StandIn, accepted: dict[str, frozenset[str]], journal: Journal
) -> None:
    never = threading.Event()

    def slow_once() -> Response:
        edge.replies.clear()
        never.wait(0.7)
        return edge.reply(b"slow")

    edge.replies["/index.html"] = slow_once
    with Prober(edge.url, accepted, {}, journal=journal, clock=CLOCK, interval=0.2) as prober:
        poll(
            lambda: len(probes(journal)) > 4 or None, within=10, waiting_for="samples", clock=CLOCK
        )
        assert prober.latest is not None
    starts = [record.t - record.data["seconds"] for record in probes(journal)]
    # A burst would have caught up with the schedule: as many samples as intervals, and one.
    assert len(starts) < (starts[-1] - starts[0]) / 0.2


def test_nothing_is_sampled_after_the_end(
    edge: StandIn, accepted: dict[str, frozenset[str]], journal: Journal
) -> None:
    threads = threading.active_count()
    with Prober(edge.url, accepted, HEADERS, journal=journal, clock=CLOCK) as prober:
        assert prober.wait_for(healthy=True, within=5)
    asked = len(edge.asked)
    assert threading.active_count() <= threads
    assert prober.wait_for(healthy=True, within=5) is None
    assert len(edge.asked) == asked


def test_a_prober_needs_something_to_ask_for(journal: Journal) -> None:
    with pytest.raises(ValueError, match="at least one path"):
        Prober("http://127.0.0.1:9", {}, {}, journal=journal, clock=CLOCK)


def samples(pattern: str) -> list[Record]:
    """One sample a second from second 1: `+` healthy, `-` not; other records in between."""
    found = []
    for second, sign in enumerate(pattern, start=1):
        found.append(Record(2 * second, second - 0.5, "", "phase", {"healthy": True}))
        found.append(Record(2 * second + 1, float(second), "", "probe", {"healthy": sign == "+"}))
    return found


@pytest.mark.parametrize(
    ("pattern", "since", "until", "share"),
    [
        ("++--", 0, 9, 0.5),
        ("++--", 1, 3, 2 / 3),
        ("++--", 3, 4, 0.0),
        ("++++", 0, 9, 1.0),
        ("++--", 5, 9, None),
        ("", 0, 9, None),
    ],
)
def test_availability_is_the_share_of_healthy_samples(
    pattern: str, since: float, until: float, share: float | None
) -> None:
    assert availability(samples(pattern), since, until) == share


@pytest.mark.parametrize(
    ("pattern", "since", "moment"),
    [
        ("--++", 0, 3.0),
        ("-+-+", 0, 4.0),
        ("--+-", 0, None),
        ("++++", 2.5, 3.0),
        ("----", 0, None),
        ("++", 7, None),
        ("", 0, None),
    ],
)
def test_recovery_is_the_start_of_the_last_unbroken_healthy_stretch(
    pattern: str, since: float, moment: float | None
) -> None:
    assert recovered_at(samples(pattern), since) == moment
