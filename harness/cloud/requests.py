"""One HTTP request to AWS, and what its signature says: which service, whose key.

The gateway needs no more than the credential scope to route a call
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html); it does not
verify signatures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl

#: The calls to STS that nobody signs, for they are how one gets a key.
UNSIGNED_STS = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})

_SCOPE = re.compile(
    r"(?P<key>[^/,\s=]+)/(?P<date>\d{8})/(?P<region>[^/]*)/(?P<service>[^/]+)/aws4_request"
)
_SIGV2 = re.compile(r"^AWS (?P<key>[^:]+):")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Signature:
    """The service a request is for and the access key that signed it ("" when nobody did)."""

    service: str
    access_key: str = ""


@dataclass(frozen=True)
class AwsRequest:
    """A request as it came: path and query still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def arguments(self) -> dict[str, str]:
        """The query string, decoded; a name without a value has the value ""."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The body of a form post, decoded; empty for any other body."""
        if not self.headers.get("content-type", "").startswith(_FORM):
            return {}
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))

    @cached_property
    def action(self) -> str:
        """The operation a query-protocol request names, else ""."""
        return self.form.get("Action") or self.arguments.get("Action", "")

    @cached_property
    def signature(self) -> Signature:
        """Service and access key, from the header or from a presigned URL.

        Unsigned requests are the two STS calls that nobody signs, else anonymous requests to S3.
        """
        header = self.headers.get("authorization", "")
        scope = _SCOPE.search(header) or _SCOPE.search(self.arguments.get("X-Amz-Credential", ""))
        if scope:
            return Signature(scope["service"], scope["key"])
        if self.action in UNSIGNED_STS:
            return Signature("sts")
        old = _SIGV2.match(header)
        return Signature("s3", old["key"] if old else self.arguments.get("AWSAccessKeyId", ""))
