"""Cache policies: for how long, and under which key, a behaviour caches.

The managed ones are known by their ids, others are read through the API.

Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ForwardedValues.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

_DAY = 86_400.0
_YEAR = 31_536_000.0

#: One cached variant: distribution, path, selected query string, selected headers and cookies.
CacheKey = tuple[str, str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Selection:
    """Which query parameters, or which cookies, are part of the cache key."""

    kind: Literal["none", "all", "whitelist", "allExcept"] = "none"
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Whether the parameter or cookie `name` is part of the key."""
        if self.kind == "whitelist":
            return name in self.names
        if self.kind == "allExcept":
            return name not in self.names
        return self.kind == "all"


NOTHING = Selection()
_ALL = Selection("all")


@dataclass(frozen=True)
class CachePolicy:
    """Seconds that objects stay cached, and what beyond the path tells them apart.

    The normalised Accept-Encoding header, which CloudFront adds when compression is enabled, is
    left out: the edge serves each object in the one encoding that the origin has.
    """

    name: str
    min_ttl: float
    default_ttl: float
    max_ttl: float
    query: Selection = NOTHING
    headers: tuple[str, ...] = ()
    cookies: Selection = NOTHING

    def key(self, distribution: str, path: str, query: str, headers: Mapping[str, str]) -> CacheKey:
        """The cache key of a request; `headers` has lower-case names."""
        if not self.headers and self.cookies.kind == "none":
            return (distribution, path, self._query(query), ())
        varying = [f"{name}={headers.get(name, '')}" for name in self.headers]
        crumbs = sorted(c.strip() for c in headers.get("cookie", "").split(";") if c.strip())
        varying += [c for c in crumbs if self.cookies.takes(c.partition("=")[0])]
        return (distribution, path, self._query(query), tuple(varying))

    def _query(self, query: str) -> str:
        if not query or self.query.kind == "none":
            return ""
        if self.query.kind == "all":
            return query
        return "&".join(p for p in query.split("&") if self.query.takes(p.partition("=")[0]))


_ORIGIN_HEADERS = ("host", "origin", "x-http-method", "x-http-method-override", "x-method-override")

#: The managed cache policies by id.
MANAGED_CACHE_POLICIES: Mapping[str, CachePolicy] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CachePolicy("CachingOptimized", 1, _DAY, _YEAR),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CachePolicy(
        "CachingOptimizedForUncompressedObjects", 1, _DAY, _YEAR
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy("CachingDisabled", 0, 0, 0),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CachePolicy(
        "UseOriginCacheControlHeaders", 0, 0, _YEAR, headers=_ORIGIN_HEADERS, cookies=_ALL
    ),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CachePolicy(
        "UseOriginCacheControlHeaders-QueryStrings", 0, 0, _YEAR, _ALL, _ORIGIN_HEADERS, _ALL
    ),
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": CachePolicy(
        "Elemental-MediaPackage",
        0,
        _DAY,
        _YEAR,
        Selection("whitelist", frozenset({"m", "start", "end", "aws.manifestfilter"})),
        ("origin",),
    ),
    "2e54312d-136d-493c-8eb9-b001f22f67d2": CachePolicy(
        "Amplify",
        2,
        2,
        600,
        _ALL,
        ("authorization", "cloudfront-viewer-country", "host"),
        _ALL,
    ),
}


def parse_cache_policy(answer: Mapping[str, Any]) -> CachePolicy:
    """Read the `CachePolicy` of a GetCachePolicy answer."""
    config = answer["CachePolicyConfig"]
    key = config.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    headers = key.get("HeadersConfig") or {}
    minimum = float(config.get("MinTTL") or 0)
    default = config.get("DefaultTTL")
    maximum = config.get("MaxTTL")
    default_ttl = max(_DAY, minimum) if default is None else float(default)
    return CachePolicy(
        name=str(config.get("Name") or "unnamed"),
        min_ttl=minimum,
        default_ttl=default_ttl,
        max_ttl=max(_YEAR, default_ttl) if maximum is None else float(maximum),
        query=_selection(key.get("QueryStringsConfig"), "QueryStringBehavior", "QueryStrings"),
        headers=_header_names(headers.get("Headers")),
        cookies=_selection(key.get("CookiesConfig"), "CookieBehavior", "Cookies"),
    )


def legacy_policy(behaviour: Mapping[str, Any]) -> CachePolicy:
    """The settings of a behaviour without a cache policy: ForwardedValues and its own TTLs.

    CloudFront never caches when all headers are forwarded:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/header-caching.html
    """
    forwarded = behaviour.get("ForwardedValues") or {}
    headers = _header_names(forwarded.get("Headers"))
    whitelist = (forwarded.get("QueryStringCacheKeys") or {}).get("Items") or ()
    cookies = forwarded.get("Cookies") or {}
    query = NOTHING
    if forwarded.get("QueryString"):
        query = Selection("whitelist", frozenset(whitelist)) if whitelist else _ALL
    minimum, default, maximum = (behaviour.get(k) for k in ("MinTTL", "DefaultTTL", "MaxTTL"))
    never = "*" in headers
    return CachePolicy(
        name="legacy settings",
        min_ttl=0 if never else float(minimum or 0),
        default_ttl=0 if never else _DAY if default is None else float(default),
        max_ttl=0 if never else _YEAR if maximum is None else float(maximum),
        query=query,
        headers=() if never else headers,
        cookies=_selection(cookies, "Forward", "WhitelistedNames"),
    )


def _selection(source: Mapping[str, Any] | None, kind: str, names: str) -> Selection:
    source = source or {}
    chosen = str(source.get(kind) or "none")
    items = frozenset((source.get(names) or {}).get("Items") or ())
    match chosen:
        case "all" | "whitelist" | "allExcept":
            return Selection(chosen, items)
        case _:
            return NOTHING


def _header_names(source: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(sorted(str(name).lower() for name in (source or {}).get("Items") or ()))
