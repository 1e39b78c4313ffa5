"""For how long an answer may be served from the cache.

Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from harness.edge.distribution import DEFAULT_ERROR_TTL, CustomErrorResponse
from harness.edge.policies import CachePolicy

_DIRECTIVE = re.compile(r'([a-z-]+)(?:\s*=\s*"?([^",]*)"?)?')

#: The errors that CloudFront caches whatever the origin's headers say; 403 is not among them.
ALWAYS_CACHED_ERRORS = frozenset({404, 414, 500, 501, 502, 503, 504})


@dataclass(frozen=True)
class Freshness:
    """Seconds an object is fresh; `keep` says whether it may be stored at all.

    An object that is kept for 0 seconds is asked for again each time, with If-None-Match.
    """

    seconds: float
    keep: bool


def _directives(cache_control: str) -> dict[str, str]:
    return dict(_DIRECTIVE.findall(cache_control.lower()))


def _stated_age(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the origin allows: s-maxage before max-age before Expires; None if it is silent."""
    directives = _directives(headers.get("cache-control", ""))
    for name in ("s-maxage", "max-age"):
        value = directives.get(name, "").strip()
        if value.isdecimal():
            return float(value)
    if "expires" in headers:
        try:
            return max(0.0, (parsedate_to_datetime(headers["expires"]) - now).total_seconds())
        except (ValueError, TypeError):
            return 0.0
    return None


def of_object(headers: Mapping[str, str], policy: CachePolicy, now: datetime) -> Freshness:
    """How long a successful answer stays fresh.

    Args:
        headers: the origin's headers, lower-case names.
        policy: the behaviour's cache policy.
        now: the time in UTC, which Expires is compared with.
    """
    directives = _directives(headers.get("cache-control", ""))
    if directives.keys() & {"no-cache", "no-store", "private"}:
        stored = policy.min_ttl > 0 or not directives.keys() & {"no-store", "private"}
        return Freshness(policy.min_ttl, keep=stored and policy.max_ttl > 0)
    stated = _stated_age(headers, now)
    if stated is None:
        seconds = max(policy.min_ttl, policy.default_ttl)
    else:
        seconds = max(policy.min_ttl, min(stated, policy.max_ttl))
    return Freshness(seconds, keep=policy.max_ttl > 0)


def of_error(
    status: int, headers: Mapping[str, str], custom: CustomErrorResponse | None, now: datetime
) -> Freshness:
    """How long an origin's error is answered without asking the origin again.

    At least the error caching minimum TTL (10 s by default), longer if the origin's headers say so.
    Errors outside `ALWAYS_CACHED_ERRORS` are cached only if the origin states an age, or if the
    distribution sets a caching time for exactly that code.
    """
    configured = custom.error_ttl if custom else None
    stated = _stated_age(headers, now) if "cache-control" in headers else None
    if status not in ALWAYS_CACHED_ERRORS and configured is None and stated is None:
        return Freshness(0, keep=False)
    minimum = DEFAULT_ERROR_TTL if configured is None else configured
    seconds = max(minimum, stated or 0.0)
    return Freshness(seconds, keep=seconds > 0)
