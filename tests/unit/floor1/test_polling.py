"""Waiting ends with what was waited for, or with a message that says what was seen instead."""

from __future__ import annotations

import itertools

import pytest
from stepped_clock import SteppedClock

from harness.errors import PollTimeoutError
from harness.polling import poll

pytestmark = pytest.mark.unit


def test_what_is_there_at_once_is_not_waited_for() -> None:
    clock = SteppedClock()
    assert poll(lambda: "it", within=0, waiting_for="it", clock=clock) == "it"
    assert clock.pauses == []


@pytest.mark.parametrize("found", [0, False, "", []])
def test_only_none_means_not_yet(found: object) -> None:
    assert poll(lambda: found, within=1, waiting_for="it", clock=SteppedClock()) is found


def test_pauses_grow_up_to_the_longest() -> None:
    clock, looks = SteppedClock(), itertools.count()
    poll(lambda: next(looks) == 9 or None, within=60, waiting_for="it", clock=clock)
    assert clock.pauses == [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.25, 0.25, 0.25]


def test_pauses_may_be_chosen() -> None:
    clock, looks = SteppedClock(), itertools.count()
    poll(
        lambda: next(looks) == 4 or None,
        within=60,
        waiting_for="it",
        clock=clock,
        first_pause=1,
        longest_pause=3,
    )
    assert clock.pauses == [1, 2, 3, 3]


def test_the_last_look_is_at_the_deadline() -> None:
    clock = SteppedClock()
    looks: list[float] = []
    with pytest.raises(PollTimeoutError):
        poll(lambda: looks.append(clock.seconds), within=1, waiting_for="it", clock=clock)
    assert looks[-1] == pytest.approx(1)
    assert sum(clock.pauses) == pytest.approx(1)


def test_a_timeout_says_what_was_expected_and_what_was_seen() -> None:
    looks = itertools.count(1)
    seen = ""

    def look() -> None:
        nonlocal seen
        seen = f"status 503, look {next(looks)}"

    with pytest.raises(PollTimeoutError) as caught:
        poll(
            look,
            within=0.01,
            waiting_for="the edge to answer",
            clock=SteppedClock(),
            last_seen=lambda: seen,
        )
    expected = "waited 0.01 s for the edge to answer; last seen: status 503, look 3"
    assert caught.value.message == expected


def test_a_timeout_without_anything_seen() -> None:
    with pytest.raises(PollTimeoutError, match=r"^waited 2 s for it$"):
        poll(lambda: None, within=2, waiting_for="it", clock=SteppedClock())


def test_what_looking_raises_is_raised() -> None:
    def look() -> None:
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        poll(look, within=9, waiting_for="it", clock=SteppedClock())
