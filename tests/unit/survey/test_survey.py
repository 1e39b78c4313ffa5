"""What a look at a repository finds, and what is written down of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import SitedrillError
from harness.github.git import git
from harness.github.workflow import InputDeclaration
from harness.resources import reference_site
from harness.settings import FILE_NAME, load_settings
from harness.survey import FEATURE, MARK, feature_text, settings_text, survey
from harness.survey.inputs import emergency_form
from harness.survey.writing import _pair

pytestmark = pytest.mark.unit

SITES = Path(__file__).parents[2] / "sites"
PLACES = {
    "reference": reference_site(),
    "terraform": reference_site().with_name("terraform"),
    "handbook": SITES / "handbook",
    "website": SITES / "website",
}


@pytest.fixture
def unknown_to_us(tmp_path: Path) -> Any:
    """Copies a site, without what it says to sitedrill."""

    def copy(name: str) -> Path:
        root = tmp_path / name
        copytree(PLACES[name], root)
        (root / FILE_NAME).unlink()
        git(root, "init", "--quiet")
        git(root, "remote", "add", "origin", "git@github.com:acme/website.git")
        return root

    return copy


def write(root: Path) -> None:
    found = survey(root)
    (root / FEATURE).parent.mkdir(parents=True, exist_ok=True)
    (root / FEATURE).write_text(feature_text(found))
    (root / FILE_NAME).write_text(settings_text(found))


def surveyed(root: Path) -> dict[str, Any]:
    return tomllib.loads(settings_text(survey(root)))


@pytest.mark.parametrize("name", list(PLACES))
def test_what_is_written_holds_as_it_is(name: str, unknown_to_us: Any) -> None:
    root = unknown_to_us(name)
    write(root)
    assert load_settings(root).site.repository == "acme/website"


@pytest.mark.parametrize("name", ["reference", "terraform"])
def test_of_a_site_like_ours_nothing_is_left_to_a_person(name: str, unknown_to_us: Any) -> None:
    root = unknown_to_us(name)
    found = survey(root)
    assert (found.unknown, MARK in settings_text(found)) == ([], False)
    write(root)
    ours, theirs = load_settings(root), load_settings(PLACES[name])
    assert ours.workflows == theirs.workflows
    assert ours.site.content == theirs.site.content
    assert ours.releases == theirs.releases
    assert {name: (one.alias, one.bucket) for name, one in ours.environments.items()} == {
        name: (one.alias, one.bucket) for name, one in theirs.environments.items()
    }


def test_their_words_are_found_by_name_and_by_choice(unknown_to_us: Any) -> None:
    emergency = surveyed(unknown_to_us("handbook"))["workflows"]["emergency"]
    known = tomllib.loads((SITES / "handbook" / FILE_NAME).read_text())
    theirs = known["workflows"]["emergency"]
    assert emergency["file"] == theirs["file"]
    assert emergency["inputs"] == theirs["inputs"]
    assert emergency["values"] == theirs["values"]
    assert emergency["always"].keys() == theirs["always"].keys()
    emergency = surveyed(unknown_to_us("website"))["workflows"]["emergency"]
    assert emergency["inputs"] == {"method": "what", "reason": "why", "target": "release"}
    assert emergency["values"]["method"]["last_known_good"] == "previous-release"
    assert emergency["target"] == "tag"


def test_what_could_not_be_told_is_marked_and_said(unknown_to_us: Any) -> None:
    found = survey(unknown_to_us("handbook"))
    assert "the bucket of preview" in found.unknown
    assert f'bucket = "preview-bucket" # {MARK}' in settings_text(found)


def test_a_site_of_a_bucket_alone_needs_no_cloudfront(unknown_to_us: Any) -> None:
    assert surveyed(unknown_to_us("website"))["environments"]["live"]["serves"] == "website"


def test_the_first_feature_names_what_the_form_offers(unknown_to_us: Any) -> None:
    root = unknown_to_us("website")
    choices = root / ".github/workflows/emergency.yml"
    choices.write_text(choices.read_text().replace(" settings,", ""))
    text = feature_text(survey(root))
    assert "Given live serves the newest release" in text
    assert "| content_only        | recovers         |" in text
    assert "infrastructure_only" not in text
    assert FEATURE.endswith(".feature")


def test_its_own_tags_tell_what_a_release_is(unknown_to_us: Any) -> None:
    root = unknown_to_us("reference")
    git(root, "add", "--all")
    git(root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "A site")
    for tag in ("site-1.0", "site-1.1", "nightly"):
        git(root, "tag", tag)
    found = survey(root)
    assert (found.tags, found.releases) == ("site-*", 2)


def test_where_the_state_is_kept_is_made_before_the_first_release(unknown_to_us: Any) -> None:
    root = unknown_to_us("reference")
    (root / "main.tf").write_text(
        'terraform {\n  backend "s3" {\n    bucket = "our-state"\n  }\n}\n'
    )
    written = surveyed(root)
    assert written["site"]["prepare"] == ["aws s3api create-bucket --bucket our-state"]


def test_actions_and_downloads_without_a_double_are_named(unknown_to_us: Any) -> None:
    root = unknown_to_us("reference")
    deploy = root / ".github/workflows/run.yml"
    more = "      - uses: acme/notify@v2\n      - run: curl -sSfLO https://example.org/tofu.zip\n"
    deploy.write_text(deploy.read_text() + more)
    found = survey(root)
    assert [one.partition("@")[0] for one in found.actions] == ["acme/notify"]
    assert found.downloads == ("https://example.org/tofu.zip",)
    text = settings_text(found)
    assert "# [doubles.actions]" in text
    assert "https://example.org/tofu.zip" in text


def test_an_empty_folder_is_told_as_one(tmp_path: Path) -> None:
    found = survey(tmp_path)
    said = " ".join(found.unknown)
    for part in ("emergency workflow", "deployment workflow", "environments", "content", "git"):
        assert part in said
    tomllib.loads(settings_text(found))
    assert feature_text(found)


def test_a_workflow_that_cannot_be_read_is_named(unknown_to_us: Any) -> None:
    root = unknown_to_us("reference")
    (root / ".github/workflows/broken.yml").write_text("on: [\n")
    assert any("broken.yml" in line for line in survey(root).unknown)


def test_no_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SitedrillError, match="is not a folder"):
        survey(tmp_path / "nowhere")


@given(st.text())
def test_any_text_is_written_as_toml_has_it(text: str) -> None:
    encodable = text.encode("utf-8", "ignore").decode()
    assert tomllib.loads(_pair("key", encodable)) == {"key": encodable}
    assert tomllib.loads(_pair(encodable, [encodable])) == {encodable: [encodable]}


def form(**options: tuple[str, ...]) -> Any:
    return emergency_form(
        {
            name: InputDeclaration(name, "choice" if chosen else "string", True, None, chosen)
            for name, chosen in options.items()
        }
    )


def test_a_form_without_any_of_our_words_still_rolls_back() -> None:
    assert form(ticket=()).values == {
        "operation": {"rollback": "rollback"},
        "method": {"last_known_good": "last_known_good"},
    }


def test_a_form_that_wants_a_commit_goes_to_that_commit() -> None:
    assert form(sha=()).values["method"] == {"specific_commit": "specific_commit"}


def test_one_choice_may_be_both_the_operation_and_the_method() -> None:
    found = form(deploy_option=("roll-back", "pages-only", "hotfix"))
    assert found.inputs["operation"] == "deploy_option"
