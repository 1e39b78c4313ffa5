"""What a client sends for an operation is recognised as that operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.model import Shape

from harness.cloud.operations import UNKNOWN, Operation, OperationIndex
from harness.cloud.requests import AwsRequest

pytestmark = pytest.mark.unit

SERVICES = [
    "cloudwatch",
    "stepfunctions",
    "s3",
    "cloudfront",
    "sts",
    "iam",
    "dynamodb",
    "lambda",
    "route53",
]
#: Two operations, one request: the model deprecates one of them, and the other is recognised.
SAME_REQUEST = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
#: Signed for services with endpoints of their own.
OTHER_SERVICE = {"ListDirectoryBuckets", "WriteGetObjectResponse"}


class Built(Exception):  # noqa: N818 - not an error: carries a request out of botocore unsent
    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


SCALARS = {"blob": b"abc", "boolean": True, "timestamp": 0, "double": 1.0, "float": 1.0}


def value(shape: Shape) -> Any:
    """The least a member may be."""
    match shape.type_name:
        case "structure":
            return {key: value(shape.members[key]) for key in shape.required_members}
        case "list":
            return [value(shape.member)]
        case "map":
            return {value(shape.key): value(shape.value)}
        case "string":
            return shape.enum[0] if shape.enum else "a" * max(shape.metadata.get("min", 3), 3)
        case "integer" | "long":
            return max(1, shape.metadata.get("min", 1))
        case scalar:
            return SCALARS[scalar]


def client(service: str) -> Any:
    made = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
        config=Config(s3={"addressing_style": "path"}, parameter_validation=False),
    )

    def carry_out(request: Any, **_: Any) -> None:
        raise Built(request)

    made.meta.events.register("before-send", carry_out)
    return made


def request_for(made: Any, operation: str, **params: Any) -> AwsRequest:
    with pytest.raises(Built) as built:
        getattr(made, xform_name(operation))(**params)
    sent = built.value.request
    url = urlsplit(sent.url)
    headers = {
        key.lower(): item.decode() if isinstance(item, bytes) else str(item)
        for key, item in sent.headers.items()
    }
    body = sent.body.read() if hasattr(sent.body, "read") else sent.body or b""
    body = body.encode() if isinstance(body, str) else body
    return AwsRequest(sent.method, url.path, url.query, headers, body)


@pytest.fixture(scope="module")
def index() -> OperationIndex:
    return OperationIndex()


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    made = client("s3")
    yield made
    made.close()


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_of_a_service_is_recognised(service: str, index: OperationIndex) -> None:
    made = client(service)
    model = made.meta.service_model
    wrong, right = {}, 0
    for name in model.operation_names:
        if name in OTHER_SERVICE:
            continue
        shape = model.operation_model(name).input_shape
        request = request_for(made, name, **(value(shape) if shape else {}))
        found = index.recognise(request.signature.service, request)
        if (found.service, found.name) == (service, SAME_REQUEST.get(name, name)):
            right += 1
        else:
            wrong[name] = found.name
    made.close()
    assert not wrong
    assert right >= 8


REAL = [
    ("GET /", "ListBuckets"),
    ("PUT /site", "CreateBucket"),
    ("PUT /site/", "CreateBucket"),
    ("GET /site?list-type=2&prefix=a%2F&delimiter=%2F", "ListObjectsV2"),
    ("GET /site?prefix=a", "ListObjects"),
    ("GET /site?versions", "ListObjectVersions"),
    ("GET /site?policy", "GetBucketPolicy"),
    ("GET /site?policy=", "GetBucketPolicy"),
    ("GET /site?policyStatus", "GetBucketPolicyStatus"),
    ("PUT /site?versioning", "PutBucketVersioning"),
    ("POST /site?delete", "DeleteObjects"),
    ("PUT /site/a/b.html", "PutObject"),
    ("PUT /site/a/b.html x-amz-copy-source", "CopyObject"),
    ("PUT /site/a?partNumber=1&uploadId=u", "UploadPart"),
    ("PUT /site/a?partNumber=1&uploadId=u x-amz-copy-source", "UploadPartCopy"),
    ("POST /site/a?uploads", "CreateMultipartUpload"),
    ("POST /site/a?uploadId=u", "CompleteMultipartUpload"),
    ("DELETE /site/a?uploadId=u", "AbortMultipartUpload"),
    ("DELETE /site/a?versionId=v", "DeleteObject"),
    ("GET /site/a?uploadId=u", "ListParts"),
    ("GET /site/a?x-id=GetObject", "GetObject"),
    ("HEAD /site/a", "HeadObject"),
    ("HEAD /site", "HeadBucket"),
    ("GET /site/folder/", "GetObject"),
    ("PATCH /site/a", UNKNOWN),
]


@pytest.mark.parametrize(("line", "name"), REAL)
def test_the_most_specific_operation_wins(line: str, name: str, index: OperationIndex) -> None:
    method, target, *header = line.split()
    path, _, query = target.partition("?")
    request = AwsRequest(method, path, query, dict.fromkeys(header, "site/c"))
    assert index.recognise("s3", request).name == name


@pytest.mark.parametrize(
    "key",
    ["index.html", "a b/c+d%20é.html", "100%", "a//b", "folder/", "?query#part", "日本/語.txt"],
)
def test_an_objects_key_is_read_back_as_it_was(key: str, index: OperationIndex, s3: Any) -> None:
    request = request_for(s3, "PutObject", Bucket="site", Key=key, Body=b"x")
    found = index.recognise("s3", request)
    assert (found.params["Bucket"], found.params["Key"]) == ("site", key)


def test_an_upload_is_told_by_its_headers_never_by_its_content(
    index: OperationIndex, s3: Any
) -> None:
    request = request_for(
        s3,
        "PutObject",
        Bucket="site",
        Key="index.html",
        Body=b"<html>",
        ContentType="text/html",
        CacheControl="max-age=60",
        Metadata={"release": "v1.0.0"},
    )
    assert index.recognise("s3", request).params == {
        "Bucket": "site",
        "Key": "index.html",
        "ContentType": "text/html",
        "CacheControl": "max-age=60",
        "ContentLength": 6,
        "Metadata": {"release": "v1.0.0"},
    }


def test_bodies_are_read_with_their_types(index: OperationIndex, s3: Any) -> None:
    front = client("cloudfront")
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "run-1"}
    made = request_for(front, "CreateInvalidation", DistributionId="E1", InvalidationBatch=batch)
    front.close()
    found = index.recognise("cloudfront", made)
    assert found == Operation(
        "cloudfront",
        "CreateInvalidation",
        {"DistributionId": "E1", "InvalidationBatch": batch},
        mutating=True,
    )
    deletion = request_for(s3, "DeleteObjects", Bucket="site", Delete={"Objects": [{"Key": "a"}]})
    assert index.recognise("s3", deletion).params["Delete"] == {"Objects": [{"Key": "a"}]}


def test_a_bucket_policy_is_told_whole(index: OperationIndex, s3: Any) -> None:
    request = request_for(s3, "PutBucketPolicy", Bucket="site", Policy='{"Statement": []}')
    assert index.recognise("s3", request).params["Policy"] == '{"Statement": []}'


def test_tokens_never_reach_the_parameters(index: OperationIndex) -> None:
    request = AwsRequest(
        "POST",
        "/",
        headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        body=b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=deploy"
        b"&RoleArn=arn&WebIdentityToken=eyJhbGciOi",
    )
    found = index.recognise("sts", request)
    assert found.params == {
        "RoleSessionName": "deploy",
        "RoleArn": "arn",
        "WebIdentityToken": "***",
    }
    assert not found.mutating


@pytest.mark.parametrize("body", [b"<Delete><not", b"\xff\xfe", b"<a/>" + b"x" * 70_000])
def test_an_unreadable_body_leaves_the_rest(body: bytes, index: OperationIndex) -> None:
    found = index.recognise("s3", AwsRequest("POST", "/site", "delete", {}, body))
    assert (found.name, found.params) == ("DeleteObjects", {"Bucket": "site"})


def test_a_service_without_a_model_is_named_by_the_request(index: OperationIndex) -> None:
    target = AwsRequest("POST", "/", headers={"x-amz-target": "Nobody_2020.ListThings"})
    found = index.recognise("nobody", target)
    assert (found.name, found.protocol, found.mutating) == ("ListThings", "json", False)
    assert index.recognise("nobody", AwsRequest("PUT", "/thing")).name == UNKNOWN
    assert index.recognise("nobody", AwsRequest("PUT", "/thing")).mutating


@pytest.mark.parametrize(
    ("operation", "mutating"),
    [
        ("GetBucketPolicy", False),
        ("ListObjectsV2", False),
        ("HeadObject", False),
        ("PutBucketPolicy", True),
        ("DeleteObject", True),
        ("RestoreObject", True),
    ],
)
def test_what_changes_something_is_told_by_the_name(
    operation: str, mutating: bool, index: OperationIndex, s3: Any
) -> None:
    shape = s3.meta.service_model.operation_model(operation).input_shape
    request = request_for(s3, operation, **value(shape))
    assert index.recognise("s3", request).mutating is mutating
