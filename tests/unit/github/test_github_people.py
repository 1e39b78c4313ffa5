"""What people may do: the most of what they, their teams and the organisation were given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.github.people import ROLES, Membership, Role, Team, at_least

pytestmark = pytest.mark.unit

ACME = Membership(
    "Acme",
    owners=frozenset({"Octo-Boss"}),
    members={"Octo-Web": "write", "octo-reader": "read", "octo-helper": "triage"},
    teams={
        "engineering": Team("engineering", members=("octo-eng",), role="triage"),
        "oncall": Team(
            "oncall", members=("hub-ops", "Octo-Reader"), role="write", parent="engineering"
        ),
        "night": Team("night", members=("owl",), parent="oncall"),
        "crypto": Team("crypto", members=("spy",), role="maintain", secret=True),
    },
    base="read",
)


@pytest.mark.parametrize(
    ("handle", "role"),
    [
        ("octo-boss", "admin"),
        ("OCTO-WEB", "write"),
        ("octo-helper", "triage"),
        ("octo-eng", "triage"),
        # By a team more than by themselves.
        ("octo-reader", "write"),
        ("hub-ops", "write"),
        # A team below has what the teams above it have.
        ("owl", "write"),
        ("spy", "maintain"),
        ("octo", "none"),
        ("octo-web2", "none"),
        ("", "none"),
    ],
)
def test_somebody_may_do_the_most_of_what_was_given(handle: str, role: str) -> None:
    assert ACME.role_of(handle) == role
    assert ACME.may_write(handle) is (role in {"write", "maintain", "admin"})
    assert ACME.knows(handle) is (role != "none")


def test_members_have_what_the_organisation_gives_everybody_and_strangers_what_the_world_has() -> (
    None
):
    public = replace(ACME, base="write", others="read")
    assert public.role_of("octo-helper") == "write"
    assert public.role_of("octo-boss") == "admin"
    assert public.role_of("somebody-else") == "read"
    assert not public.knows("somebody-else")


@pytest.mark.parametrize(
    ("name", "handles"),
    [
        ("acme/night", {"owl"}),
        ("@ACME/OnCall", {"owl", "hub-ops", "octo-reader"}),
        ("acme/engineering", {"owl", "hub-ops", "octo-reader", "octo-eng"}),
        ("other/oncall", set()),
        ("acme/on", set()),
        ("@octo-web", {"octo-web"}),
        # Who cannot see the repository is nobody's reviewer.
        ("octo-we", set()),
    ],
)
def test_a_name_stands_for_people(name: str, handles: set[str]) -> None:
    assert ACME.resolve(name) == handles


def test_a_team_that_may_not_see_the_repository_reviews_nothing() -> None:
    blind = Membership("acme", teams={"new": Team("new", members=("kid",))})
    assert blind.resolve("acme/new") == frozenset()
    assert replace(blind, base="read").resolve("acme/new") == {"kid"}


def test_a_new_member_takes_the_place_of_an_old_one() -> None:
    more = ACME.with_member("OCTO-WEB", "read").with_member("new", "maintain")
    assert (more.role_of("octo-web"), more.role_of("new")) == ("read", "maintain")
    assert [one for one in more.members if one.lower() == "octo-web"] == ["OCTO-WEB"]
    assert ACME.role_of("octo-web") == "write"


def test_a_circle_of_teams_ends() -> None:
    round_and_round = Membership(
        "acme",
        teams={
            "a": Team("a", members=("one",), parent="b", role="read"),
            "b": Team("b", members=("two",), parent="a", role="write"),
        },
    )
    assert round_and_round.role_of("one") == round_and_round.role_of("two") == "write"
    assert round_and_round.members_of("a") == {"one", "two"}


handles = st.sampled_from(["a", "b", "c", "d"])
roles = st.sampled_from(ROLES)
teams = st.lists(
    st.builds(
        Team,
        slug=st.sampled_from(["x", "y", "z"]),
        members=st.lists(handles, max_size=3).map(tuple),
        parent=st.sampled_from(["", "x", "y", "z"]),
        role=roles,
    ),
    max_size=3,
).map(lambda found: {team.slug: team for team in found})
memberships = st.builds(
    Membership,
    organisation=st.just("acme"),
    owners=st.frozensets(handles, max_size=1),
    members=st.dictionaries(handles, roles, max_size=3),
    teams=teams,
    base=roles,
    others=roles,
)


@given(memberships, handles, roles)
def test_giving_more_never_takes_anything(before: Membership, who: str, role: Role) -> None:
    had = before.role_of(who)
    more = max(had, role, key=ROLES.index)
    after = before.with_member(who, more)
    assert at_least(after.role_of(who), had)
    assert all(after.role_of(other) == before.role_of(other) for other in "abcd" if other != who)


@given(memberships, st.sampled_from(["x", "y", "z"]))
def test_who_is_below_a_team_belongs_to_it_and_may_what_it_may(have: Membership, slug: str) -> None:
    for handle in have.members_of(slug):
        assert at_least(have.role_of(handle), have.team_role(slug))
