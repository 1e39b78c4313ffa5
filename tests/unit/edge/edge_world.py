"""The AWS side of the edge's unit tests: an S3 and a CloudFront API in memory, and a viewer."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.exceptions import ClientError

from harness.edge import Edge, WebsiteBucket

BUCKET = "site-staging"
ALIAS = "staging.example.test"
PORT = 40001
#: Where the website endpoint of the same bucket is served.
WEBSITE_PORT = 40002
WEBSITE = f"{BUCKET}.s3-website-us-east-1.amazonaws.com"
ACCOUNT = "123456789012"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"


def client_error(status: int, code: str, operation: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


class ManualClock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self._passed = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._passed += seconds


@dataclass
class FakeBucket:
    policy: str | None = None
    public_access_block: dict[str, bool] | None = None
    website: dict[str, Any] | None = None
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)


class FakeS3:
    def __init__(self) -> None:
        self.buckets: dict[str, FakeBucket] = {}
        self.fetched: list[str] = []
        self.threads: set[int] = set()
        self.failing: Exception | None = None
        self.before_get: Callable[[], None] = lambda: None

    def get_bucket_policy(self, Bucket: str) -> dict[str, Any]:  # noqa: N803
        policy = self._bucket(Bucket).policy
        if policy is None:
            raise client_error(404, "NoSuchBucketPolicy", "GetBucketPolicy")
        return {"Policy": policy}

    def get_public_access_block(self, Bucket: str) -> dict[str, Any]:  # noqa: N803
        block = self._bucket(Bucket).public_access_block
        if block is None:
            raise client_error(404, "NoSuchPublicAccessBlockConfiguration", "GetPublicAccessBlock")
        return {"PublicAccessBlockConfiguration": block}

    def get_bucket_website(self, Bucket: str) -> dict[str, Any]:  # noqa: N803
        website = self._bucket(Bucket).website
        if website is None:
            raise client_error(404, "NoSuchWebsiteConfiguration", "GetBucketWebsite")
        return website

    def get_object(self, Bucket: str, Key: str, IfNoneMatch: str = "") -> dict[str, Any]:  # noqa: N803
        self.fetched.append(Key)
        self.threads.add(threading.get_ident())
        bucket = self._bucket(Bucket)
        if self.failing is not None:
            raise self.failing
        found = bucket.objects.get(Key)
        self.before_get()
        if found is None:
            raise client_error(404, "NoSuchKey", "GetObject")
        if IfNoneMatch == found["ETag"]:
            raise client_error(304, "304", "GetObject")
        return {**found, "Body": io.BytesIO(found["Body"])}

    def list_objects_v2(self, Bucket: str) -> dict[str, Any]:  # noqa: N803
        objects = self._bucket(Bucket).objects
        return {"Contents": [{"Key": k, "Size": len(v["Body"])} for k, v in objects.items()]}

    def _bucket(self, name: str) -> FakeBucket:
        if name not in self.buckets:
            raise client_error(404, "NoSuchBucket", "any")
        return self.buckets[name]


class FakeCloudFront:
    def __init__(self) -> None:
        self.distributions: dict[str, dict[str, Any]] = {}
        self.invalidations: dict[str, dict[str, list[str]]] = {}
        self.access_controls: dict[str, str] = {"OAC1": "always"}
        self.cache_policies: dict[str, dict[str, Any]] = {}
        self.origin_requests: dict[str, dict[str, Any]] = {}
        self.response_headers: dict[str, dict[str, Any]] = {}
        #: Code by function and stage, as CreateFunction and PublishFunction leave it.
        self.functions: dict[str, dict[str, str]] = {}
        self.runtime = "cloudfront-js-2.0"
        self.asked: list[str] = []
        self.failing: dict[str, Exception] = {}

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(self, operation)

    def get_distribution(self, Id: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get_distribution")
        if Id not in self.distributions:
            raise client_error(404, "NoSuchDistribution", "GetDistribution")
        return {"Distribution": self.distributions[Id]}

    def get_invalidation(self, DistributionId: str, Id: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get_invalidation")
        paths = self.invalidations[DistributionId][Id]
        return {"Invalidation": {"InvalidationBatch": {"Paths": {"Items": paths}}}}

    def get_origin_access_control(self, Id: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get_origin_access_control")
        if Id not in self.access_controls:
            raise client_error(404, "NoSuchOriginAccessControl", "GetOriginAccessControl")
        config = {"SigningBehavior": self.access_controls[Id]}
        return {"OriginAccessControl": {"OriginAccessControlConfig": config}}

    def get_cache_policy(self, Id: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get_cache_policy")
        if Id not in self.cache_policies:
            raise client_error(404, "NoSuchCachePolicy", "GetCachePolicy")
        return {"CachePolicy": {"CachePolicyConfig": self.cache_policies[Id]}}

    def get_origin_request_policy(self, Id: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get_origin_request_policy")
        if Id not in self.origin_requests:
            raise client_error(404, "NoSuchOriginRequestPolicy", "GetOriginRequestPolicy")
        config = self.origin_requests[Id]
        return {"OriginRequestPolicy": {"OriginRequestPolicyConfig": config}}

    def describe_function(self, Name: str, Stage: str) -> dict[str, Any]:  # noqa: N803
        self._ask("describe_function")
        if Stage not in self.functions.get(Name, {}):
            raise client_error(404, "NoSuchFunctionExists", "DescribeFunction")
        config = {"Comment": "", "Runtime": self.runtime}
        return {"FunctionSummary": {"FunctionConfig": config, "FunctionMetadata": {"Stage": Stage}}}

    def get_function(self, Name: str, Stage: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get_function")
        return {"FunctionCode": io.BytesIO(self.functions[Name][Stage].encode())}

    def get_response_headers_policy(self, Id: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get_response_headers_policy")
        if Id not in self.response_headers:
            raise client_error(404, "NoSuchResponseHeadersPolicy", "GetResponseHeadersPolicy")
        config = self.response_headers[Id]
        return {"ResponseHeadersPolicy": {"ResponseHeadersPolicyConfig": config}}

    def _ask(self, operation: str) -> None:
        self.asked.append(operation)
        if operation in self.failing:
            raise self.failing[operation]


class FakePaginator:
    """Pages of one item each, so that reading only the first page is noticed."""

    def __init__(self, api: FakeCloudFront, operation: str) -> None:
        self._api, self._operation = api, operation

    def paginate(self, DistributionId: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        self._api._ask(self._operation)
        if self._operation == "list_distributions":
            found, name = list(self._api.distributions), "DistributionList"
        else:
            found = list(self._api.invalidations.get(DistributionId, {}))
            name = "InvalidationList"
        yield from ({name: {"Items": [{"Id": i}]}} for i in found)
        yield {name: {"Quantity": 0}}


def origin(**changes: Any) -> dict[str, Any]:
    return {
        "Id": "bucket",
        "DomainName": f"{BUCKET}.s3.us-east-1.amazonaws.com",
        "OriginPath": "",
        "OriginAccessControlId": "OAC1",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        **changes,
    }


def behaviour(**changes: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": "bucket",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        "CachePolicyId": CACHING_OPTIMIZED,
        "ResponseHeadersPolicyId": SECURITY_HEADERS,
        **changes,
    }


def distribution(name: str = "E1", *, origins: Any = None, **changes: Any) -> dict[str, Any]:
    """The `Distribution` of a GetDistribution answer; `changes` go into its configuration."""
    listed = origins if origins is not None else [origin()]
    return {
        "Id": name,
        "ARN": f"arn:aws:cloudfront::{ACCOUNT}:distribution/{name}",
        "DomainName": f"{name.lower()}.cloudfront.net",
        "DistributionConfig": {
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Aliases": {"Quantity": 1, "Items": [ALIAS]},
            "Origins": {"Quantity": len(listed), "Items": listed},
            "DefaultCacheBehavior": behaviour(),
            **changes,
        },
    }


def items(*members: Any) -> dict[str, Any]:
    return {"Quantity": len(members), "Items": list(members)}


def oac_policy(name: str = "E1", *, listing: bool = True) -> str:
    arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{name}"
    actions = ["s3:GetObject", "s3:ListBucket"] if listing else "s3:GetObject"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "CloudFront",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudfront.amazonaws.com"},
                    "Action": actions,
                    "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
                    "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
                }
            ],
        }
    )


def public_policy(*, listing: bool = True, **condition: Any) -> str:
    """Anybody may read, as a website's bucket has to allow."""
    statement = {
        "Sid": "Public",
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"] if listing else "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        **({"Condition": condition} if condition else {}),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


async def ask_raw(edge: Edge, method: str = "GET") -> list[dict[str, Any]]:
    """Ask for the root as an ASGI server would, and keep what the edge sends."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(b"host", ALIAS.encode()), (b"user-agent", b"prober")],
        "server": ("127.0.0.1", 1),
    }
    await edge(scope, receive, send)
    return sent


class World:
    """An edge over the AWS side in memory, with the site's bucket and distribution in place."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._run = runner.run
        self.s3 = FakeS3()
        self.cloudfront = FakeCloudFront()
        self.clock = ManualClock()
        self.bucket = self.s3.buckets[BUCKET] = FakeBucket(policy=oac_policy())
        self.configure()
        self.put("index.html", "<h1>one</h1>")
        self.put("404.html", "<h1>lost</h1>")
        listeners = {PORT: ALIAS, WEBSITE_PORT: WebsiteBucket(BUCKET)}
        self.edge = Edge(self, self.clock, listeners)  # type: ignore[arg-type]
        self.refresh()

    def configure(self, name: str = "E1", **changes: Any) -> None:
        """Store a distribution; the edge learns of it with the next refresh."""
        self.cloudfront.distributions[name] = distribution(name, **changes)

    def reconfigure(self, name: str = "E1", **changes: Any) -> None:
        self.configure(name, **changes)
        self.refresh()

    def put(self, key: str, body: str, content_type: str = "text/html", **more: Any) -> None:
        data = body.encode()
        self.bucket.objects[key] = {
            "Body": data,
            "ETag": f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"',
            "ContentType": content_type,
            "LastModified": datetime(2026, 1, 1, tzinfo=UTC),
            **more,
        }

    def invalidate(self, number: str, *paths: str, name: str = "E1") -> None:
        self.cloudfront.invalidations.setdefault(name, {})[number] = list(paths)
        self.refresh()

    def refresh(self) -> None:
        self._run(self.edge.refresh())

    def get(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        host: str = "",
        port: int = PORT,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        return self.get_all(path, method=method, host=host, port=port, headers=headers)[0]

    def raw(self, method: str = "GET") -> list[dict[str, Any]]:
        """The ASGI messages of an answer, which httpx's own transport tidies up."""
        return self._run(ask_raw(self.edge, method))

    def get_all(
        self,
        *paths: str,
        method: str = "GET",
        host: str = "",
        port: int = PORT,
        headers: dict[str, str] | None = None,
    ) -> list[httpx.Response]:
        """Ask for several at the same time."""
        named = {"host": host or f"127.0.0.1:{port}"}

        async def ask() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=self.edge)
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://127.0.0.1:{port}"
            ) as viewer:
                return await asyncio.gather(
                    *(
                        viewer.request(method, p, headers={**named, **(headers or {})})
                        for p in paths
                    )
                )

        return self._run(ask())
