"""A site's settings, or what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.errors import ConfigError
from harness.resources import reference_site
from harness.settings import FILE_NAME, load_settings

pytestmark = pytest.mark.unit

LEAST = """\
[site]
repository = "harbourlight/website"

[environments.prod]
alias = "www.harbourlight.example"
bucket = "harbourlight-prod"
"""


def test_the_least_there_is_to_say(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(LEAST)
    settings = load_settings(tmp_path)
    assert (settings.site.content, settings.site.error_page) == ("src", "404.html")
    assert settings.site.watch == ("/",)
    assert (settings.workflows.deploy, settings.workflows.emergency) == ("run.yml", "emergency.yml")
    assert settings.environments["prod"].region == "us-east-1"
    assert settings.headers == {}


def test_the_reference_site_has_settings_that_fit_its_files() -> None:
    site = reference_site()
    settings = load_settings(site)
    assert list(settings.environments) == ["staging", "prod"]
    for workflow in (settings.workflows.deploy, settings.workflows.emergency):
        assert (site / ".github/workflows" / workflow).is_file()
    for path in settings.site.watch:
        assert (site / settings.site.content / (path[1:] or "index.html")).is_file()
    assert (site / settings.site.content / settings.site.error_page).is_file()


def test_settings_do_not_change(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(LEAST)
    settings = load_settings(tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        settings.site.content = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[site]\n", "[site]\nbranch = 'main'\n", "site.branch is 'main', expected Extra inputs"),
        ("[site]\n", "[sites]\nx = 1\n[site]\n", "sites is {'x': 1}, expected Extra inputs"),
        ('repository = "harbourlight/website"\n', "", "site.repository is missing"),
        ("harbourlight/website", "website", "site.repository is 'website', expected String should"),
        ("[site]\n", "[site]\nwatch = []\n", "site.watch is [], expected Tuple should have"),
        ("[site]\n", "[site]\nwatch = '/'\n", "site.watch is '/', expected Input should be"),
        ('bucket = "harbourlight-prod"\n', "", "environments.prod.bucket is missing"),
        ('bucket = "harbourlight-prod"', "bucket = 7", "environments.prod.bucket is 7, expected"),
        ("[site]", "[site", "syntax is "),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_value(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert before in LEAST
    file = tmp_path / FILE_NAME
    file.write_text(LEAST.replace(before, after, 1))
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert caught.value.message.startswith(f"{file}: {message}")


def test_a_site_has_an_environment(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(LEAST.partition("[environments")[0])
    with pytest.raises(ConfigError, match="environments is missing"):
        load_settings(tmp_path)


def test_a_folder_without_settings_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sitedrill\.toml: file is missing") as caught:
        load_settings(tmp_path)
    assert "--site" in caught.value.hint


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"[site]\nrepository = '\xff'")
    with pytest.raises(ConfigError, match="syntax is"):
        load_settings(tmp_path)
