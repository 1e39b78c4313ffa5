"""A site's settings, or what is wrong with them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from harness.errors import ConfigError
from harness.resources import reference_site
from harness.settings import FILE_NAME, SiteSettings, load_settings, read_settings
from harness.settings.schema import schema_text

pytestmark = pytest.mark.unit

LEAST = """\
[site]
repository = "harbourlight/website"

[environments.prod]
alias = "www.harbourlight.example"
bucket = "harbourlight-prod"
"""
MOST = """\
[site]
repository = "acme/website"
branch = "trunk"
content = "pages"
build = ["npm ci", "node build.mjs"]
output = "dist"
prepare = ["drill/make-state-bucket"]
error_page = ""
watch = ["/", "/css/site.css"]

[releases]
tags = "release-*"
history = "made"
first = "release-41"

[workflows.deploy]
file = "release.yaml"
ref = "branch"
inputs = { environment = "stage", commit = "sha" }
values = { environment = { staging = "test" } }
always = { note = "by {repository}" }

[workflows.emergency]
file = "rollback.yml"
target = "tag"

[workflows.emergency.inputs]
operation = "action"
method = "action"
environment = "stage"
reason = "why"
target = "version"

[workflows.emergency.values.operation]
rollback = "rollback"

[workflows.emergency.values.method]
last_known_good = "previous"
specific_commit = "version"

[workflows.emergency.values.environment]
staging = "test"

[workflows.emergency.always]
confirm = true

[variables]
SITE = "{staging.url}"
ROLE = "{staging.role_arn} in {region}"
TEMPLATE = "${{ not ours }} and ${SHELL}"

[secrets]
TOKEN = "s3cret"

[environments.staging]
bucket = "acme-staging"
serves = "website"
responder = ["octo-ops"]
variables = { BUCKET = "{staging.bucket}" }

[[steady]]
path = "/health"
status = 200

[audit]
places = ["log", "aws"]
tags = "emergency/*"
records = ""

[incidents]
use = ["html-truncated"]

[[incidents.ship.cloudfront-wrong-origin]]
file = "infra/main.tf"
replace = "local.bucket"
by = "local.archive"
"""


def test_the_least_there_is_to_say(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(LEAST)
    settings = load_settings(tmp_path)
    assert (settings.site.content, settings.site.uploaded) == ("src", "src")
    assert settings.site.error_page == "404.html"
    assert settings.site.watch == ("/",)
    workflows = settings.workflows
    assert (workflows.deploy.file, workflows.emergency.file) == ("run.yml", "emergency.yml")
    assert settings.environments["prod"].region == "us-east-1"
    assert settings.headers == {}
    assert settings.audit.places == ("tag", "log", "summary", "aws")


def test_the_most_there_is_to_say(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(MOST)
    settings = load_settings(tmp_path)
    emergency = settings.workflows.emergency
    assert settings.site.uploaded == "dist"
    assert emergency.operations == ("rollback",)
    assert emergency.methods == ("last_known_good", "specific_commit")
    assert not emergency.offers("content_only")
    assert not emergency.offers("hotfix")
    assert emergency.inputs_for(
        {
            "operation": "rollback",
            "method": "last_known_good",
            "environment": "staging",
            "reason": "it is down",
            "immediate": True,
        }
    ) == {"confirm": True, "action": "previous", "stage": "test", "why": "it is down"}
    assert settings.workflows.deploy.inputs_for(
        environment="staging", release="release-41", commit="c0ffee"
    ) == {"note": "by {repository}", "stage": "test", "sha": "c0ffee"}
    assert settings.environments["staging"].host == (
        "acme-staging.s3-website-us-east-1.amazonaws.com"
    )


def test_the_reference_site_has_settings_that_fit_its_files() -> None:
    site = reference_site()
    settings = load_settings(site)
    assert list(settings.environments) == ["staging", "prod"]
    for workflow in (settings.workflows.deploy, settings.workflows.emergency):
        assert (site / ".github/workflows" / workflow.file).is_file()
    for path in settings.site.watch:
        assert (site / settings.site.content / (path[1:] or "index.html")).is_file()
    assert (site / settings.site.content / settings.site.error_page).is_file()


def test_settings_may_lie_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "harbour.toml"
    file.write_text(LEAST)
    site = tmp_path / "site"
    site.mkdir()
    assert load_settings(site, file).site.repository == "harbourlight/website"


def test_settings_do_not_change() -> None:
    settings = read_settings(LEAST, file=Path(FILE_NAME))
    with pytest.raises(ValidationError, match="frozen"):
        settings.site.content = "other"  # type: ignore[misc]


STAGING = "environments.staging"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("content = ", "contnet = ", "site.contnet is 'pages', expected one of the keys branch,"),
        ("[site]\n", "[sites]\nx = 1\n[site]\n", "sites is {'x': 1}, expected one of the keys"),
        ('repository = "acme/website"\n', "", "site.repository is missing, expected a value"),
        ("acme/website", "website", "site.repository is 'website', expected String should"),
        ('content = "pages"', 'content = "../x"', "site.content is '../x', expected a path inside"),
        ('output = "dist"\n', "", "site is {", ),
        ('build = ["npm ci", "node build.mjs"]', 'build = "npm ci"', "site.build is 'npm ci', expected"),
        ('watch = ["/", "/css/site.css"]', "watch = []", "site.watch is [], expected Tuple should"),
        ('bucket = "acme-staging"\n', "", f"{STAGING}.bucket is missing"),
        ('bucket = "acme-staging"', "bucket = 7", f"{STAGING}.bucket is 7, expected a text"),
        ('serves = "website"', 'serves = "ftp"', f"{STAGING}.serves is 'ftp', expected Input should"),
        ('serves = "website"\n', "", f"{STAGING} is {{", ),
        ('responder = ["octo-ops"]', 'responder = "boss"', f"{STAGING}.responder is 'boss', exp"),
        ('tags = "release-*"', 'tags = "release"', "releases.tags is 'release', expected a tag's"),
        ('first = "release-41"', 'first = "v41"', "releases is {"),
        ('file = "rollback.yml"', 'file = "a/b.yml"', "workflows.emergency.file is 'a/b.yml', exp"),
        ('method = "action"', 'methd = "action"', "workflows.emergency.inputs.methd is 'action', "),
        ("last_known_good = ", "previous = ", "workflows.emergency.values.method.previous is 'prev"),
        (
            'values = { environment = { staging',
            'values = { environment = { test',
            "workflows.deploy.values.environment.test is 'test', expected one of the environments",
        ),
        ("{staging.url}", "{stagin.url}", "variables.SITE is '{stagin.url}', expected placeholders"),
        ("by {repository}", "{repo}", "workflows.deploy.always.note is '{repo}', expected placeh"),
        ('"s3cret"', '"s3cret {x}"', "secrets.TOKEN is '***', expected placeholders that there are"),
        ('"s3cret"', "7", "secrets.TOKEN is '***', expected a text"),
        ("SITE = ", "2SITE = ", "variables.2SITE is '2SITE', expected String should match"),
        ('status = 200', 'status = 20', "steady.0.status is 20, expected Input should be greater"),
        ('status = 200', '', "steady.0 is {"),
        ('["log", "aws"]', '["log", "mail"]', "audit.places.1 is 'mail', expected Input should"),
        ("by = ", "with = ", "incidents.ship.cloudfront-wrong-origin.0.with is 'local.archive', exp"),
        ("[site]", "[site", "syntax is "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_key_and_value(
    before: str, after: str, message: str
) -> None:
    assert before in MOST
    with pytest.raises(ConfigError) as caught:
        read_settings(MOST.replace(before, after, 1), file=Path("site/sitedrill.toml"))
    assert caught.value.message.startswith(f"site/sitedrill.toml: {message}")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "hint"),
    [
        ("content = ", "contnet = ", "did you mean content?"),
        ('bucket = "', 'buckte = "', "did you mean bucket?"),
        ("commit = ", "comit = ", "did you mean commit?"),
        ("[audit]", "[audits]", "did you mean audit?"),
        ("{staging.url}", "{staging.urls}", "did you mean {staging.url}?"),
    ],
)
def test_the_nearest_known_name_is_told(before: str, after: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings(MOST.replace(before, after, 1), file=Path(FILE_NAME))
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ('[incidents]\nfolder = "drill/incidents"\n', "incidents.folder"),
        ('[features]\nfolder = "drill/features"\n', "features.folder"),
        (
            '[doubles.actions]\n"acme/notify@v1" = "drill/notify"\n',
            'doubles.actions."acme/notify@v1"',
        ),
    ],
)
def test_what_is_named_inside_the_site_is_there(tmp_path: Path, section: str, key: str) -> None:
    (tmp_path / FILE_NAME).write_text(LEAST + section)
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert caught.value.key == key


def test_a_site_has_an_environment() -> None:
    with pytest.raises(ConfigError, match="environments is missing"):
        read_settings(LEAST.partition("[environments")[0], file=Path(FILE_NAME))


def test_a_folder_without_settings_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sitedrill\.toml: file is missing") as caught:
        load_settings(tmp_path)
    assert "--site" in caught.value.hint


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"[site]\nrepository = '\xff'")
    with pytest.raises(ConfigError, match="syntax is"):
        load_settings(tmp_path)


def test_the_schema_for_editors_is_in_step_and_takes_what_we_take() -> None:

    kept = Path(__file__).parents[3] / "harness" / "settings.schema.json"
    assert kept.read_text() == schema_text(), (
        "sitedrill schema settings > harness/settings.schema.json"
    )
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    validator.check_schema(json.loads(schema_text()))
    reference = (reference_site() / FILE_NAME).read_text()
    for text in (LEAST, MOST, reference):
        validator.validate(tomllib.loads(text))
    assert not validator.is_valid(tomllib.loads(MOST.replace("content = ", "contnet = ")))
    assert SiteSettings.model_config["title"] == json.loads(schema_text())["title"]
