"""Fetches objects from S3 as the one who asks would be let: through the bucket policy.

The edge's own client may read everything; whether CloudFront, or anybody, may is decided here first,
so that who is not admitted by the policy gets S3's 403 and not the object.

Sources:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (404 or, without ListBucket, 403)
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from harness.edge.bucket_policy import Decision, Requester, evaluate
from harness.edge.clients import AwsClients, error_code, error_status
from harness.edge.website import Website


@dataclass(frozen=True)
class Bucket:
    """What decides who may read a bucket; `blocks_public`: only signed requests are let in.

    `website` is how its website endpoint serves it, None when it has none (or nobody asks there).
    """

    name: str
    exists: bool = True
    policy: str | None = None
    blocks_public: bool = False
    website: Website | None = None


@dataclass(frozen=True)
class OriginAnswer:
    """What the origin said: headers have lower-case names; 304 when what we hold is unchanged."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """S3 has no object to give: `details` are the further fields of its error document."""

    status: int
    code: str
    message: str
    details: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_xml(self) -> OriginAnswer:
        """As the REST endpoint says it.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
        """
        fields = {"Code": self.code, "Message": self.message, **self.details}
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
        return OriginAnswer(self.status, _xml_headers(), body.encode(), self.notes)


NO_SUCH_BUCKET = Refusal(404, "NoSuchBucket", "The specified bucket does not exist")


def admits(bucket: Bucket, action: str, resource: str, requester: Requester) -> Decision:
    """Whether the bucket lets `requester` do `action`, its public access block included."""
    if requester.anonymous and bucket.blocks_public:
        return Decision(False, "the bucket's public access block refuses unsigned requests")
    return evaluate(bucket.policy, action, resource, requester)


def fetch(
    clients: AwsClients, bucket: Bucket, key: str, requester: Requester, *, etag: str = ""
) -> OriginAnswer:
    """Ask the bucket's REST endpoint for one object; blocks, so call it in a thread.

    Args:
        clients: whose `s3` reads the object once the requester is admitted.
        bucket: the origin's bucket and its policy.
        key: the object's key; empty asks for the listing, as S3 understands it.
        requester: as whom the origin is asked.
        etag: what we hold already; the origin answers 304 when it still has that.
    """
    found = (
        read_object(clients, bucket, key, requester, etag=etag)
        if key or not bucket.exists
        else _list(clients, bucket, requester)
    )
    return found.as_xml() if isinstance(found, Refusal) else found


def read_object(
    clients: AwsClients, bucket: Bucket, key: str, requester: Requester, *, etag: str = ""
) -> OriginAnswer | Refusal:
    """The object of this key, if there is one and the bucket lets `requester` have it; blocks."""
    if not bucket.exists:
        return replace(NO_SUCH_BUCKET, details={"BucketName": bucket.name})
    decision = admits(bucket, "s3:GetObject", f"arn:aws:s3:::{bucket.name}/{key}", requester)
    if not decision.allowed:
        return _denied(decision)
    condition: dict[str, Any] = {"IfNoneMatch": etag} if etag else {}
    try:
        found = clients.s3.get_object(Bucket=bucket.name, Key=key, **condition)
        return OriginAnswer(200, _object_headers(found), found["Body"].read(), decision.notes)
    except (ClientError, BotoCoreError) as error:
        return _failed(error, key, _listing(bucket, requester))


def _listing(bucket: Bucket, requester: Requester) -> Decision:
    return admits(bucket, "s3:ListBucket", f"arn:aws:s3:::{bucket.name}", requester)


def _failed(
    error: ClientError | BotoCoreError, key: str, listing: Decision
) -> OriginAnswer | Refusal:
    """What a viewer gets when S3 refuses, or does not answer: CloudFront's 502 or 504."""
    if isinstance(error, ClientError):
        return _client_error(error, key, listing)
    status = 504 if isinstance(error, ConnectTimeoutError | ReadTimeoutError) else 502
    return OriginAnswer(status, {"content-type": "text/plain"}, f"origin: {error}".encode())


def _client_error(error: ClientError, key: str, listing: Decision) -> OriginAnswer | Refusal:
    status, code = error_status(error), error_code(error)
    if status == 304 or code == "304":
        return OriginAnswer(304)
    if code in {"NoSuchKey", "404"}:
        if not listing.allowed:
            return _denied(listing)
        return Refusal(404, "NoSuchKey", "The specified key does not exist.", {"Key": key})
    if code == "NoSuchBucket":
        return NO_SUCH_BUCKET
    message = str(error.response.get("Error", {}).get("Message", ""))
    return Refusal(status or 502, code or "InternalError", message)


def _list(clients: AwsClients, bucket: Bucket, requester: Requester) -> OriginAnswer | Refusal:
    """What S3 answers for `/` when there is no default root object."""
    listing = _listing(bucket, requester)
    if not listing.allowed:
        return _denied(listing)
    try:
        found = clients.s3.list_objects_v2(Bucket=bucket.name)
    except (ClientError, BotoCoreError) as error:
        return _failed(error, "", listing)
    rows = "".join(
        f"<Contents><Key>{escape(item['Key'])}</Key><Size>{item['Size']}</Size></Contents>"
        for item in found.get("Contents", ())
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{escape(bucket.name)}</Name><Prefix></Prefix>"
        f"<IsTruncated>{str(found.get('IsTruncated', False)).lower()}</IsTruncated>"
        f"{rows}</ListBucketResult>"
    )
    return OriginAnswer(200, _xml_headers(), body.encode())


_COPIED = {
    "CacheControl": "cache-control",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentType": "content-type",
    "ETag": "etag",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "VersionId": "x-amz-version-id",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
}


def _object_headers(found: Mapping[str, Any]) -> dict[str, str]:
    headers = {header: str(found[key]) for key, header in _COPIED.items() if found.get(key)}
    # The unparsed text first: botocore turns what is no date into nothing at all.
    expires = found.get("ExpiresString") or found.get("Expires")
    if expires:
        headers["expires"] = _http_date(expires) if isinstance(expires, datetime) else str(expires)
    if isinstance(found.get("LastModified"), datetime):
        headers["last-modified"] = _http_date(found["LastModified"])
    headers |= {f"x-amz-meta-{k.lower()}": str(v) for k, v in found.get("Metadata", {}).items()}
    return headers | {"server": "AmazonS3"}


def _http_date(value: datetime) -> str:
    return format_datetime(value.astimezone(UTC), usegmt=True)


def _xml_headers() -> dict[str, str]:
    return {"content-type": "application/xml", "server": "AmazonS3"}


def _denied(decision: Decision) -> Refusal:
    return Refusal(403, "AccessDenied", "Access Denied", notes=decision.notes)
