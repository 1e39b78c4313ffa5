"""Who signed a request, and for which service."""

from __future__ import annotations

import pytest

from harness.cloud.calls import access_key_for, caller_of
from harness.cloud.requests import AwsRequest, Signature

pytestmark = pytest.mark.unit

FORM = {"content-type": "application/x-www-form-urlencoded"}
SCOPE = "20260105/eu-west-1/cloudfront/aws4_request"


@pytest.mark.parametrize(
    ("request_", "service", "key"),
    [
        (
            AwsRequest(
                "GET",
                "/",
                headers={
                    "authorization": f"AWS4-HMAC-SHA256 Credential=AKIA1/{SCOPE}, "
                    "SignedHeaders=host;x-amz-date, Signature=0a"
                },
            ),
            "cloudfront",
            "AKIA1",
        ),
        (
            AwsRequest("GET", "/a/b", f"X-Amz-Credential=AKIA2%2F{SCOPE.replace('/', '%2F')}&a=b"),
            "cloudfront",
            "AKIA2",
        ),
        (AwsRequest("GET", "/site/a", headers={"authorization": "AWS AKIA3:sig"}), "s3", "AKIA3"),
        (AwsRequest("GET", "/site/a", "AWSAccessKeyId=AKIA4&Signature=x"), "s3", "AKIA4"),
        (AwsRequest("GET", "/site/a"), "s3", ""),
        (AwsRequest("POST", "/", "", FORM, b"Action=AssumeRoleWithWebIdentity"), "sts", ""),
        (AwsRequest("POST", "/", "", FORM, b"Action=AssumeRoleWithSAML"), "sts", ""),
        (AwsRequest("GET", "/", "Action=AssumeRoleWithWebIdentity"), "sts", ""),
        (AwsRequest("POST", "/site", "", {}, b"Action=AssumeRoleWithSAML"), "s3", ""),
    ],
)
def test_a_signature_names_service_and_key(request_: AwsRequest, service: str, key: str) -> None:
    assert request_.signature == Signature(service, key)


def test_our_own_callers_are_known_by_their_keys() -> None:
    assert access_key_for("edge") == "SITEDRILLEDGE"
    assert caller_of("SITEDRILLEDGE", {}) == "edge"
    assert caller_of("SITEDRILL", {}) == "SITEDRILL"
    assert caller_of("ASIA1", {"ASIA1": "emergency-42"}) == "emergency-42"
    assert caller_of("AKIA1", {"ASIA1": "emergency-42"}) == "AKIA1"
    assert caller_of("", {}) == "anonymous"
