"""The people of a world: whom the settings know, whom a drill makes up; what protects environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.community import Community, rules_of
from harness.errors import DispatchError
from harness.github.runs import Run
from harness.settings import SiteSettings, read_settings

pytestmark = pytest.mark.unit

LEAST = """\
[site]
repository = "acme/website"

[environments.staging]
alias = "staging.acme.example"
bucket = "acme-staging"

[environments.prod]
name = "Production"
alias = "www.acme.example"
bucket = "acme-prod"
"""
PROTECTED = """\
reviewers = ["@octo-boss", "acme/oncall"]
prevent_self_review = true
wait_timer = 5
"""
PEOPLE = """
[people]
owners = ["octo-boss"]

[people.members]
octo-web = "write"
octo-reader = "read"

[people.teams.oncall]
role = "write"
members = ["hub-ops"]
"""


def settings(text: str) -> SiteSettings:
    return read_settings(text, file=Path("sitedrill.toml"))


def run_on(ref: str) -> Run:
    return Run(
        id=1, number=1, repository="acme/website", workflow=".github/workflows/w.yml", name="W",
        title="W", event_name="workflow_dispatch", event={}, ref=ref, sha="0" * 40, actor="a",
        triggering_actor="a",
    )  # fmt: skip


def test_where_nothing_is_said_of_people_everybody_may_write(tmp_path: Path) -> None:
    community = Community(settings(LEAST), tmp_path)
    community.admit("anybody")
    assert community.resolve("anybody") == {"anybody"}


@pytest.mark.parametrize(
    ("who", "status"),
    [("octo-boss", 0), ("OCTO-WEB", 0), ("hub-ops", 0), ("octo-reader", 403), ("stranger", 404)],
)
def test_who_may_not_write_is_refused_as_github_refuses(
    tmp_path: Path, who: str, status: int
) -> None:
    community = Community(settings(LEAST + PEOPLE), tmp_path)
    if not status:
        community.admit(who)
        return
    with pytest.raises(DispatchError) as caught:
        community.admit(who)
    said = {403: "Must have admin rights to Repository.", 404: "Not Found"}[status]
    assert (caught.value.status, caught.value.message) == (status, said)


def test_who_is_introduced_may_write_and_is_known_to_whoever_comes_later(tmp_path: Path) -> None:
    known = settings(LEAST + PEOPLE)
    first = Community(known, tmp_path / "github")
    first.introduce("made-up")
    first.introduce("helper", "triage")
    # Who is known keeps what they have.
    first.introduce("octo-reader")
    first.introduce("Made-Up")
    later = Community(known, tmp_path / "github")
    later.admit("made-up")
    assert [later.role_of(who) for who in ("helper", "octo-reader")] == ["triage", "read"]
    later.introduce("octo-reader", "maintain")
    assert Community(known, tmp_path / "github").role_of("octo-reader") == "maintain"
    assert Community(known, tmp_path / "other").role_of("made-up") == "none"


def test_a_role_can_be_given_where_nothing_is_said_of_people(tmp_path: Path) -> None:
    community = Community(settings(LEAST), tmp_path)
    community.introduce("guest", "read")
    with pytest.raises(DispatchError) as caught:
        community.admit("guest")
    assert caught.value.status == 403
    community.admit("anybody")


def test_what_protects_an_environment_goes_by_its_name_on_github() -> None:
    rules = rules_of(settings(LEAST + PROTECTED + PEOPLE))
    assert list(rules) == ["staging", "Production"]
    assert not rules["staging"].holds_back
    prod = rules["Production"]
    assert prod.reviewers == ("octo-boss", "acme/oncall")
    assert (prod.prevent_self_review, prod.wait_minutes, prod.branches) == (True, 5, None)


@pytest.mark.parametrize(
    ("policy", "admitted", "refused"),
    [
        ('"all"', ["refs/heads/x/y", "refs/tags/v1"], []),
        ('"protected"', ["refs/heads/main", "refs/heads/release/1"],
         ["refs/heads/x", "refs/tags/main", "refs/heads/maintenance", "refs/heads/release/1/a"]),
        ('["main", "tag:v*"]', ["refs/heads/main", "refs/tags/v1.2"],
         ["refs/tags/main", "refs/heads/v1.2", "refs/heads/Main", "refs/tags/v/1"]),
        ('["**/fix"]', ["refs/heads/a/b/fix", "refs/heads/fix"], ["refs/tags/fix"]),
    ],
)  # fmt: skip
def test_branches_and_tags_that_may_deploy(
    policy: str, admitted: list[str], refused: list[str]
) -> None:
    text = LEAST.replace('website"\n', 'website"\nprotected_branches = ["main", "release/*"]\n', 1)
    prod = rules_of(settings(f"{text}branch_policy = {policy}\n"))["Production"]
    assert [ref for ref in [*admitted, *refused] if prod.admits(run_on(ref))] == admitted
    assert prod.protected_only is (policy == '"protected"')


def test_without_protected_branches_every_branch_may_deploy_and_no_tag() -> None:
    prod = rules_of(settings(f'{LEAST}branch_policy = "protected"\n'))["Production"]
    assert prod.admits(run_on("refs/heads/any/thing"))
    assert not prod.admits(run_on("refs/tags/v1"))
