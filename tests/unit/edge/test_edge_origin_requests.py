"""What of a viewer's request the origin gets to see, and what S3 makes of it."""

from __future__ import annotations

import pytest
from edge_world import World, behaviour, items, origin, public_policy

from harness.edge.origin_request_policies import (
    MANAGED_ORIGIN_REQUEST_POLICIES,
    parse_origin_request_policy,
)

pytestmark = pytest.mark.unit

ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
REFERER = "acba4595-bd28-49b8-b9fe-13317c0390fa"
VIEWER = {"host": "h", "referer": "r", "user-agent": "u", "origin": "o"}


def forward(world: World, policy: str, **changes: object) -> None:
    world.reconfigure(
        DefaultCacheBehavior=behaviour(OriginRequestPolicyId=policy), origins=[origin(**changes)]
    )


def test_a_forwarded_host_is_not_what_was_signed(world: World) -> None:
    forward(world, ALL_VIEWER)
    answer = world.get("/")
    assert answer.status_code == 403
    assert "SignatureDoesNotMatch" in answer.text
    assert any("Host header" in finding for finding in world.edge.findings)


def test_a_forwarded_host_names_no_bucket_when_nothing_is_signed(world: World) -> None:
    forward(world, ALL_VIEWER, OriginAccessControlId="")
    answer = world.get("/", host="staging.example.test:8080")
    assert answer.status_code == 404
    assert "<BucketName>staging.example.test</BucketName>" in answer.text


def test_everything_but_the_host_does_no_harm(world: World) -> None:
    forward(world, EXCEPT_HOST)
    assert world.get("/").status_code == 200


def test_a_forwarded_referer_counts_for_the_bucket_policy(world: World) -> None:
    world.bucket.policy = public_policy(StringEquals={"aws:Referer": "known"})
    forward(world, "", OriginAccessControlId="")
    assert world.get("/", headers={"referer": "known"}).status_code == 403
    forward(world, REFERER, OriginAccessControlId="")
    world.edge.clear_cache()
    assert world.get("/", headers={"referer": "known"}).status_code == 200


def test_a_header_of_the_origin_goes_before_the_viewers(world: World) -> None:
    world.bucket.policy = public_policy(StringEquals={"aws:Referer": "known"})
    custom = items({"HeaderName": "Referer", "HeaderValue": "known"})
    forward(world, REFERER, OriginAccessControlId="", CustomHeaders=custom)
    assert world.get("/", headers={"referer": "other"}).status_code == 200


def test_a_policy_of_ones_own_is_read_through_the_api(world: World) -> None:
    world.cloudfront.origin_requests["own"] = {
        "Name": "own",
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": items("Host")},
    }
    forward(world, "own")
    assert world.get("/").status_code == 403


def test_a_policy_that_nobody_knows_stops_the_behaviour(world: World) -> None:
    forward(world, "0000-unknown")
    answer = world.get("/")
    assert answer.status_code == 500
    assert "0000-unknown" in answer.text


@pytest.mark.parametrize(
    ("behaviour_of_headers", "names", "expected"),
    [
        ("none", (), set()),
        ("allViewer", (), set(VIEWER)),
        ("allViewerAndWhitelistCloudFront", ("CloudFront-Viewer-Country",), set(VIEWER)),
        ("allExcept", ("Host", "Origin"), {"referer", "user-agent"}),
        ("whitelist", ("Referer",), {"referer"}),
    ],
)
def test_which_headers_are_forwarded(
    behaviour_of_headers: str, names: tuple[str, ...], expected: set[str]
) -> None:
    headers = {"HeaderBehavior": behaviour_of_headers, "Headers": items(*names)}
    config = {"Name": "own", "HeadersConfig": headers}
    policy = parse_origin_request_policy({"OriginRequestPolicyConfig": config})
    assert set(policy.forwarded(VIEWER)) == expected


def test_the_managed_policies_that_forward_the_host() -> None:
    forwarding = {
        p.name for p in MANAGED_ORIGIN_REQUEST_POLICIES.values() if p.forwarded(VIEWER).get("host")
    }
    assert forwarding == {"AllViewer", "AllViewerAndCloudFrontHeaders-2022-06", "HostHeaderOnly"}
