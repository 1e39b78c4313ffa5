"""The people of a drill are made up, always the same, and fit for GitHub."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.github.actors import Actor, Cast

pytestmark = pytest.mark.unit


def spoken(cast: Cast) -> list[object]:
    return [
        cast.actor(),
        cast.reason("the site is down"),
        cast.commit_message(),
        cast.news(),
        cast.run_id(),
    ]


def test_the_same_seed_says_the_same() -> None:
    assert spoken(Cast(3)) == spoken(Cast(3))
    assert all(a != b for a, b in zip(spoken(Cast(3)), spoken(Cast(4)), strict=True))


def test_casts_do_not_disturb_one_another() -> None:
    alone = spoken(Cast(3))
    one, other = Cast(3), Cast(9)
    other.actor()
    assert one.actor() == alone[0]
    other.news()
    assert one.reason("the site is down") == alone[1]


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_handles_are_githubs(seed: int) -> None:
    cast = Cast(seed)
    actors = [cast.actor() for _ in range(5)]
    assert len(set(actors)) == 5
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38})", actor.handle) for actor in actors)


def test_a_reason_says_what_the_trouble_is() -> None:
    reason = Cast(3).reason("the site is down")
    assert re.fullmatch(r"the site is down: .+ \(ticket OPS-\d{4}\)", reason)


def test_a_run_id_has_githubs_size() -> None:
    assert len(str(Cast(3).run_id())) == 11


def test_addresses_are_hidden_ones() -> None:
    assert Actor("on-call").email == "on-call@users.noreply.github.com"
