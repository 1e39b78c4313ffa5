"""The one AWS endpoint: everything goes through unchanged, is journaled, and told to listeners."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cloud_support import Front

from harness.clock import Clock
from harness.cloud.calls import AwsCall
from harness.cloud.clients import Clients
from harness.cloud.composite import CompositeEmulator
from harness.cloud.gateway import Gateway
from harness.cloud.moto import MotoEmulator
from harness.journal import Journal, read_journal
from harness.serving import Serving

pytestmark = pytest.mark.integration

ROLE = "arn:aws:iam::123456789012:role/deploy"


def unretried(front: Front, service: str, **config: Any) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=front.endpoint,
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config),
    )


def test_a_call_is_journaled_with_everything(front: Front) -> None:
    s3 = front.client("edge").s3
    s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key="a", Body=b"x", ContentType="text/html")
    with pytest.raises(ClientError):
        s3.get_object(Bucket="site", Key="b")
    created, put, got = (record.data for record in front.calls())
    assert created["params"] == {"Bucket": "site"}
    assert 0 < put.pop("seconds") < 5
    assert put == {
        "caller": "edge",
        "access_key": "SITEDRILLEDGE",
        "service": "s3",
        "operation": "PutObject",
        "params": {"Bucket": "site", "Key": "a", "ContentType": "text/html", "ContentLength": 1},
        "status": 200,
        "error": "",
        "mutating": True,
    }
    assert (got["status"], got["error"], got["mutating"]) == (404, "NoSuchKey", False)


@pytest.mark.parametrize(
    "key",
    ["a b/c+d.html", "100%/%20.html", "a//b", "folder/", "é/日本.txt", "a/../b", "q?r#s&t=u", "+"],
)
def test_keys_arrive_as_they_were_sent(key: str, front: Front, aws: Clients) -> None:
    s3 = front.client("checks").s3
    s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key=key, Body=b"x")
    assert [found["Key"] for found in aws.s3.list_objects_v2(Bucket="site")["Contents"]] == [key]
    assert s3.get_object(Bucket="site", Key=key)["Body"].read() == b"x"
    assert {call.data["params"].get("Key", key) for call in front.calls()} == {key}


def test_head_and_answers_without_a_body(front: Front) -> None:
    s3 = front.client("checks").s3
    s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key="a", Body=b"12345")
    assert s3.head_object(Bucket="site", Key="a")["ContentLength"] == 5
    with pytest.raises(ClientError) as missing:
        s3.head_object(Bucket="site", Key="b")
    assert missing.value.response["Error"]["Code"] == "404"
    deleted = s3.delete_object(Bucket="site", Key="a")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert [call.data["error"] for call in front.calls()][-2:] == ["404", ""]


def test_compressed_and_large_objects_pass_untouched(front: Front) -> None:
    s3 = front.client("checks").s3
    s3.create_bucket(Bucket="site")
    body = os.urandom(3_000_000)
    s3.put_object(Bucket="site", Key="a.gz", Body=body, ContentEncoding="gzip")
    assert s3.get_object(Bucket="site", Key="a.gz")["Body"].read() == body
    part = s3.get_object(Bucket="site", Key="a.gz", Range="bytes=10-19")
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert part["Body"].read() == body[10:20]


def test_chunked_and_checksummed_uploads(front: Front, aws: Clients) -> None:
    """What SDKs send by default: aws-chunked with a trailing checksum, after 100-continue."""
    s3 = unretried(front, "s3", request_checksum_calculation="when_supported")
    s3.create_bucket(Bucket="site")

    s3.put_object(Bucket="site", Key="a", Body=b"hello", ChecksumAlgorithm="CRC32")
    s3.put_object(
        Bucket="site", Key="b", Body=b"x" * 200_000, ContentLength=200_000, CacheControl="no-cache"
    )
    s3.close()
    assert aws.s3.get_object(Bucket="site", Key="a")["Body"].read() == b"hello"
    assert aws.s3.get_object(Bucket="site", Key="b")["Body"].read() == b"x" * 200_000
    assert [call.data["params"].get("ContentLength") for call in front.calls()][1:] == [5, 200_000]


def test_a_body_of_unknown_length(front: Front, aws: Clients) -> None:
    aws.s3.create_bucket(Bucket="site")
    url = aws.s3.generate_presigned_url("put_object", {"Bucket": "site", "Key": "a"})
    target = url.replace(aws.endpoint, front.endpoint)
    answer = httpx.put(target, content=iter([b"one ", b"two"]), trust_env=False)
    assert answer.status_code == 200
    assert aws.s3.get_object(Bucket="site", Key="a")["Body"].read() == b"one two"
    assert front.calls()[0].data["caller"] == "tests"


@pytest.mark.parametrize(
    ("header", "half"),
    [("content-length: 100", b"half"), ("transfer-encoding: chunked", b"4\r\nhalf\r\n")],
)
def test_half_an_upload_is_not_stored(header: str, half: bytes, front: Front) -> None:
    s3 = front.client("checks").s3
    s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key="a", Body=b"whole")
    url = urlsplit(s3.generate_presigned_url("put_object", {"Bucket": "site", "Key": "a"}))
    target = f"{url.path}?{url.query}"
    with socket.create_connection((url.hostname, url.port)) as client:
        head = f"PUT {target} HTTP/1.1\r\nhost: x\r\n{header}\r\n\r\n"
        client.sendall(head.encode() + half)
    for _ in range(5):
        assert s3.get_object(Bucket="site", Key="a")["Body"].read() == b"whole"
    assert [call.data["operation"] for call in front.calls()].count("PutObject") == 1


def test_who_assumed_a_role_is_known_by_the_sessions_name(front: Front) -> None:
    sts = unretried(front, "sts")
    assumed = sts.assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="emergency-42", WebIdentityToken="secret-token"
    )["Credentials"]
    sts.close()
    deploying = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=front.endpoint,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
    deploying.list_buckets()
    deploying.close()
    front.client("drift").s3.list_buckets()
    assert [call.data["caller"] for call in front.calls()] == [
        "anonymous",
        "emergency-42",
        "drift",
    ]
    written = front.path.read_text()
    assert "secret-token" not in written
    assert assumed["SecretAccessKey"] not in written


@pytest.mark.parametrize(
    ("service", "method", "params", "message"),
    [
        (
            "cloudfront",
            "list_cache_policies",
            {},
            "cloudfront ListCachePolicies is not implemented by the emulator moto: --cloud ",
        ),
        (
            "s3",
            "put_bucket_request_payment",
            {"Bucket": "site", "RequestPaymentConfiguration": {"Payer": "Requester"}},
            "s3 PutBucketRequestPayment is not implemented by the emulator moto: no --cloud ",
        ),
        ("sts", "decode_authorization_message", {"EncodedMessage": "x"}, "sts DecodeAuth"),
        ("workmail", "list_organizations", {}, "workmail ListOrganizations is not"),
    ],
)
def test_what_the_emulator_lacks_is_a_clear_error(
    service: str, method: str, params: dict[str, Any], message: str, front: Front
) -> None:
    client = unretried(front, service)
    with pytest.raises(ClientError, match=r"\(NotImplemented\)") as lacking:
        getattr(client, method)(**params)
    client.close()
    assert lacking.value.response["Error"]["Message"].startswith(message)
    assert lacking.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    call = front.calls()[0].data
    assert (call["status"], call["error"]) == (501, "NotImplemented")


def test_an_emulator_that_is_gone_is_a_clear_error(front: Front, moto: MotoEmulator) -> None:
    front.client("checks").s3.list_buckets()
    moto.stop()
    client = unretried(front, "s3")
    with pytest.raises(ClientError, match=r"the emulator moto at .* does not answer") as gone:
        client.list_buckets()
    with pytest.raises(ClientError, match=r"\(503\)"):
        client.head_bucket(Bucket="site")
    client.close()
    assert gone.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert [call.data["error"] for call in front.calls()][1:] == ["ServiceUnavailable"] * 2


def test_listeners_are_told_before_the_caller_gets_its_answer(front: Front) -> None:
    told: list[AwsCall] = []

    async def listen(call: AwsCall) -> None:
        await asyncio.sleep(0.05)
        told.append(call)

    front.gateway.subscribe(listen)
    s3 = front.client("drift").s3
    s3.create_bucket(Bucket="site")
    assert [call.operation for call in told] == ["CreateBucket"]
    assert told[0].params == {"Bucket": "site"}
    s3.list_buckets()
    with pytest.raises(ClientError):
        s3.put_object(Bucket="nobodys", Key="a", Body=b"x")
    assert [call.operation for call in told] == ["CreateBucket"]
    assert front.calls()[0].data["caller"] == "drift"


def test_a_listener_may_call_the_gateway_itself(front: Front) -> None:
    seen: list[list[str]] = []
    edge = front.client("edge")

    async def look(_: AwsCall) -> None:
        buckets = await asyncio.to_thread(edge.s3.list_buckets)
        seen.append([bucket["Name"] for bucket in buckets["Buckets"]])

    front.gateway.subscribe(look)
    front.client("drift").s3.create_bucket(Bucket="site")
    assert seen == [["site"]]
    assert [call.data["operation"] for call in front.calls()] == ["CreateBucket", "ListBuckets"]


def test_a_listener_that_fails_is_not_overlooked(front: Front) -> None:
    async def fail(_: AwsCall) -> None:
        raise ValueError("no such distribution")

    front.gateway.subscribe(fail)
    client = unretried(front, "s3")
    with pytest.raises(ClientError, match="could not follow CreateBucket: no such distribution"):
        client.create_bucket(Bucket="site")
    client.close()


def test_services_are_routed(template: MotoEmulator, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "journal.jsonl"
    pid = os.getpid()
    with (
        template.clone(pid) as rest,
        template.clone(pid) as fronts,
        Journal(path, clock=clock) as journal,
        Serving() as serving,
    ):
        both = CompositeEmulator("both", rest, fronts, ["cloudfront"])
        gateway = Gateway(both, journal=journal, clock=clock)
        endpoint = f"http://127.0.0.1:{serving.serve(gateway)}"
        oac: Any = {
            "Name": "oac",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
        with (
            Clients(endpoint, "tests") as clients,
            Clients(rest.endpoint, "tests") as behind,
            Clients(fronts.endpoint, "tests") as beside,
        ):
            clients.s3.create_bucket(Bucket="site")
            clients.cloudfront.create_origin_access_control(OriginAccessControlConfig=oac)
            assert len(behind.s3.list_buckets()["Buckets"]) == 1
            assert not beside.s3.list_buckets()["Buckets"]
            for found, quantity in ((behind, 0), (beside, 1)):
                listed = found.cloudfront.list_origin_access_controls()
                assert listed["OriginAccessControlList"]["Quantity"] == quantity
        serving.run(gateway.aclose())
    assert len(read_journal(path)) == 2


def test_what_no_model_explains_is_passed_on(front: Front) -> None:
    address = urlsplit(front.endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.request("OPTIONS", "/site")
    assert connection.getresponse().status == 403
    connection.close()
    call = front.calls()[0].data
    assert (call["operation"], call["mutating"], call["caller"]) == ("Unknown", False, "anonymous")


def test_many_calls_at_once(front: Front) -> None:
    s3 = front.client("checks").s3
    s3.create_bucket(Bucket="site")

    async def all_at_once() -> None:
        puts = [
            asyncio.to_thread(s3.put_object, Bucket="site", Key=f"k{n}", Body=b"x" * n)
            for n in range(60)
        ]
        await asyncio.gather(*puts)

    asyncio.run(all_at_once())
    listed = s3.list_objects_v2(Bucket="site")["Contents"]
    assert {found["Key"]: found["Size"] for found in listed} == {f"k{n}": n for n in range(60)}
