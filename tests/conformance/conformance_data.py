"""Which promises there are, and which cloud does not keep which: data, checked by running it.

A cloud that loses a promise fails its test, and so does one that has learnt one: then the line here
goes. The table in docs/clouds.md is made from this file, by
`python tests/conformance/conformance_table.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import conformance_cloudfront
import conformance_identity
import conformance_s3
from conformance_promise import Promise

PROMISES: tuple[Promise, ...] = (
    *conformance_s3.promise.made,
    *conformance_identity.promise.made,
    *conformance_identity.locks.made,
    *conformance_cloudfront.promise.made,
)


@dataclass(frozen=True)
class Emulators:
    """Which emulator answers which area in a cloud."""

    rest: str
    cloudfront: str
    dynamodb: str

    def of(self, area: str) -> str:
        return {"CloudFront": self.cloudfront, "DynamoDB": self.dynamodb}.get(area, self.rest)


CLOUDS: Mapping[str, Emulators] = {
    "moto": Emulators("moto", "moto", "moto"),
    "ministack": Emulators("ministack", "ministack", "ministack"),
    "localstack": Emulators("localstack", "moto", "moto"),
    "moto+ministack": Emulators("moto", "ministack", "moto"),
    "localstack+ministack": Emulators("localstack", "ministack", "ministack"),
}

#: By emulator, what it does not do: "NotImplemented" when it lacks an operation, and the gateway says
#: so; otherwise what it does instead, in a few words.
NOT_KEPT: Mapping[str, Mapping[str, str]] = {
    "moto": {
        "cloudfront:aliases": "two distributions may have the same",
        "cloudfront:cache_policies": "NotImplemented",
        "cloudfront:cache_policies_in_use": "NotImplemented",
        "cloudfront:managed_cache_policies": "NotImplemented",
        "cloudfront:origin_request_policies": "NotImplemented",
        "cloudfront:response_headers_policies": "NotImplemented",
        "cloudfront:managed_response_headers_policies": "NotImplemented",
        "cloudfront:functions": "NotImplemented",
        "cloudfront:function_associations": "NotImplemented",
    },
    "ministack": {
        "cloudfront:aliases": "two distributions may have the same",
        "cloudfront:contradictions": "taken as they are",
        "cloudfront:access_controls_in_use": "deleted all the same",
        "cloudfront:unknown_access_controls": "taken as it is",
        "cloudfront:cache_policies_in_use": "deleted all the same",
        "cloudfront:invalidation_paths": "any are taken",
    },
    "localstack": {},
}


def not_kept(cloud: str, promise: Promise) -> str:
    """Why a cloud does not keep a promise; "" when it does."""
    return NOT_KEPT[CLOUDS[cloud].of(promise.area)].get(promise.id, "")
