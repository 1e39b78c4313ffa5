"""The edge over the real emulator, behind the real gateway, on real ports."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.clock import SystemClock
from harness.cloud.calls import AwsCall
from harness.cloud.clients import Clients
from harness.cloud.gateway import Gateway
from harness.cloud.moto import MotoEmulator
from harness.edge import Edge
from harness.journal import Journal
from harness.serving import Serving

pytestmark = pytest.mark.integration

ALIAS = "staging.example.test"
BUCKET = "edge-site"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"


@dataclass
class Site:
    """A site put up through the AWS API, and a viewer of it."""

    edge: Edge
    aws: Clients
    viewer: httpx.Client
    distribution: str

    def put(self, key: str, body: str, content_type: str = "text/html", **more: Any) -> None:
        self.aws.s3.put_object(
            Bucket=BUCKET, Key=key, Body=body.encode(), ContentType=content_type, **more
        )

    def invalidate(self, reference: str, *paths: str) -> None:
        self.aws.cloudfront.create_invalidation(
            DistributionId=self.distribution,
            InvalidationBatch={
                "CallerReference": reference,
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
            },
        )

    def update(self, **changes: Any) -> None:
        found = self.aws.cloudfront.get_distribution_config(Id=self.distribution)
        config: Any = {**found["DistributionConfig"], **changes}
        self.aws.cloudfront.update_distribution(
            Id=self.distribution, IfMatch=found["ETag"], DistributionConfig=config
        )

    def admit(self, distribution_arn: str) -> None:
        statement = {
            "Sid": "AllowCloudFront",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
            "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.aws.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    @property
    def arn(self) -> str:
        found = self.aws.cloudfront.get_distribution(Id=self.distribution)
        return found["Distribution"]["ARN"]


def distribution_config(access_control: str) -> Any:
    return {
        "CallerReference": "edge-tests",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Aliases": {"Quantity": 1, "Items": [ALIAS]},
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "bucket",
                    "DomainName": f"{BUCKET}.s3.us-east-1.amazonaws.com",
                    "OriginAccessControlId": access_control,
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "bucket",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_OPTIMIZED,
            "ResponseHeadersPolicyId": SECURITY_HEADERS,
        },
        "CustomErrorResponses": {
            "Quantity": 1,
            "Items": [
                {
                    "ErrorCode": 404,
                    "ResponsePagePath": "/404.html",
                    "ResponseCode": "404",
                    "ErrorCachingMinTTL": 0,
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoEmulator]:
    directory = tmp_path_factory.mktemp("moto")
    clock = SystemClock()
    with MotoEmulator.start(owner_pid=os.getpid(), directory=directory, clock=clock) as started:
        yield started


@pytest.fixture
def site(template: MotoEmulator, tmp_path: Path) -> Iterator[Site]:
    clock = SystemClock()
    with (
        template.clone(os.getpid()) as moto,
        Journal(tmp_path / "journal.jsonl", clock=clock) as journal,
        Serving() as serving,
    ):
        gateway = Gateway(moto, journal=journal, clock=clock)
        endpoint = f"http://127.0.0.1:{serving.serve(gateway)}"
        socket = serving.bind()
        port = socket.getsockname()[1]
        with (
            Clients(endpoint, "edge") as ours,
            Clients(endpoint, "deploy") as aws,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as viewer,
        ):
            edge = Edge(ours, clock, listeners={port: ALIAS})
            serving.serve(edge, socket)

            async def learn(call: AwsCall) -> None:
                if call.service == "cloudfront" or call.operation.startswith("PutBucket"):
                    await edge.refresh()

            gateway.subscribe(learn)
            serving.run(edge.refresh())
            yield put_up(edge, aws, viewer)
        serving.run(gateway.aclose())


def put_up(edge: Edge, aws: Clients, viewer: httpx.Client) -> Site:
    aws.s3.create_bucket(Bucket=BUCKET)
    aws.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    control = aws.cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": BUCKET,
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    made = aws.cloudfront.create_distribution(DistributionConfig=distribution_config(control))
    site = Site(edge, aws, viewer, made["Distribution"]["Id"])
    site.admit(site.arn)
    site.put("index.html", "<h1>one</h1>")
    site.put("404.html", "<h1>lost</h1>")
    return site


def test_the_site_is_served_through_the_bucket_policy(site: Site) -> None:
    answer = site.viewer.get("/")
    assert (answer.status_code, answer.text) == (200, "<h1>one</h1>")
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-amz-version-id"]
    assert site.edge.findings == ()


def test_without_an_invalidation_stale_html_is_served(site: Site) -> None:
    site.viewer.get("/")
    site.put("index.html", "<h1>two</h1>")
    stale = site.viewer.get("/")
    assert (stale.text, stale.headers["x-cache"]) == ("<h1>one</h1>", "Hit from cloudfront")
    site.invalidate("first", "/*")
    fresh = site.viewer.get("/")
    assert (fresh.text, fresh.headers["x-cache"]) == ("<h1>two</h1>", "Miss from cloudfront")
    site.put("index.html", "<h1>three</h1>")
    site.update(Comment="changed")
    assert site.viewer.get("/").text == "<h1>two</h1>"


def test_a_missing_page_is_the_custom_error_page(site: Site) -> None:
    answer = site.viewer.get("/missing.html")
    assert (answer.status_code, answer.text) == (404, "<h1>lost</h1>")


def test_a_distribution_that_is_not_admitted_is_refused(site: Site) -> None:
    site.admit(site.arn + "X")
    answer = site.viewer.get("/")
    assert answer.status_code == 403
    assert "AccessDenied" in answer.text
    site.admit(site.arn)
    assert site.viewer.get("/").status_code == 200


def test_a_deleted_object_is_a_404_once_invalidated(site: Site) -> None:
    site.viewer.get("/")
    site.aws.s3.delete_object(Bucket=BUCKET, Key="index.html")
    assert site.viewer.get("/").status_code == 200
    site.invalidate("deleted", "/index.html")
    assert site.viewer.get("/").status_code == 404


def test_a_disabled_distribution_answers_at_once(site: Site) -> None:
    site.viewer.get("/")
    site.update(Enabled=False)
    assert site.viewer.get("/").status_code == 403


def test_a_lost_default_root_object_shows_the_listing(site: Site) -> None:
    site.update(DefaultRootObject="")
    answer = site.viewer.get("/")
    assert answer.headers["content-type"] == "application/xml"
    assert "<Key>index.html</Key>" in answer.text


def test_a_wrong_origin_shows_once_the_cache_is_empty(site: Site) -> None:
    site.viewer.get("/")
    config = distribution_config("")
    config["Origins"]["Items"][0]["DomainName"] = "edge-gone.s3.us-east-1.amazonaws.com"
    site.update(Origins=config["Origins"])
    assert site.viewer.get("/").status_code == 200
    site.edge.clear_cache()
    assert site.viewer.get("/missing.html").status_code == 404
    assert "NoSuchBucket" in site.viewer.get("/").text


def test_a_policy_that_the_emulator_lacks_is_an_error_and_a_finding(site: Site) -> None:
    behaviour = distribution_config("")["DefaultCacheBehavior"]
    site.update(DefaultCacheBehavior={**behaviour, "CachePolicyId": "0000-unknown"})
    answer = site.viewer.get("/")
    assert answer.status_code == 500
    assert "0000-unknown" in answer.text
    assert any("0000-unknown" in finding for finding in site.edge.findings)


def test_an_object_that_has_not_changed_is_refreshed(site: Site) -> None:
    site.put("now.html", "now", CacheControl="no-cache")
    behaviour = distribution_config("")["DefaultCacheBehavior"]
    legacy = {k: v for k, v in behaviour.items() if k != "CachePolicyId"}
    forwarded = {"QueryString": False, "Cookies": {"Forward": "none"}}
    site.update(
        DefaultCacheBehavior={
            **legacy,
            "ForwardedValues": forwarded,
            "MinTTL": 0,
            "DefaultTTL": 60,
            "MaxTTL": 60,
        }
    )
    seen = [site.viewer.get("/now.html").headers["x-cache"] for _ in range(2)]
    assert seen == ["Miss from cloudfront", "RefreshHit from cloudfront"]
