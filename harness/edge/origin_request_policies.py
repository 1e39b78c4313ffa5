"""Origin request policies: which of the viewer's headers the origin gets to see.

S3 looks at few of them. `Host` is the one that breaks things: S3 finds the bucket by it, so an origin
that gets the viewer's Host looks for a bucket of that name, and an origin access control's signature
no longer fits.

Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginRequestPolicyConfig.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.edge.policies import NOTHING, Selection


@dataclass(frozen=True)
class OriginRequestPolicy:
    """What is forwarded to the origin besides what is in the cache key."""

    name: str
    headers: Selection

    def forwarded(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Those of a viewer's headers (lower-case names) that the origin gets."""
        return {name: value for name, value in headers.items() if self.headers.takes(name)}


def _only(name: str, *headers: str) -> OriginRequestPolicy:
    return OriginRequestPolicy(name, Selection("whitelist", frozenset(headers)))


_CORS = ("origin", "access-control-request-headers", "access-control-request-method")

#: The managed origin request policies by id.
MANAGED_ORIGIN_REQUEST_POLICIES: Mapping[str, OriginRequestPolicy] = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": OriginRequestPolicy("AllViewer", Selection("all")),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": OriginRequestPolicy(
        "AllViewerAndCloudFrontHeaders-2022-06", Selection("all")
    ),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": OriginRequestPolicy(
        "AllViewerExceptHostHeader", Selection("allExcept", frozenset({"host"}))
    ),
    "59781a5b-3903-41f3-afcb-af62929ccde1": _only("CORS-CustomOrigin", "origin"),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": _only("CORS-S3Origin", *_CORS),
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": _only(
        "Elemental-MediaTailor-PersonalizedManifests", *_CORS, "user-agent", "x-forwarded-for"
    ),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": _only("HostHeaderOnly", "host"),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": _only(
        "UserAgentRefererHeaders", "user-agent", "referer"
    ),
}


def parse_origin_request_policy(answer: Mapping[str, Any]) -> OriginRequestPolicy:
    """Read the `OriginRequestPolicy` of a GetOriginRequestPolicy answer."""
    config = answer["OriginRequestPolicyConfig"]
    headers: Mapping[str, Any] = config.get("HeadersConfig") or {}
    names = frozenset(str(n).lower() for n in (headers.get("Headers") or {}).get("Items") or ())
    match headers.get("HeaderBehavior"):
        case "allViewer" | "allViewerAndWhitelistCloudFront":
            selected = Selection("all")
        case "allExcept":
            selected = Selection("allExcept", names)
        case "whitelist":
            selected = Selection("whitelist", names)
        case _:
            selected = NOTHING
    return OriginRequestPolicy(str(config.get("Name") or "unnamed"), selected)
