from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from edge_world import CACHING_DISABLED, CACHING_OPTIMIZED, SECURITY_HEADERS

from harness.edge.distribution import CustomErrorResponse
from harness.edge.freshness import Freshness, of_error, of_object
from harness.edge.policies import (
    MANAGED_CACHE_POLICIES,
    CachePolicy,
    legacy_policy,
    parse_cache_policy,
)
from harness.edge.response_headers import (
    MANAGED_RESPONSE_HEADERS_POLICIES,
    parse_response_headers_policy,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
PLAIN = CachePolicy("plain", min_ttl=0, default_ttl=100, max_ttl=1000)
FLOORED = CachePolicy("floored", min_ttl=50, default_ttl=10, max_ttl=1000)


@pytest.mark.parametrize(
    ("policy", "headers", "expected"),
    [
        (PLAIN, {}, Freshness(100, keep=True)),
        (FLOORED, {}, Freshness(50, keep=True)),
        (PLAIN, {"cache-control": "max-age=30"}, Freshness(30, keep=True)),
        (PLAIN, {"cache-control": "public, max-age=5000"}, Freshness(1000, keep=True)),
        (FLOORED, {"cache-control": "max-age=30"}, Freshness(50, keep=True)),
        (PLAIN, {"cache-control": "max-age=30, s-maxage=60"}, Freshness(60, keep=True)),
        (PLAIN, {"cache-control": "Max-Age=0"}, Freshness(0, keep=True)),
        (PLAIN, {"cache-control": "no-cache"}, Freshness(0, keep=True)),
        (PLAIN, {"cache-control": "no-store"}, Freshness(0, keep=False)),
        (PLAIN, {"cache-control": "private, max-age=60"}, Freshness(0, keep=False)),
        (FLOORED, {"cache-control": "no-store"}, Freshness(50, keep=True)),
        (PLAIN, {"expires": "Mon, 05 Jan 2026 12:00:40 GMT"}, Freshness(40, keep=True)),
        (PLAIN, {"expires": "Mon, 05 Jan 2026 11:00:00 GMT"}, Freshness(0, keep=True)),
        (PLAIN, {"expires": "0"}, Freshness(0, keep=True)),
        (
            PLAIN,
            {"expires": "Mon, 05 Jan 2026 12:00:40 GMT", "cache-control": "max-age=7"},
            Freshness(7, keep=True),
        ),
        (
            MANAGED_CACHE_POLICIES[CACHING_DISABLED],
            {"cache-control": "max-age=60"},
            Freshness(0, keep=False),
        ),
    ],
)
def test_how_long_an_object_stays_fresh(
    policy: CachePolicy, headers: dict[str, str], expected: Freshness
) -> None:
    assert of_object(headers, policy, NOW) == expected


@pytest.mark.parametrize(
    ("status", "headers", "configured", "expected"),
    [
        (404, {}, None, Freshness(10, keep=True)),
        (503, {}, None, Freshness(10, keep=True)),
        (404, {}, 3.0, Freshness(3, keep=True)),
        (404, {}, 0.0, Freshness(0, keep=False)),
        (404, {"cache-control": "max-age=60"}, 3.0, Freshness(60, keep=True)),
        (404, {"cache-control": "max-age=1"}, None, Freshness(10, keep=True)),
        (403, {}, None, Freshness(0, keep=False)),
        (403, {}, 20.0, Freshness(20, keep=True)),
        (403, {"cache-control": "s-maxage=60"}, None, Freshness(60, keep=True)),
    ],
)
def test_how_long_an_error_is_cached(
    status: int, headers: dict[str, str], configured: float | None, expected: Freshness
) -> None:
    custom = (
        configured if configured is None else CustomErrorResponse(status, "", status, configured)
    )
    assert of_error(status, headers, custom, NOW) == expected


@pytest.mark.parametrize(
    ("policy_id", "ttls"),
    [
        (CACHING_OPTIMIZED, (1, 86400, 31536000)),
        ("b2884449-e4de-46a7-ac36-70bc7f1ddd6d", (1, 86400, 31536000)),
        (CACHING_DISABLED, (0, 0, 0)),
        ("83da9c7e-98b4-4e11-a168-04f0df8e2c65", (0, 0, 31536000)),
        ("4cc15a8a-d715-48a4-82b8-cc0b614638fe", (0, 0, 31536000)),
        ("08627262-05a9-4f76-9ded-b50ca2e3a84f", (0, 86400, 31536000)),
        ("2e54312d-136d-493c-8eb9-b001f22f67d2", (2, 2, 600)),
    ],
)
def test_managed_cache_policies(policy_id: str, ttls: tuple[int, int, int]) -> None:
    policy = MANAGED_CACHE_POLICIES[policy_id]
    assert (policy.min_ttl, policy.default_ttl, policy.max_ttl) == ttls


def key(policy: CachePolicy, query: str = "", **headers: str) -> object:
    return policy.key("E1", "/a", query, headers)


def test_what_is_in_the_cache_key_tells_variants_apart() -> None:
    optimized = MANAGED_CACHE_POLICIES[CACHING_OPTIMIZED]
    assert key(optimized, "a=1", cookie="x=1") == key(optimized, "a=2", origin="o")
    with_query = MANAGED_CACHE_POLICIES["4cc15a8a-d715-48a4-82b8-cc0b614638fe"]
    assert key(with_query, "a=1") != key(with_query, "a=2")
    assert key(with_query, cookie="a=1; b=2") == key(with_query, cookie="b=2; a=1")
    assert key(with_query, cookie="a=1") != key(with_query, cookie="a=2")
    assert key(with_query, origin="x") != key(with_query, origin="y")
    media = MANAGED_CACHE_POLICIES["08627262-05a9-4f76-9ded-b50ca2e3a84f"]
    assert key(media, "m=1&other=1") == key(media, "m=1&other=2")
    assert key(media, "m=1") != key(media, "m=2")


def test_a_cache_policy_of_ones_own() -> None:
    policy = parse_cache_policy(
        {
            "CachePolicyConfig": {
                "Name": "ours",
                "MinTTL": 5,
                "DefaultTTL": 6,
                "MaxTTL": 7,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "QueryStringsConfig": {
                        "QueryStringBehavior": "allExcept",
                        "QueryStrings": {"Items": ["utm"]},
                    },
                    "HeadersConfig": {
                        "HeaderBehavior": "whitelist",
                        "Headers": {"Items": ["Accept-Language"]},
                    },
                    "CookiesConfig": {"CookieBehavior": "none"},
                },
            }
        }
    )
    assert (policy.min_ttl, policy.default_ttl, policy.max_ttl) == (5, 6, 7)
    assert key(policy, "utm=1&a=1") == key(policy, "utm=2&a=1") != key(policy, "a=2")
    assert policy.headers == ("accept-language",)


def test_a_cache_policy_without_times_has_cloudfronts() -> None:
    policy = parse_cache_policy({"CachePolicyConfig": {"Name": "ours", "MinTTL": 0}})
    assert (policy.default_ttl, policy.max_ttl) == (86400, 31536000)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (0, 86400, 31536000)),
        ({"MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3}, (1, 2, 3)),
        (
            {"DefaultTTL": 2, "MaxTTL": 3, "ForwardedValues": {"Headers": {"Items": ["*"]}}},
            (0, 0, 0),
        ),
    ],
)
def test_times_of_a_behaviour_without_policy(
    settings: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    policy = legacy_policy(settings)
    assert (policy.min_ttl, policy.default_ttl, policy.max_ttl) == expected


def test_forwarded_values_are_the_key_of_a_behaviour_without_policy() -> None:
    everything = legacy_policy({"ForwardedValues": {"QueryString": True}})
    assert key(everything, "a=1") != key(everything, "a=2")
    some = legacy_policy(
        {"ForwardedValues": {"QueryString": True, "QueryStringCacheKeys": {"Items": ["a"]}}}
    )
    assert key(some, "a=1&b=1") == key(some, "a=1&b=2") != key(some, "a=2")
    none = legacy_policy({"ForwardedValues": {"QueryString": False}})
    assert key(none, "a=1") == key(none)


SECURITY = {
    "referrer-policy": "strict-origin-when-cross-origin",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
}


def test_the_managed_security_headers() -> None:
    headers: dict[str, str] = {}
    MANAGED_RESPONSE_HEADERS_POLICIES[SECURITY_HEADERS].apply(headers, origin="https://b.test")
    assert headers == SECURITY


def test_only_nosniff_replaces_what_the_origin_sends() -> None:
    headers = {"x-content-type-options": "sniff", "x-frame-options": "DENY"}
    MANAGED_RESPONSE_HEADERS_POLICIES[SECURITY_HEADERS].apply(headers, origin="")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("policy_id", "always"),
    [
        ("60669652-455b-4ae9-85a4-c4c02393f86c", {}),
        ("5cc3b908-e619-4b99-88e5-2cf7f45965bd", {}),
        ("e61eb60c-9c35-4d20-a928-2b84e02af89c", SECURITY),
        ("eaab4381-ed33-4a86-88ca-d9558dc6cd63", SECURITY),
    ],
)
def test_cors_headers_go_to_cross_origin_requests_only(
    policy_id: str, always: dict[str, str]
) -> None:
    policy = MANAGED_RESPONSE_HEADERS_POLICIES[policy_id]
    same: dict[str, str] = {}
    other: dict[str, str] = {}
    policy.apply(same, origin="")
    policy.apply(other, origin="https://b.test")
    assert same == always
    assert other == {**always, "access-control-allow-origin": "*"}


def test_a_response_headers_policy_of_ones_own() -> None:
    policy = parse_response_headers_policy(
        {
            "ResponseHeadersPolicyConfig": {
                "Name": "ours",
                "SecurityHeadersConfig": {
                    "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
                    "FrameOptions": {"Override": True, "FrameOption": "DENY"},
                    "ContentSecurityPolicy": {
                        "Override": False,
                        "ContentSecurityPolicy": "default-src 'self'",
                    },
                    "ContentTypeOptions": {"Override": True},
                    "StrictTransportSecurity": {
                        "Override": True,
                        "IncludeSubdomains": True,
                        "Preload": True,
                        "AccessControlMaxAgeSec": 60,
                    },
                },
                "CustomHeadersConfig": {
                    "Items": [{"Header": "X-Team", "Value": "web", "Override": True}]
                },
                "RemoveHeadersConfig": {"Items": [{"Header": "Server"}]},
                "CorsConfig": {
                    "AccessControlAllowOrigins": {"Items": ["https://a.example.test"]},
                    "AccessControlAllowCredentials": True,
                    "AccessControlExposeHeaders": {"Items": ["ETag", "X-Team"]},
                    "OriginOverride": True,
                },
            }
        }
    )
    headers = {"server": "AmazonS3", "x-frame-options": "SAMEORIGIN", "x-team": "theirs"}
    policy.apply(headers, origin="https://a.example.test")
    assert headers == {
        "x-xss-protection": "1; mode=block",
        "x-frame-options": "DENY",
        "content-security-policy": "default-src 'self'",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=60; includeSubDomains; preload",
        "x-team": "web",
        "access-control-allow-origin": "https://a.example.test",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "ETag, X-Team",
    }


@pytest.mark.parametrize(
    ("allowed", "origin", "answered"),
    [
        (("https://a.test", "https://b.test"), "https://b.test", "https://b.test"),
        (("https://a.test",), "https://c.test", None),
        (("https://*.a.test",), "https://www.a.test", "https://www.a.test"),
        (("https://*.a.test",), "https://a.test", None),
        (("a.test",), "http://a.test", "http://a.test"),
        (("*",), "https://c.test", "*"),
    ],
)
def test_only_allowed_origins_are_answered_to(
    allowed: tuple[str, ...], origin: str, answered: str | None
) -> None:
    config = {"AccessControlAllowOrigins": {"Items": list(allowed)}, "OriginOverride": True}
    policy = parse_response_headers_policy(
        {"ResponseHeadersPolicyConfig": {"Name": "cors", "CorsConfig": config}}
    )
    headers: dict[str, str] = {}
    policy.apply(headers, origin=origin)
    assert headers.get("access-control-allow-origin") == answered
