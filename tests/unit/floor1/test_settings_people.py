"""Who may do what, as `sitedrill.toml` says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.settings import SiteSettings, read_settings

pytestmark = pytest.mark.unit

WHOLE = """\
[site]
repository = "Acme/website"
protected_branches = ["main", "release/**/*"]

[environments.prod]
alias = "www.acme.example"
bucket = "acme-prod"
reviewers = ["octo-boss", "@acme/oncall"]
prevent_self_review = true
wait_timer = 5
branch_policy = ["main", "tag:v*"]

[people]
owners = ["octo-boss"]
base = "none"
others = "read"

[people.members]
octo-web = "write"

[people.teams.engineering]
role = "write"

[people.teams.oncall]
members = ["hub-ops"]
parent = "engineering"
"""


def read(text: str) -> SiteSettings:
    return read_settings(text, file=Path("site/sitedrill.toml"))


def test_everything_that_can_be_said_of_people() -> None:
    settings = read(WHOLE)
    prod = settings.environments["prod"]
    assert prod.reviewers == ("octo-boss", "@acme/oncall")
    assert (prod.prevent_self_review, prod.wait_timer) == (True, 5)
    assert prod.branch_policy == ("main", "tag:v*")
    people = settings.people
    assert people is not None
    assert (people.owners, people.members) == (("octo-boss",), {"octo-web": "write"})
    assert people.teams["oncall"].parent == "engineering"
    assert people.teams["oncall"].role is None


def test_without_people_reviewers_may_be_anybody() -> None:
    text = WHOLE.partition("[people]")[0].replace(', "@acme/oncall"', "")
    assert read(text).people is None


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"octo-boss", "@', '"octo", "@', "environments.prod.reviewers.0 is 'octo', expected somebody"),
        ("@acme/oncall", "acme/night", "environments.prod.reviewers.1 is 'acme/night', expected a team"),
        ("@acme/oncall", "other/oncall", "environments.prod.reviewers.1 is 'other/oncall', expected"),
        ("@acme/oncall", "a b", "environments.prod.reviewers.1 is 'a b', expected String"),
        ("wait_timer = 5", "wait_timer = 43201", "environments.prod.wait_timer is 43201, expected"),
        ("wait_timer = 5", 'wait_timer = "5m"', "environments.prod.wait_timer is '5m', expected"),
        ('["main", "tag:v*"]', "[]", "environments.prod.branch_policy is [], expected"),
        ('["main", "tag:v*"]', '"some"', "environments.prod.branch_policy is 'some', expected"),
        ('"tag:v*"', '"tags: v*"', "environments.prod.branch_policy.1 is 'tags: v*', expected"),
        ('octo-web = "write"', 'octo-web = "boss"', "people.members.octo-web is 'boss', expected"),
        ('octo-web = "write"', '"a/b" = "write"', "people.members.a/b is 'a/b', expected"),
        ('base = "none"', 'base = "some"', "people.base is 'some', expected"),
        ('others = "read"', 'others = "write"', "people.others is 'write', expected"),
        ('owners = ["octo-boss"]', 'owner = ["octo-boss"]', "people.owner is ['octo-boss'], exp"),
        ("[people.teams.oncall]", "[people.teams.OnCall]", "people.teams.OnCall is 'OnCall', expected"),
        ('parent = "engineering"', 'parent = "eng"', "people.teams.oncall.parent is 'eng', exp"),
        ('parent = "engineering"', 'parent = "oncall"', "people.teams.oncall.parent is 'on"),
        ('parent = "engineering"', 'parent = "engineering"\nsecret = true', "people.teams.oncall.sec"),
        ("owners = [", 'owners = ["-a", ', "people.owners.0 is '-a', expected"),
        ("reviewers = [", 'reviewers = ["a", "b", "c", "d", "e", ', "environments.prod.reviewers is "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_key_and_value(
    before: str, after: str, message: str
) -> None:
    assert before in WHOLE
    with pytest.raises(ConfigError) as caught:
        read(WHOLE.replace(before, after, 1))
    assert caught.value.message.startswith(f"site/sitedrill.toml: {message}")


def test_a_circle_of_teams_is_told() -> None:
    text = WHOLE.replace(
        '[people.teams.engineering]\nrole = "write"',
        '[people.teams.engineering]\nparent = "oncall"',
    )
    with pytest.raises(ConfigError, match="engineering is below oncall is below engineering"):
        read(text)


def test_a_reviewer_who_is_nobody_is_told_with_the_way_out() -> None:
    with pytest.raises(ConfigError) as caught:
        read(WHOLE.replace('"octo-boss", "@', '"octo-bos", "@'))
    assert caught.value.hint.startswith('add octo-bos = "read" to [people.members]')
