"""Each reason not to begin is seen; none of them can be turned off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from staging_cloud import ACCOUNT, ALIAS, BUCKET, Staging

from harness.gameday.aws import Account
from harness.gameday.plan import Plan
from harness.gameday.safety import refused
from harness.resources import reference_site
from harness.settings import SiteSettings, load_settings

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def site_settings() -> SiteSettings:
    return load_settings(reference_site())


@pytest.fixture
def account(staging: Staging) -> Iterator[Account]:
    with Account("us-east-1", endpoint=staging.emulator.endpoint, access_key="AKIATEST") as one:
        yield one


def plan_for(staging: Staging, **changed: Any) -> Plan:
    success = {"detect": "1m", "decide": "2m", "recover": "3m"}
    incident = {
        "incident": "html-truncated",
        "hypothesis": "somebody notices",
        "time_box": "5m",
        "success": success,
    }
    aws = {
        "account": ACCOUNT,
        "region": "us-east-1",
        "bucket": BUCKET,
        "distribution": staging.distribution,
    }
    data: dict[str, Any] = {
        "title": "Game day",
        "environment": "staging",
        "url": f"https://{ALIAS}",
        "hypothesis": "it works",
        "roles": {"facilitator": ["octo-ops"], "responder": ["octo-dev"]},
        "aws": aws | changed.pop("aws", {}),
        "incidents": [incident],
        "stop": {"time_box": "10m"},
    }
    return Plan.model_validate(data | changed)


def test_a_plan_that_is_right_is_not_refused(
    staging: Staging, account: Account, site_settings: SiteSettings
) -> None:
    assert refused(plan_for(staging), site_settings, account) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"aws": {"account": "999999999999"}}, "the credentials are of 123456789012"),
        ({"aws": {"region": "eu-west-1"}}, f"the bucket {BUCKET}: us-east-1"),
        ({"aws": {"bucket": "another-bucket"}}, "NoSuchBucket"),
        ({"aws": {"distribution": "E0000000000000"}}, "NoSuchDistribution"),
        ({"aws": {"distribution": ""}}, "CloudFront serves staging"),
        ({"environment": "prod"}, "environment is prod: production is never broken"),
        ({"environment": "nowhere"}, "the site has no nowhere, only staging, prod"),
        ({"aws": {"bucket": "harbourlight-prod"}}, "that is the bucket of prod"),
        ({"url": "https://www.harbourlight.example"}, "that is prod"),
    ],
)
def test_another_account_region_site_or_production_is_refused(
    staging: Staging,
    account: Account,
    site_settings: SiteSettings,
    changed: dict[str, Any],
    why: str,
) -> None:
    refusals = refused(plan_for(staging, **changed), site_settings, account)
    assert any(why in refusal for refusal in refusals), refusals


@pytest.mark.parametrize("name", ["Production", "eu-prod", "prod_2"])
def test_what_github_calls_production_is_refused(
    staging: Staging, account: Account, site_settings: SiteSettings, name: str
) -> None:
    settings = with_staging(site_settings, name=name)
    assert refused(plan_for(staging), settings, account) == [
        f"its name on GitHub is {name}: production is never broken on purpose"
    ]


def test_what_is_listed_as_production_is_refused(
    staging: Staging, account: Account, site_settings: SiteSettings
) -> None:
    settings = with_staging(site_settings, production=True)
    assert "production is true" in refused(plan_for(staging), settings, account)[0]


def test_a_product_is_not_production(
    staging: Staging, account: Account, site_settings: SiteSettings
) -> None:
    assert refused(plan_for(staging), with_staging(site_settings, name="products"), account) == []


def untag_bucket(staging: Staging) -> None:
    staging.other.s3.delete_bucket_tagging(Bucket=BUCKET)


def forbid_bucket(staging: Staging) -> None:
    tags: Any = {"TagSet": [{"Key": "sitedrill:gameday", "Value": "not today"}]}
    staging.other.s3.put_bucket_tagging(Bucket=BUCKET, Tagging=tags)


def untag_distribution(staging: Staging) -> None:
    cloudfront = staging.other.cloudfront
    arn = cloudfront.get_distribution(Id=staging.distribution)["Distribution"]["ARN"]
    cloudfront.untag_resource(Resource=arn, TagKeys={"Items": ["sitedrill:gameday"]})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (untag_bucket, f"bucket {BUCKET}: the tag sitedrill:gameday=allowed is missing"),
        (forbid_bucket, f"bucket {BUCKET}: the tag sitedrill:gameday=allowed is not today"),
        (untag_distribution, "the tag sitedrill:gameday=allowed is missing"),
    ],
)
def test_without_the_tags_of_their_owners_nothing_is_broken(
    staging: Staging,
    account: Account,
    site_settings: SiteSettings,
    change: Callable[[Staging], None],
    why: str,
) -> None:
    change(staging)
    (refusal,) = refused(plan_for(staging), site_settings, account)
    assert why in refusal


def with_staging(settings: SiteSettings, **changed: Any) -> SiteSettings:
    section = settings.environments["staging"].model_copy(update=changed)
    return settings.model_copy(
        update={"environments": {**settings.environments, "staging": section}}
    )
