"""Errors are read and written as AWS clients do, in each protocol."""

from __future__ import annotations

import pytest
from botocore.parsers import create_parser

from harness.cloud.answers import Answer, access_key_in, error_answer, error_code
from harness.cloud.emulator import clouds_with

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("service", "protocol"),
    [
        ("s3", "rest-xml"),
        ("cloudfront", "rest-xml"),
        ("sts", "query"),
        ("ec2", "ec2"),
        ("dynamodb", "json"),
        ("lambda", "rest-json"),
    ],
)
def test_a_client_reads_our_errors(service: str, protocol: str) -> None:
    answer = error_answer(
        service=service, protocol=protocol, status=501, code="NotImplemented", message="a < b & c"
    )
    headers = {key.decode(): value.decode() for key, value in answer.headers}
    read = create_parser(protocol).parse(
        {"status_code": answer.status, "headers": headers, "body": answer.body}, None
    )
    assert read["Error"]["Code"] == "NotImplemented"
    assert read["Error"]["Message"] == "a < b & c"
    assert error_code(answer) == "NotImplemented"
    assert int(headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(200, (), b"<ListBucketResult><Code>no</Code></ListBucketResult>"), ""),
        (Answer(200, (), b"<?xml?><Error><Code>InternalError</Code></Error>"), "InternalError"),
        (Answer(304, (), b""), ""),
        (Answer(404, (), b""), "404"),
        (Answer(500, (), b"<html>oops"), "500"),
        (Answer(400, (), b'{"__type": "com.amazon#ThrottlingException"}'), "ThrottlingException"),
        (Answer(400, ((b"X-Amzn-ErrorType", b"Nope:http://x"),), b"{}"), "Nope"),
        (Answer(400, (), b"{broken"), "400"),
    ],
)
def test_an_answers_error_code(answer: Answer, code: str) -> None:
    assert error_code(answer) == code


def test_the_key_of_an_assumed_role_is_found() -> None:
    body = b"<Credentials><AccessKeyId>ASIA1</AccessKeyId></Credentials>"
    assert access_key_in(Answer(200, (), body)) == "ASIA1"
    assert access_key_in(Answer(200, (), b"<Credentials/>")) == ""


MINISTACKS = ("moto+ministack", "localstack+ministack", "ministack")


@pytest.mark.parametrize(
    ("operation", "clouds"),
    [
        ("CreateCachePolicy", MINISTACKS),
        ("ListCachePolicies", MINISTACKS),
        ("GetResponseHeadersPolicyConfig", MINISTACKS),
        ("CreateOriginRequestPolicy", MINISTACKS),
        ("CreateDistribution", ()),
    ],
)
def test_who_has_what_another_lacks(operation: str, clouds: tuple[str, ...]) -> None:
    assert clouds_with("cloudfront", operation) == clouds
    assert clouds_with("s3", operation) == ()
