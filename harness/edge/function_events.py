"""What CloudFront tells a function of a request or a response, and takes back from it.

    {"version": "1.0",
     "context": {"distributionDomainName": ..., "distributionId": ..., "eventType": ...,
                 "requestId": ...},
     "viewer": {"ip": ...},
     "request": {"method": ..., "uri": ..., "querystring": {...}, "headers": {...}, "cookies": {...}},
     "response": {"statusCode": ..., "statusDescription": ..., "headers": {...}, "cookies": {...}}}

Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from harness.edge.distribution import Distribution
from harness.edge.functions import Function, FunctionFault, run
from harness.edge.requests import Request
from harness.edge.responses import Answer, XCache

#: Headers that functions neither see nor may add.
DISALLOWED = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "upgrade",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-cache",
        "x-forwarded-proto",
        "x-real-ip",
    }
)
_READ_ONLY_REQUEST = frozenset({"cdn-loop", "content-length", "host", "transfer-encoding", "via"})
_READ_ONLY_RESPONSE = frozenset({"transfer-encoding", "via", "warning"})


def on_request(
    function: Function, distribution: Distribution, request: Request
) -> Request | Answer:
    """The request as the function wants it answered, or its own answer.

    Raises:
        FunctionFault: it could not be run, or returned what CloudFront does not accept.
    """
    told = _request(request)
    returned = run(function, _event("viewer-request", distribution, request, {"request": told}))
    check = _Check(function)
    if "statusCode" in returned:
        return check.generated(returned)
    headers = check.headers(returned, told["headers"], _READ_ONLY_REQUEST)
    cookies = "; ".join(f"{name}={value}" for name, value in check.pairs(returned, "cookies"))
    kept = {name: request.headers[name] for name in DISALLOWED & request.headers.keys()}
    uri = returned.get("uri")
    if not isinstance(uri, str) or not uri.startswith("/"):
        raise check.invalid(f"uri is {uri!r}, not a text that begins with /")
    query = "&".join(
        f"{name}={value}" if value else name for name, value in check.pairs(returned, "querystring")
    )
    return replace(
        request,
        uri=uri,
        query=query,
        headers={**headers, **kept, **({"cookie": cookies} if cookies else {})},
    )


def on_response(
    function: Function, distribution: Distribution, request: Request, answer: Answer
) -> Answer:
    """The answer with the headers and cookies that the function leaves; its status stays.

    Raises:
        FunctionFault: it could not be run, or returned what CloudFront does not accept.
    """
    told: dict[str, Any] = {
        "statusCode": answer.status,
        "statusDescription": _phrase(answer.status),
        "headers": _told(_seen(answer.headers)),
        "cookies": {},
    }
    about = {"request": _request(request), "response": told}
    returned = run(function, _event("viewer-response", distribution, request, about))
    check = _Check(function)
    headers = check.headers(returned, told["headers"], _READ_ONLY_RESPONSE)
    return replace(answer, headers=headers, cookies=check.set_cookies(returned))


def _event(
    kind: str, distribution: Distribution, request: Request, about: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": distribution.domain_name,
            "distributionId": distribution.id,
            "eventType": kind,
            "requestId": "edge-request",
        },
        "viewer": {"ip": request.viewer},
        **about,
    }


def _request(request: Request) -> dict[str, Any]:
    crumbs = (c.strip() for c in request.headers.get("cookie", "").split(";"))
    return {
        "method": request.method,
        "uri": request.uri,
        "querystring": _told(_split(p) for p in request.query.split("&") if p),
        "headers": _told(_seen(request.headers)),
        "cookies": _told(_split(c) for c in crumbs if c),
    }


def _seen(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(n, v) for n, v in headers.items() if n != "cookie" and n not in DISALLOWED]


def _split(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value


def _told(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """As events have it: the first value, and all of them where there are several."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {
        name: {"value": found[0]}
        | ({"multiValue": [{"value": v} for v in found]} if len(found) > 1 else {})
        for name, found in values.items()
    }


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


class _Check:
    """Takes values out of what a function returned; what CloudFront does not accept is a fault."""

    def __init__(self, function: Function) -> None:
        self._name = function.name

    def invalid(self, reason: str) -> FunctionFault:
        return FunctionFault(self._name, f"it returns what is not valid: {reason}", status=502)

    def pairs(self, returned: Mapping[str, Any], key: str) -> list[tuple[str, str]]:
        """Names and values, several values of one name as several pairs."""
        found = returned.get(key)
        if found is None:
            return []
        if not isinstance(found, Mapping):
            raise self.invalid(f"{key} is no object")
        pairs = []
        for name, value in found.items():
            if not isinstance(value, Mapping) or ("value" not in value and not value):
                raise self.invalid(f"{key}.{name} is no object with a value")
            several = value.get("multiValue") or [value]
            pairs += [(str(name), self._text(key, name, one)) for one in several]
        return pairs

    def headers(
        self, returned: Mapping[str, Any], told: Mapping[str, Any], read_only: frozenset[str]
    ) -> dict[str, str]:
        """The headers, joined by name, when none is among those a function may not touch."""
        headers: dict[str, str] = {}
        for name, value in self.pairs(returned, "headers"):
            if name != name.lower():
                raise self.invalid(f"headers.{name} is not in lower case")
            if name in DISALLOWED or name.startswith(("x-amz-cf-", "x-edge-")):
                raise self.invalid(f"headers.{name} may not be added")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        before = {name: str(value["value"]) for name, value in told.items()}
        for name in read_only:
            if headers.get(name) != before.get(name):
                raise self.invalid(f"headers.{name} is read-only")
        return headers

    def generated(self, returned: Mapping[str, Any]) -> Answer:
        """An answer that the function makes up by itself."""
        status = returned["statusCode"]
        if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
            raise self.invalid(f"statusCode is {status!r}, not a number from 200 to 599")
        headers = self.headers(returned, {}, _READ_ONLY_RESPONSE)
        return Answer(
            status,
            {"server": "CloudFront", **headers},
            self._body(returned.get("body")),
            XCache.FUNCTION,
            cookies=self.set_cookies(returned),
        )

    def set_cookies(self, returned: Mapping[str, Any]) -> tuple[str, ...]:
        """Each Set-Cookie header's value."""
        cookies: Mapping[str, Any] = returned.get("cookies") or {}
        attributes = {
            name: str(value.get("attributes") or "")
            for name, value in cookies.items()
            if isinstance(value, Mapping)
        }
        return tuple(
            f"{name}={value}" + (f"; {attributes[name]}" if attributes[name] else "")
            for name, value in self.pairs(returned, "cookies")
        )

    def _body(self, body: object) -> bytes:
        if body is None:
            return b""
        if isinstance(body, str):
            return body.encode()
        if not isinstance(body, Mapping) or not isinstance(body.get("data"), str):
            raise self.invalid("body is neither a text nor an object with data")
        if body.get("encoding") != "base64":
            return str(body["data"]).encode()
        try:
            return base64.b64decode(body["data"], validate=True)
        except binascii.Error:
            raise self.invalid("body.data is not base64") from None

    def _text(self, key: str, name: object, value: object) -> str:
        found = value.get("value") if isinstance(value, Mapping) else None
        if not isinstance(found, str | int | float):
            raise self.invalid(f"{key}.{name}.value is {found!r}, not a text")
        return str(found)
