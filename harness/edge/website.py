"""A bucket's website configuration: index and error document, redirects, routing rules.

Sources:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from harness.errors import ConfigError


@dataclass(frozen=True)
class Redirect:
    """Where a viewer is sent: what is empty stays as in the request.

    `prefix` and `key` are None where the configuration does not name them: an empty text is a
    replacement like any other.
    """

    host: str = ""
    protocol: str = ""
    status: int = 301
    prefix: str | None = None
    key: str | None = None

    def location(self, requested: str, *, host: str, matched: str = "") -> str:
        """The address to go to.

        Args:
            requested: the key that the viewer asked for.
            host: whom the viewer asked, with the port.
            matched: the prefix of the key that the rule is about.
        """
        key = requested
        if self.key is not None:
            key = self.key
        elif self.prefix is not None:
            key = self.prefix + requested.removeprefix(matched)
        return f"{self.protocol or 'http'}://{self.host or host}/{quote(key)}"


@dataclass(frozen=True)
class RoutingRule:
    """One rule: `error` is 0 when it holds before the object is looked for."""

    redirect: Redirect
    prefix: str = ""
    error: int = 0


@dataclass(frozen=True)
class Website:
    """How a bucket's website endpoint serves it; `redirect_all` leaves nothing else to say."""

    index: str = ""
    error_document: str = ""
    redirect_all: Redirect | None = None
    rules: tuple[RoutingRule, ...] = ()

    def rule(self, key: str, error: int = 0) -> RoutingRule | None:
        """The first routing rule about this key, and about this error if there was one."""
        return next((r for r in self.rules if r.error == error and key.startswith(r.prefix)), None)


def parse_website(bucket: str, answer: Mapping[str, Any]) -> Website:
    """Read a GetBucketWebsite answer.

    Raises:
        ConfigError: a status in it is no number; names the bucket and the key.
    """
    everything: Mapping[str, Any] = answer.get("RedirectAllRequestsTo") or {}
    return Website(
        index=str((answer.get("IndexDocument") or {}).get("Suffix") or ""),
        error_document=str((answer.get("ErrorDocument") or {}).get("Key") or ""),
        redirect_all=_redirect(bucket, everything, "RedirectAllRequestsTo") if everything else None,
        rules=tuple(
            _rule(bucket, rule, f"RoutingRules[{number}]")
            for number, rule in enumerate(answer.get("RoutingRules") or ())
        ),
    )


def _rule(bucket: str, rule: Mapping[str, Any], at: str) -> RoutingRule:
    condition: Mapping[str, Any] = rule.get("Condition") or {}
    return RoutingRule(
        redirect=_redirect(bucket, rule.get("Redirect") or {}, f"{at}.Redirect"),
        prefix=str(condition.get("KeyPrefixEquals") or ""),
        error=_status(
            bucket,
            condition.get("HttpErrorCodeReturnedEquals") or 0,
            f"{at}.Condition.HttpErrorCodeReturnedEquals",
        ),
    )


def _redirect(bucket: str, redirect: Mapping[str, Any], at: str) -> Redirect:
    prefix, key = redirect.get("ReplaceKeyPrefixWith"), redirect.get("ReplaceKeyWith")
    return Redirect(
        host=str(redirect.get("HostName") or ""),
        protocol=str(redirect.get("Protocol") or ""),
        status=_status(bucket, redirect.get("HttpRedirectCode") or 301, f"{at}.HttpRedirectCode"),
        prefix=None if prefix is None else str(prefix),
        key=None if key is None else str(key),
    )


def _status(bucket: str, value: object, key: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ConfigError(
            file=f"website of bucket {bucket}", key=key, value=value, expected="an HTTP status"
        ) from None
