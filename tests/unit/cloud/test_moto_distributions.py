"""A distribution's configuration is kept whole, filled up, and refused as CloudFront refuses it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from moto.cloudfront.exceptions import CloudFrontException

from harness.cloud.moto.distributions import StoredConfig

pytestmark = pytest.mark.unit


def config(**members: Any) -> dict[str, Any]:
    origin = {
        "Id": "site",
        "DomainName": "site.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    return {
        "CallerReference": "one",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "site",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
        **members,
    }


def test_what_was_given_is_kept_and_the_rest_is_filled_in() -> None:
    given = config(DefaultRootObject="index.html")
    before = copy.deepcopy(given)
    stored = StoredConfig(given)
    assert given == before
    assert stored["DefaultRootObject"] == stored.DefaultRootObject == "index.html"
    assert stored["DefaultCacheBehavior"]["CachePolicyId"].startswith("658327ea")
    assert stored["DefaultCacheBehavior"]["AllowedMethods"]["CachedMethods"]["Quantity"] == 2
    assert stored["Origins"]["Items"][0]["OriginAccessControlId"] == ""
    assert stored["CustomErrorResponses"] == {"Quantity": 0}
    assert StoredConfig(stored) == stored
    with pytest.raises(AttributeError):
        _ = stored.Nothing


def test_defaults_are_not_shared_between_configurations() -> None:
    StoredConfig(config())["Logging"]["Enabled"] = True
    assert StoredConfig(config())["Logging"]["Enabled"] is False


BEHAVIOR = {"PathPattern": "/a*", "ViewerProtocolPolicy": "allow-all"}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        (
            {"DefaultCacheBehavior": {"TargetOriginId": "x", "ViewerProtocolPolicy": "allow-all"}},
            "NoSuchOrigin",
        ),
        (
            {"CacheBehaviors": {"Quantity": 1, "Items": [{**BEHAVIOR, "TargetOriginId": "x"}]}},
            "NoSuchOrigin",
        ),
        ({"Aliases": {"Quantity": 2, "Items": ["www.example.test"]}}, "InconsistentQuantities"),
        ({"Aliases": {"Quantity": 1}}, "InconsistentQuantities"),
        (
            {
                "Origins": {
                    "Quantity": 1,
                    "Items": [
                        {
                            "Id": "site",
                            "DomainName": "www.example.test",
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                }
            },
            "InvalidArgument",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(members: dict[str, Any], code: str) -> None:
    with pytest.raises(CloudFrontException) as refused:
        StoredConfig(config(**members))
    assert refused.value.code == code


def test_an_origin_group_is_a_target_too() -> None:
    group = {
        "Id": "both",
        "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [500]}},
        "Members": {"Quantity": 1, "Items": [{"OriginId": "site"}]},
    }
    behavior = {"TargetOriginId": "both", "ViewerProtocolPolicy": "allow-all"}
    given = config(OriginGroups={"Quantity": 1, "Items": [group]}, DefaultCacheBehavior=behavior)
    assert StoredConfig(given)["DefaultCacheBehavior"]["TargetOriginId"] == "both"


def test_an_access_control_must_be_there() -> None:
    given = config()
    given["Origins"]["Items"][0]["OriginAccessControlId"] = "OAC1"
    stored = StoredConfig(given)
    stored.check_access_controls({"OAC1", "OAC2"})
    with pytest.raises(CloudFrontException) as refused:
        stored.check_access_controls({"OAC2"})
    assert refused.value.code == "InvalidOriginAccessControl"
