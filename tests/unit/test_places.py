"""What placeholders stand for in a world."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.places import Environment, Values
from harness.settings import read_settings

pytestmark = pytest.mark.unit

SETTINGS = """
[site]
repository = "acme/website"

{variables}

[secrets]
KEY = "of the repository"

[workflows.emergency.always]
where = "{{live.url}}"

[environments.live]
name = "production"
alias = "www.acme.example"
bucket = "acme-live"
region = "eu-north-1"
variables = {{ ID = "{{live.distribution_id}}" }}
secrets = {{ KEY = "of live" }}

[environments.preview]
bucket = "acme-preview"
serves = "website"
role = "deployer"
"""


def values(variables: str = "") -> Values:
    settings = read_settings(SETTINGS.format(variables=variables), file=Path("sitedrill.toml"))
    environments = {
        name: Environment.of(name, section, f"http://{name}")
        for name, section in settings.environments.items()
    }
    world = {"aws_endpoint": "http://aws", "branch": "trunk", "github_api": "http://api"}
    return Values(
        settings, environments, world=world, distribution_id=lambda here: f"E-{here.name}"
    )


def test_every_placeholder_stands_for_something() -> None:
    text = (
        "{repository} {branch} {region} {account} {aws_endpoint} {github_api} {live.name} "
        "{live.url} {live.role_arn} {preview.role} {preview.alias} {preview.bucket}"
    )
    assert values().fill(text).split() == [
        "acme/website",
        "trunk",
        "eu-north-1",
        "123456789012",
        "http://aws",
        "http://api",
        "production",
        "http://live",
        "arn:aws:iam::123456789012:role/site-deploy-live",
        "deployer",
        "acme-preview.s3-website-us-east-1.amazonaws.com",
        "acme-preview",
    ]


def test_where_no_variables_are_said_there_are_those_of_the_reference_site() -> None:
    found = values().variables("preview")
    assert found["AWS_REGION"] == "eu-north-1"
    assert found["PREVIEW_URL"] == "http://preview"
    assert found["LIVE_ROLE_ARN"].endswith(":role/site-deploy-live")


def test_an_environment_is_known_by_its_name_on_github_and_counts_more() -> None:
    known = values('[variables]\nID = "none"\nTEMPLATE = "${{ x }}"')
    assert known.variables("Production") == {"ID": "E-live", "TEMPLATE": "${{ x }}"}
    assert known.variables("preview") == {"ID": "none", "TEMPLATE": "${{ x }}"}
    assert known.variables("live") == known.variables("") == known.variables("preview")


def test_an_environments_secrets_are_apart_from_the_repositorys() -> None:
    known = values()
    assert known.secrets("production") == {"KEY": "of live"}
    assert known.secrets("preview") == {}
    assert known.secrets("") == {"KEY": "of the repository"}


def test_what_people_type_is_never_filled_in() -> None:
    given = {"where": "{live.url}", "why": "{live.url} is down"}
    assert values().filled(given) == {"where": "http://live", "why": "{live.url} is down"}
