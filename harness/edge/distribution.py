"""A distribution as the edge sees it: frozen, typed, parsed from what the CloudFront API answers.

Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.edge.policies import CachePolicy, legacy_policy
from harness.errors import ConfigError

#: Seconds that CloudFront caches an error for when the distribution does not say. Source:
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
DEFAULT_ERROR_TTL = 10.0

# Virtual-hosted S3 REST endpoints (not website endpoints, which are custom origins to CloudFront):
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
_S3_REST = re.compile(
    r"(?P<bucket>.+?)\.s3(?:[.-](?!website)[a-z0-9.-]+?)?"
    r"\.(?:amazonaws\.com(?:\.cn)?|localhost\.localstack\.cloud)(?::\d+)?"
)
# Both spellings: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
_S3_WEBSITE = re.compile(
    r"(?P<bucket>.+?)\.s3-website(?:[.-][a-z0-9-]+)?"
    r"\.(?:amazonaws\.com(?:\.cn)?|localhost\.localstack\.cloud)(?::\d+)?"
)


@dataclass(frozen=True)
class Origin:
    """Where a behaviour fetches from.

    `bucket` is empty unless S3 answers there: at the bucket's REST endpoint or, when `website`, at
    its website endpoint. A `custom` origin is asked as any web server is, unsigned, by `protocol`
    (the origin protocol policy) and with `headers` (lower-case names) of its own.
    """

    id: str
    domain_name: str
    path: str
    bucket: str
    website: bool
    custom: bool
    protocol: str
    headers: Mapping[str, str]
    access_control_id: str
    access_identity: str


@dataclass(frozen=True)
class Behaviour:
    """How requests for the paths that `pattern` matches are answered.

    `cache_policy_id` names the policy; `legacy` holds the settings of a behaviour that has none.
    `functions` are the ARNs of CloudFront Functions by event type, `viewer-request` or
    `viewer-response`; `lambdas` says that there are functions of Lambda@Edge too.
    """

    pattern: str
    origin: Origin
    allowed_methods: frozenset[str]
    viewer_protocol_policy: str
    cache_policy_id: str
    origin_request_policy_id: str
    response_headers_policy_id: str
    functions: Mapping[str, str]
    lambdas: bool
    legacy: CachePolicy | None

    @property
    def ids(self) -> tuple[str, ...]:
        """Everything that it names, and that must be known before it can answer."""
        return (
            self.cache_policy_id,
            self.origin_request_policy_id,
            self.response_headers_policy_id,
            *self.functions.values(),
        )


@dataclass(frozen=True)
class CustomErrorResponse:
    """What a viewer gets instead of the origin's error `code`, and for how long it is cached.

    `page` is empty when only the caching time is set; `error_ttl` (seconds) is None when only the
    page is.
    """

    code: int
    page: str
    response_code: int
    error_ttl: float | None


@dataclass(frozen=True)
class Distribution:
    """One distribution: `behaviours` in the order of precedence, the default (pattern `*`) last."""

    id: str
    arn: str
    domain_name: str
    aliases: tuple[str, ...]
    enabled: bool
    default_root_object: str
    behaviours: tuple[Behaviour, ...]
    custom_errors: Mapping[int, CustomErrorResponse]

    @property
    def account(self) -> str:
        """The account that owns it, from its ARN."""
        parts = self.arn.split(":")
        return parts[4] if len(parts) > 4 else ""

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Every origin that a behaviour uses, once."""
        return tuple({b.origin.id: b.origin for b in self.behaviours}.values())


def parse_distribution(answer: Mapping[str, Any]) -> Distribution:
    """Read the `Distribution` of a GetDistribution answer.

    Raises:
        ConfigError: something the edge needs is missing or senseless; names distribution and key.
    """
    read = _Reader(str(answer.get("Id") or "of unknown id"))
    config = read.mapping(answer, "DistributionConfig", "")
    origins = {
        origin.id: origin
        for at, item in read.items(config, "Origins", "")
        for origin in [_origin(read, item, at)]
    }
    behaviours = [
        _behaviour(read, item, at, read.text(item, "PathPattern", at), origins)
        for at, item in read.items(config, "CacheBehaviors", "")
    ]
    default = read.mapping(config, "DefaultCacheBehavior", "")
    behaviours.append(_behaviour(read, default, "DefaultCacheBehavior.", "*", origins))
    errors = [
        _custom_error(read, item, at) for at, item in read.items(config, "CustomErrorResponses", "")
    ]
    return Distribution(
        id=read.text(answer, "Id", ""),
        arn=read.text(answer, "ARN", ""),
        domain_name=read.text(answer, "DomainName", "").lower(),
        aliases=tuple(str(a).lower() for a in (config.get("Aliases") or {}).get("Items") or ()),
        enabled=bool(config.get("Enabled")),
        default_root_object=str(config.get("DefaultRootObject") or "").lstrip("/"),
        behaviours=tuple(behaviours),
        custom_errors={error.code: error for error in errors},
    )


def _origin(read: _Reader, item: Mapping[str, Any], at: str) -> Origin:
    domain = read.text(item, "DomainName", at)
    custom: Mapping[str, Any] = item.get("CustomOriginConfig") or {}
    # A website endpoint is no S3 origin to CloudFront, which refuses it as one.
    website = _S3_WEBSITE.fullmatch(domain.lower()) if custom else None
    found = website or _S3_REST.fullmatch(domain.lower())
    return Origin(
        id=read.text(item, "Id", at),
        domain_name=domain,
        path=str(item.get("OriginPath") or "").rstrip("/"),
        bucket=found["bucket"] if found is not None else "",
        website=website is not None,
        custom=bool(custom),
        protocol=str(custom.get("OriginProtocolPolicy") or ""),
        headers={
            read.text(header, "HeaderName", where).lower(): str(header.get("HeaderValue") or "")
            for where, header in read.items(item, "CustomHeaders", at)
        },
        access_control_id=str(item.get("OriginAccessControlId") or ""),
        access_identity=str((item.get("S3OriginConfig") or {}).get("OriginAccessIdentity") or ""),
    )


def _behaviour(
    read: _Reader, item: Mapping[str, Any], at: str, pattern: str, origins: Mapping[str, Origin]
) -> Behaviour:
    target = read.text(item, "TargetOriginId", at)
    if target not in origins:
        raise read.wrong(f"{at}TargetOriginId", target, f"one of {sorted(origins)}")
    policy = str(item.get("CachePolicyId") or "")
    return Behaviour(
        pattern=pattern,
        origin=origins[target],
        allowed_methods=frozenset(
            (item.get("AllowedMethods") or {}).get("Items") or ("GET", "HEAD")
        ),
        viewer_protocol_policy=str(item.get("ViewerProtocolPolicy") or "allow-all"),
        cache_policy_id=policy,
        origin_request_policy_id=str(item.get("OriginRequestPolicyId") or ""),
        response_headers_policy_id=str(item.get("ResponseHeadersPolicyId") or ""),
        functions={
            read.text(found, "EventType", where): read.text(found, "FunctionARN", where)
            for where, found in read.items(item, "FunctionAssociations", at)
        },
        lambdas=bool(read.items(item, "LambdaFunctionAssociations", at)),
        legacy=None if policy else legacy_policy(item),
    )


def _custom_error(read: _Reader, item: Mapping[str, Any], at: str) -> CustomErrorResponse:
    code = read.number(item, "ErrorCode", at)
    page = str(item.get("ResponsePagePath") or "")
    if page and not page.startswith("/"):
        raise read.wrong(f"{at}ResponsePagePath", page, "a path that begins with /")
    ttl = item.get("ErrorCachingMinTTL")
    return CustomErrorResponse(
        code=code,
        page=page,
        response_code=read.number(item, "ResponseCode", at) if item.get("ResponseCode") else code,
        error_ttl=None if ttl is None else float(ttl),
    )


class _Reader:
    """Takes values out of an API answer; what it raises names the distribution and the key."""

    def __init__(self, distribution: str) -> None:
        self._name = f"distribution {distribution}"

    def wrong(self, key: str, value: object, expected: str) -> ConfigError:
        return ConfigError(file=self._name, key=key, value=value, expected=expected)

    def mapping(self, source: Mapping[str, Any], key: str, at: str) -> Mapping[str, Any]:
        value = source.get(key)
        if not isinstance(value, Mapping):
            raise self.wrong(f"{at}{key}", value, "a structure")
        return value

    def text(self, source: Mapping[str, Any], key: str, at: str) -> str:
        value = source.get(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{at}{key}", value, "a text")
        return value

    def number(self, source: Mapping[str, Any], key: str, at: str) -> int:
        value = source.get(key)
        try:
            return int(str(value))
        except ValueError:
            raise self.wrong(f"{at}{key}", value, "a whole number") from None

    def items(
        self, source: Mapping[str, Any], key: str, at: str
    ) -> list[tuple[str, Mapping[str, Any]]]:
        """The members of an AWS list structure, each with where it stands."""
        found = (source.get(key) or {}).get("Items") or []
        return [(f"{at}{key}[{number}].", item) for number, item in enumerate(found)]
