from __future__ import annotations

import json
from typing import Any

import pytest

from harness.edge.bucket_policy import ANONYMOUS, Requester, evaluate

pytestmark = pytest.mark.unit

ARN = "arn:aws:cloudfront::123456789012:distribution/E1"
CLOUDFRONT = Requester(ARN, "123456789012")
OBJECT = "arn:aws:s3:::site/a/index.html"


def statement(**changes: Any) -> dict[str, Any]:
    base = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::site/*",
    }
    return {k: v for k, v in {**base, **changes}.items() if v is not None}


def allowed(*statements: Any, who: Requester = CLOUDFRONT, action: str = "s3:GetObject") -> bool:
    resource = "arn:aws:s3:::site" if action == "s3:ListBucket" else OBJECT
    return evaluate(json.dumps({"Statement": list(statements)}), action, resource, who).allowed


def test_no_policy_no_entry() -> None:
    assert not evaluate(None, "s3:GetObject", OBJECT, CLOUDFRONT).allowed


def test_a_policy_that_cannot_be_read_admits_nobody_and_says_so() -> None:
    decision = evaluate("{", "s3:GetObject", OBJECT, CLOUDFRONT)
    assert not decision.allowed
    assert decision.notes


def test_a_single_statement_need_not_be_a_list() -> None:
    policy = json.dumps({"Statement": statement()})
    assert evaluate(policy, "s3:GetObject", OBJECT, CLOUDFRONT).allowed


@pytest.mark.parametrize(
    ("principal", "cloudfront", "anybody"),
    [
        ({"Service": "cloudfront.amazonaws.com"}, True, False),
        ({"Service": ["ec2.amazonaws.com", "cloudfront.amazonaws.com"]}, True, False),
        ({"Service": "ec2.amazonaws.com"}, False, False),
        ("*", True, True),
        ({"AWS": "*"}, True, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False, False),
        (None, False, False),
    ],
)
def test_principals(principal: Any, cloudfront: bool, anybody: bool) -> None:
    assert allowed(statement(Principal=principal)) is cloudfront
    assert allowed(statement(Principal=principal), who=ANONYMOUS) is anybody


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:GetObject", True),
        ("S3:getobject", True),
        (["s3:PutObject", "s3:GetObject"], True),
        ("s3:Get*", True),
        ("s3:*", True),
        ("*", True),
        ("s3:GetObjectVersion", False),
        ("s3:ListBucket", False),
    ],
)
def test_actions(action: Any, expected: bool) -> None:
    assert allowed(statement(Action=action)) is expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:s3:::site/*", True),
        (["arn:aws:s3:::other/*", "arn:aws:s3:::site/a/*"], True),
        ("arn:aws:s3:::site/?/index.html", True),
        ("arn:aws:s3:::site", False),
        ("arn:aws:s3:::other/*", False),
        ("arn:aws:s3:::site/A/*", False),
    ],
)
def test_resources(resource: Any, expected: bool) -> None:
    assert allowed(statement(Resource=resource)) is expected


def test_negated_elements() -> None:
    assert allowed(statement(Action=None, NotAction="s3:PutObject"))
    assert not allowed(statement(Action=None, NotAction="s3:*"))
    assert not allowed(statement(Resource=None, NotResource="arn:aws:s3:::site/a/*"))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"AWS:SourceArn": ARN}}, True),
        ({"StringEquals": {"aws:sourcearn": [ARN + "x", ARN]}}, True),
        ({"StringEquals": {"AWS:SourceArn": ARN + "x"}}, False),
        ({"StringEquals": {"AWS:SourceArn": ARN.replace("E1", "*")}}, False),
        ({"StringLike": {"AWS:SourceArn": ARN.replace("E1", "*")}}, True),
        ({"ArnEquals": {"AWS:SourceArn": ARN.replace("E1", "E?")}}, True),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:cloudfront::*:distribution/*"}}, True),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:*"}}, False),
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": "999999999999"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}, False),
        ({"StringEquals": {"aws:Referer": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:Referer": "x"}}, True),
        ({"Null": {"aws:Referer": "true"}}, True),
        ({"Null": {"aws:SourceArn": "true"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        (
            {
                "StringEquals": {"AWS:SourceArn": ARN},
                "StringLike": {"aws:SourceAccount": "9*"},
            },
            False,
        ),
    ],
)
def test_conditions(condition: Any, expected: bool) -> None:
    assert allowed(statement(Condition=condition)) is expected


def test_an_unsigned_request_carries_no_source() -> None:
    condition = {"StringEquals": {"AWS:SourceArn": ARN}}
    assert not allowed(statement(Principal="*", Condition=condition), who=ANONYMOUS)


@pytest.mark.parametrize(
    "unknown",
    [{"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, {"NotPrincipal": "*"}],
)
def test_what_is_not_understood_never_admits_and_is_named(unknown: dict[str, Any]) -> None:
    policy = json.dumps({"Statement": [statement(Sid="Odd", **unknown)]})
    decision = evaluate(policy, "s3:GetObject", OBJECT, CLOUDFRONT)
    assert not decision.allowed
    assert decision.notes[0].startswith("Odd:")


@pytest.mark.parametrize(
    ("deny", "refused"),
    [
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, True),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}}, True),
        ({"NotPrincipal": "*", "Action": "s3:PutObject"}, False),
        (
            {
                "Condition": {
                    "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                    "Bool": {"aws:SecureTransport": "false"},
                }
            },
            False,
        ),
    ],
)
def test_a_deny_that_is_not_understood_refuses_whomever_it_may_be_about(
    deny: dict[str, Any], refused: bool
) -> None:
    odd = statement(Sid="Odd", **{"Effect": "Deny", "Principal": "*", **deny})
    policy = json.dumps({"Statement": [statement(), odd]})
    decision = evaluate(policy, "s3:GetObject", OBJECT, CLOUDFRONT)
    assert decision.allowed != refused
    assert bool(decision.notes) == refused
    assert ("Odd may deny s3:GetObject" in decision.reason) == refused


def test_a_deny_wins_wherever_it_stands() -> None:
    deny = statement(Effect="Deny", Principal="*", Action="s3:*")
    assert not allowed(statement(), deny)
    assert not allowed(deny, statement())


def test_refusing_plain_http_does_not_refuse_cloudfront() -> None:
    deny = statement(
        Effect="Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}
    )
    assert allowed(statement(), deny)


def test_listing_is_an_action_on_the_bucket() -> None:
    listing = statement(Action="s3:ListBucket", Resource="arn:aws:s3:::site")
    assert allowed(listing, action="s3:ListBucket")
    assert not allowed(statement(Action="s3:*"), action="s3:ListBucket")
