"""A resource at one moment, and a change to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from botocore.exceptions import ClientError

from harness.errors import SitedrillError

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

Kind = Literal["distribution", "website", "policy", "object"]


class Aws(Protocol):
    """The clients that are needed."""

    @property
    def s3(self) -> S3Client:
        """S3."""
        ...

    @property
    def cloudfront(self) -> CloudFrontClient:
        """CloudFront."""
        ...


class MovedError(SitedrillError):
    """A resource is no longer what it was when it was captured: somebody else changes it, too."""


class Returned(StrEnum):
    """How a change was undone, or why not.

    UNTOUCHED: it never happened. ALREADY: somebody has brought the captured state back. BACK: we did.
    THEIRS: somebody else has made something else of it, which is left alone.
    """

    UNTOUCHED = "untouched"
    ALREADY = "already as captured"
    BACK = "put back"
    THEIRS = "changed by somebody else"


@dataclass(frozen=True)
class State:
    """A resource at one moment.

    Attributes:
        body: an object's bytes, or a configuration as JSON; empty where there is none.
        about: an object's headers, metadata and tags.
        exists: whether it is there.
        mark: an ETag or a version, by which AWS tells that it has not changed since.
    """

    body: bytes = b""
    about: Mapping[str, Any] = field(default_factory=dict)
    exists: bool = True
    mark: str = ""

    @property
    def config(self) -> Any:
        """The configuration."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Change:
    """What one resource is, and what the incident makes of it.

    Attributes:
        kind: of the resource.
        name: the distribution's id, the bucket's name, or `bucket/key`.
        before: as captured.
        after: as it will be; its mark is not known before the change is made.
        says: the change in one line.
    """

    kind: Kind
    name: str
    before: State
    after: State
    says: str

    @property
    def resource(self) -> str:
        """The resource, in words."""
        return f"s3://{self.name}" if self.kind == "object" else f"{self.kind} {self.name}"


def canonical(config: Any) -> bytes:
    """A configuration as JSON that is the same whenever the configuration is."""
    return json.dumps(config, sort_keys=True, indent=1, default=str).encode()


def code_of(error: ClientError) -> str:
    """What AWS calls an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
