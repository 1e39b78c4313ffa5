from __future__ import annotations

from typing import Any

import pytest
from edge_world import BUCKET, behaviour, distribution, items, origin

from harness.edge.distribution import parse_distribution
from harness.errors import ConfigError

pytestmark = pytest.mark.unit


def test_everything_the_edge_needs_is_read() -> None:
    error = {"ErrorCode": 403, "ResponsePagePath": "/404.html", "ResponseCode": "404"}
    parsed = parse_distribution(
        distribution(
            "E9",
            origins=[origin(OriginPath="/v1/")],
            DefaultRootObject="home.html",
            Aliases=items("WWW.alias.test"),
            CustomErrorResponses=items({**error, "ErrorCachingMinTTL": 0}),
        )
    )
    assert (parsed.id, parsed.domain_name, parsed.aliases) == (
        "E9",
        "e9.cloudfront.net",
        ("www.alias.test",),
    )
    assert parsed.account == "123456789012"
    assert parsed.enabled
    assert parsed.default_root_object == "home.html"
    (default,) = parsed.behaviours
    assert default.allowed_methods == {"GET", "HEAD"}
    assert default.viewer_protocol_policy == "redirect-to-https"
    assert (default.origin.bucket, default.origin.path) == ("site-staging", "/v1")
    assert default.origin.access_control_id == "OAC1"
    page = parsed.custom_errors[403]
    assert (page.page, page.response_code, page.error_ttl) == ("/404.html", 404, 0.0)


@pytest.mark.parametrize(
    ("domain", "bucket"),
    [
        ("b.s3.amazonaws.com", "b"),
        ("b.s3.eu-west-1.amazonaws.com", "b"),
        ("b.s3-us-west-2.amazonaws.com", "b"),
        ("www.a.b.s3.dualstack.us-east-1.amazonaws.com", "www.a.b"),
        ("b.s3.localhost.localstack.cloud:4566", "b"),
        ("b.s3-website-us-east-1.amazonaws.com", ""),
        ("b.s3-website.eu-central-1.amazonaws.com", ""),
        ("api.example.test", ""),
    ],
)
def test_a_bucket_is_told_from_other_origins(domain: str, bucket: str) -> None:
    parsed = parse_distribution(distribution(origins=[origin(DomainName=domain)]))
    assert parsed.behaviours[0].origin.bucket == bucket


def test_an_s3_endpoint_configured_as_custom_origin_is_one() -> None:
    parsed = parse_distribution(distribution(origins=[origin(CustomOriginConfig={"HTTPPort": 80})]))
    found = parsed.behaviours[0].origin
    assert (found.bucket, found.custom, found.website) == (BUCKET, True, False)


@pytest.mark.parametrize(
    "domain",
    [
        "site.s3-website-us-east-1.amazonaws.com",
        "site.s3-website.eu-central-1.amazonaws.com",
        "site.s3-website.localhost.localstack.cloud:4566",
    ],
)
def test_a_website_endpoint_is_one_as_a_custom_origin_only(domain: str) -> None:
    custom = origin(DomainName=domain, CustomOriginConfig={"OriginProtocolPolicy": "http-only"})
    found = parse_distribution(distribution(origins=[custom])).behaviours[0].origin
    assert (found.bucket, found.website, found.protocol) == ("site", True, "http-only")
    as_s3 = parse_distribution(distribution(origins=[origin(DomainName=domain)]))
    assert as_s3.behaviours[0].origin.bucket == ""


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"DefaultCacheBehavior": None}, "DefaultCacheBehavior"),
        (
            {"DefaultCacheBehavior": behaviour(TargetOriginId="gone")},
            "DefaultCacheBehavior.TargetOriginId",
        ),
        ({"origins": [origin(DomainName="")]}, "Origins[0].DomainName"),
        ({"CacheBehaviors": items(behaviour())}, "CacheBehaviors[0].PathPattern"),
        ({"CustomErrorResponses": items({"ErrorCode": "x"})}, "CustomErrorResponses[0].ErrorCode"),
        (
            {"CustomErrorResponses": items({"ErrorCode": 404, "ResponsePagePath": "404.html"})},
            "CustomErrorResponses[0].ResponsePagePath",
        ),
    ],
)
def test_errors_name_the_distribution_and_the_key(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_distribution(distribution("E7", **changes))
    assert "distribution E7" in str(caught.value)
    assert caught.value.key == key
