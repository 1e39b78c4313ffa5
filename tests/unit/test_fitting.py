"""Which of the drills that ship fit a site."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.fitting import Fitting, Wanted, site_incidents, wanted_of
from harness.resources import incidents_dir, reference_site
from harness.settings import load_settings, read_settings

pytestmark = pytest.mark.unit

SETTINGS = """
[site]
repository = "acme/website"
content = "pages"

[workflows.emergency.values.method]
last_known_good = "previous"
content_only = "pages"

[workflows.emergency.values.operation]
rollback = "back"

[environments.staging]
alias = "staging.acme.example"
bucket = "acme-staging"
{more}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text("<html><head></head></html>")
    return tmp_path


def fitting(site: Path, more: str = "") -> Fitting:
    settings = read_settings(SETTINGS.format(more=more), file=Path("sitedrill.toml"))
    return Fitting(site, settings, site_incidents(site, settings))


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        (
            [
                "staging serves the newest release",
                'the next release ships with "html-truncated"',
                "the engineer on call rolls back by content_only",
            ],
            Wanted("staging", "html-truncated", "release", "content_only"),
        ),
        (
            ["prod serves release v1.1.0", 'the live environment drifts into "x"', "a hotfix"],
            Wanted("prod", "x", "drift", "hotfix"),
        ),
        (["somebody who owns nothing rolls back by content_only"], Wanted(response="content_only")),
        (["the site recovers"], Wanted()),
    ],
)
def test_what_a_scenario_needs_is_read_from_its_steps(steps: list[str], wanted: Wanted) -> None:
    assert wanted_of(steps) == wanted
    assert wanted_of(steps, {"refusals"}).rules


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Wanted("staging", "html-truncated", "release", "content_only"), ""),
        (Wanted("staging", "html-truncated", "drift", "last_known_good"), ""),
        (Wanted("prod"), "no environment prod"),
        (Wanted(response="specific_commit"), "no specific_commit"),
        (Wanted(response="hotfix"), "no hotfix"),
        (Wanted(incident="html-lost"), "html-lost is not in use"),
        (Wanted(rules=True), "no rules to refuse by (features.refusals)"),
        (
            Wanted("staging", "html-broken-asset-links", "release"),
            "nothing that html-broken-asset-links could break",
        ),
        (
            Wanted("staging", "cloudfront-wrong-origin", "release"),
            "nothing says how cloudfront-wrong-origin is shipped (incidents.ship)",
        ),
        (Wanted("staging", "cloudfront-wrong-origin", "drift"), ""),
    ],
)
def test_what_does_not_fit_is_said_in_a_few_words(site: Path, wanted: Wanted, reason: str) -> None:
    assert fitting(site).why_not(wanted) == reason


def test_a_website_has_no_cloudfront_to_break(site: Path) -> None:
    wanted = Wanted("staging", "cloudfront-wrong-origin", "drift")
    assert fitting(site, 'serves = "website"').why_not(wanted) == (
        "no CloudFront for cloudfront-wrong-origin"
    )


def test_settings_that_say_how_an_incident_is_shipped_make_it_fit(site: Path) -> None:
    more = """
[[incidents.ship.cloudfront-wrong-origin]]
file = "main.tf"
replace = "a"
by = "b"
"""
    wanted = Wanted("staging", "cloudfront-wrong-origin", "release")
    assert fitting(site, more).why_not(wanted) == ""


def test_a_sites_own_incidents_stand_beside_those_that_ship(site: Path) -> None:
    own = site / "drill"
    own.mkdir()
    text = (incidents_dir() / "html-truncated.toml").read_text()
    (own / "ours.toml").write_text(text.replace('id = "html-truncated"', 'id = "ours"'))
    settings = read_settings(
        SETTINGS.format(more='[incidents]\nfolder = "drill"\n'), file=Path("sitedrill.toml")
    )
    assert {"ours", "html-truncated"} <= set(site_incidents(site, settings).incidents)
    few = read_settings(
        SETTINGS.format(more='[incidents]\nfolder = "drill"\nuse = ["ours"]\n'),
        file=Path("sitedrill.toml"),
    )
    assert list(site_incidents(site, few).incidents) == ["ours"]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('[incidents]\nuse = ["html-lost"]\n', "incidents.use"),
        (
            '[[incidents.ship.html-lost]]\nfile = "a"\ndelete = true\n',
            "incidents.ship.html-lost",
        ),
    ],
)
def test_an_incident_that_is_not_there_is_told(site: Path, more: str, key: str) -> None:
    with pytest.raises(ConfigError, match="html-lost") as caught:
        fitting(site, more)
    assert caught.value.key == key


def test_everything_that_ships_fits_the_reference_site_but_for_what_it_has_not() -> None:
    site = reference_site()
    settings = load_settings(site)
    catalogue = site_incidents(site, settings)
    fits = Fitting(site, settings, catalogue)
    for name, incident in catalogue.incidents.items():
        for via in ("release", "drift"):
            for response in ("last_known_good", "hotfix"):
                wanted = Wanted("prod", name, via, response, True)
                why = f"no website of a bucket for {name}" if incident.fault.website else ""
                assert fits.why_not(wanted) == why
