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
    """`always` go into every answer, `cors` into answers to requests with an Origin header."""

    name: str
    always: tuple[HeaderRule, ...] = ()
    cors: tuple[HeaderRule, ...] = ()
    removed: frozenset[str] = frozenset()

    def apply(self, headers: dict[str, str], *, cross_origin: bool) -> None:
        """Change `headers` (lower-case names) in place."""
        for name in self.removed:
            headers.pop(name, None)
        for rule in (*self.always, *self.cors) if cross_origin else self.always:
            if rule.override or rule.name not in headers:
                headers[rule.name] = rule.value


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
    removed = (config.get("RemoveHeadersConfig") or {}).get("Items") or ()
    return ResponseHeadersPolicy(
        name=str(config.get("Name") or "unnamed"),
        always=(
            *_security(config.get("SecurityHeadersConfig") or {}),
            *(HeaderRule(c["Header"].lower(), c["Value"], bool(c["Override"])) for c in custom),
        ),
        cors=_cors(config.get("CorsConfig") or {}),
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
    """What simple cross-origin requests get; several listed origins are joined to the first."""
    if not config:
        return ()
    override = bool(config.get("OriginOverride"))
    origins = (config.get("AccessControlAllowOrigins") or {}).get("Items") or ()
    exposed = (config.get("AccessControlExposeHeaders") or {}).get("Items") or ()
    rules = [HeaderRule("access-control-allow-origin", str(o), override) for o in origins[:1]]
    if config.get("AccessControlAllowCredentials"):
        rules.append(HeaderRule("access-control-allow-credentials", "true", override))
    if exposed:
        rules.append(HeaderRule("access-control-expose-headers", ", ".join(exposed), override))
    return tuple(rules)
