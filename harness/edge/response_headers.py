"""Response-headers policies: what CloudFront adds to, or takes out of, each answer to a viewer.

The managed ones are known by their ids, others are read through the API. They apply to errors as
well.

Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ResponseHeadersPolicyConfig.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class HeaderRule:
    """One header; `override` says that it replaces what the origin sent under the same name."""

    name: str
    value: str
    override: bool = False


@dataclass(frozen=True)
class ResponseHeadersPolicy:
    """`always` go into every answer, `cors` into answers to requests from an origin that it allows.

    `origins` are those it allows, with `*` for any, or for any subdomain (`https://*.example.test`).
    """

    name: str
    always: tuple[HeaderRule, ...] = ()
    cors: tuple[HeaderRule, ...] = ()
    origins: tuple[str, ...] = ("*",)
    overrides_origin: bool = False
    removed: frozenset[str] = frozenset()

    def apply(self, headers: dict[str, str], *, origin: str) -> None:
        """Change `headers` (lower-case names) in place; `origin` is the request's, or empty."""
        for name in self.removed:
            headers.pop(name, None)
        rules = [*self.always, *(self._cross_origin(origin) if origin else ())]
        for rule in rules:
            if rule.override or rule.name not in headers:
                headers[rule.name] = rule.value

    def _cross_origin(self, origin: str) -> tuple[HeaderRule, ...]:
        if "*" in self.origins:
            return self.cors
        if any(_fits(origin, allowed) for allowed in self.origins):
            allow = HeaderRule("access-control-allow-origin", origin, self.overrides_origin)
            return (allow, *self.cors)
        return ()


def _fits(origin: str, allowed: str) -> bool:
    """Whether a request's origin is the allowed one, whose scheme may be left out."""
    if "://" not in allowed:
        origin = origin.partition("://")[2]
    before, star, after = allowed.partition("*")
    if not star:
        return origin == allowed
    longer = len(origin) > len(before) + len(after)
    return longer and origin.startswith(before) and origin.endswith(after)


_SECURITY = ResponseHeadersPolicy(
    "SecurityHeadersPolicy",
    always=(
        HeaderRule("referrer-policy", "strict-origin-when-cross-origin"),
        HeaderRule("strict-transport-security", "max-age=31536000"),
        HeaderRule("x-content-type-options", "nosniff", override=True),
        HeaderRule("x-frame-options", "SAMEORIGIN"),
        HeaderRule("x-xss-protection", "1; mode=block"),
    ),
)
_ANY_ORIGIN = (HeaderRule("access-control-allow-origin", "*"),)

#: The managed response-headers policies by id; what they add to preflight requests is left out.
MANAGED_RESPONSE_HEADERS_POLICIES: Mapping[str, ResponseHeadersPolicy] = {
    "67f7725c-6f97-4210-82d7-5512b31e9d03": _SECURITY,
    "60669652-455b-4ae9-85a4-c4c02393f86c": ResponseHeadersPolicy("SimpleCORS", cors=_ANY_ORIGIN),
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": ResponseHeadersPolicy(
        "CORS-With-Preflight", cors=_ANY_ORIGIN
    ),
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": replace(
        _SECURITY, name="CORS-and-SecurityHeadersPolicy", cors=_ANY_ORIGIN
    ),
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": replace(
        _SECURITY, name="CORS-with-preflight-and-SecurityHeadersPolicy", cors=_ANY_ORIGIN
    ),
}


def parse_response_headers_policy(answer: Mapping[str, Any]) -> ResponseHeadersPolicy:
    """Read the `ResponseHeadersPolicy` of a GetResponseHeadersPolicy answer."""
    config = answer["ResponseHeadersPolicyConfig"]
    custom = (config.get("CustomHeadersConfig") or {}).get("Items") or ()
    cors: Mapping[str, Any] = config.get("CorsConfig") or {}
    removed = (config.get("RemoveHeadersConfig") or {}).get("Items") or ()
    return ResponseHeadersPolicy(
        name=str(config.get("Name") or "unnamed"),
        always=(
            *_security(config.get("SecurityHeadersConfig") or {}),
            *(HeaderRule(c["Header"].lower(), c["Value"], bool(c["Override"])) for c in custom),
        ),
        cors=_cors(cors),
        origins=_origins(cors),
        overrides_origin=bool(cors.get("OriginOverride")),
        removed=frozenset(str(item["Header"]).lower() for item in removed),
    )


def _security(config: Mapping[str, Any]) -> list[HeaderRule]:
    rules: list[HeaderRule] = []

    def add(key: str, header: str, value: str) -> None:
        rules.append(HeaderRule(header, value, bool(config[key].get("Override"))))

    for key, header, value_key in (
        ("ContentSecurityPolicy", "content-security-policy", "ContentSecurityPolicy"),
        ("FrameOptions", "x-frame-options", "FrameOption"),
        ("ReferrerPolicy", "referrer-policy", "ReferrerPolicy"),
    ):
        if key in config:
            add(key, header, str(config[key][value_key]))
    if "ContentTypeOptions" in config:
        add("ContentTypeOptions", "x-content-type-options", "nosniff")
    if "StrictTransportSecurity" in config:
        hsts = config["StrictTransportSecurity"]
        value = f"max-age={hsts['AccessControlMaxAgeSec']}"
        value += "; includeSubDomains" if hsts.get("IncludeSubdomains") else ""
        value += "; preload" if hsts.get("Preload") else ""
        add("StrictTransportSecurity", "strict-transport-security", value)
    if "XSSProtection" in config:
        xss = config["XSSProtection"]
        value = "1" if xss.get("Protection") else "0"
        value += "; mode=block" if xss.get("ModeBlock") else ""
        value += f"; report={xss['ReportUri']}" if xss.get("ReportUri") else ""
        add("XSSProtection", "x-xss-protection", value)
    return rules


def _cors(config: Mapping[str, Any]) -> tuple[HeaderRule, ...]:
    """What simple cross-origin requests get; which origin is allowed is seen with the request."""
    if not config:
        return ()
    override = bool(config.get("OriginOverride"))
    exposed = (config.get("AccessControlExposeHeaders") or {}).get("Items") or ()
    rules = []
    if "*" in _origins(config):
        rules.append(HeaderRule("access-control-allow-origin", "*", override))
    if config.get("AccessControlAllowCredentials"):
        rules.append(HeaderRule("access-control-allow-credentials", "true", override))
    if exposed:
        rules.append(HeaderRule("access-control-expose-headers", ", ".join(exposed), override))
    return tuple(rules)


def _origins(config: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple((config.get("AccessControlAllowOrigins") or {}).get("Items") or ())
