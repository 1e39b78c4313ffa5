"""A bucket's website endpoint: what it answers to anybody who asks, without CloudFront.

    key x          the object x; else, where x/<index document> is there, a redirect to x/
    key x/ or ""   the object x/<index document>
    an error       a routing rule for it, else the error document under the error's status, else S3's
                   own HTML

Everybody asks unsigned and over HTTP, so the bucket's policy must let anybody in and its public
access block nobody out. Nothing is cached here.

Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/IndexDocumentSupport.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/CustomErrorDocSupport.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
https://repost.aws/knowledge-center/s3-website-cloudfront-error-403 (missing objects: 403, or 404)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from http import HTTPStatus
from urllib.parse import quote

from harness.edge.bucket_policy import Requester
from harness.edge.clients import AwsClients
from harness.edge.origin import NO_SUCH_BUCKET, Bucket, OriginAnswer, Refusal, read_object
from harness.edge.website import Redirect, RoutingRule, Website

_NOT_A_WEBSITE = "The specified bucket does not have a website configuration"
_REDIRECTS_TO = "x-amz-website-redirect-location"


@dataclass(frozen=True)
class Visit:
    """What is asked of the endpoint: `path` percent-decoded; `host` as the viewer knows it, with port.

    `etag`: what the asker holds already; 304 when the endpoint still has that.
    """

    path: str
    host: str
    method: str = "GET"
    referer: str = ""
    agent: str = ""
    etag: str = ""


def answer(clients: AwsClients, bucket: Bucket, visit: Visit) -> OriginAnswer:
    """What the website endpoint of `bucket` answers; blocks, so call it in a thread."""
    if visit.method not in {"GET", "HEAD"}:
        return _page(
            Refusal(
                405,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
                {"Method": visit.method, "ResourceType": "OBJECT"},
            )
        )
    named = {"BucketName": bucket.name}
    if not bucket.exists:
        return _page(replace(NO_SUCH_BUCKET, details=named))
    if bucket.website is None:
        return _page(Refusal(404, "NoSuchWebsiteConfiguration", _NOT_A_WEBSITE, named))
    return _Endpoint(clients, bucket, bucket.website, visit).answer()


class _Endpoint:
    """One request to one website."""

    def __init__(self, clients: AwsClients, bucket: Bucket, site: Website, visit: Visit) -> None:
        self._clients = clients
        self._bucket = bucket
        self._site = site
        self._visit = visit
        self._requester = Requester(referer=visit.referer, agent=visit.agent, secure=False)

    def answer(self) -> OriginAnswer:
        asked = self._visit.path.removeprefix("/")
        if self._site.redirect_all is not None:
            return self._redirect(self._site.redirect_all, asked)
        rule = self._site.rule(asked)
        if rule is not None:
            return self._follow(rule, asked)
        is_folder = not asked or asked.endswith("/")
        found = self._read(f"{asked}{self._site.index}" if is_folder else asked)
        if isinstance(found, OriginAnswer):
            return _redirected(found)
        if not is_folder and found.status in {403, 404} and self._has_index(asked):
            return OriginAnswer(302, _headers({"location": f"/{quote(asked)}/"}), notes=found.notes)
        return self._error(asked, found)

    def _error(self, asked: str, refusal: Refusal) -> OriginAnswer:
        rule = self._site.rule(asked, refusal.status)
        if rule is not None:
            return self._follow(rule, asked)
        # Only errors of the 4xx class have a document: API_ErrorDocument.
        if not self._site.error_document or not 400 <= refusal.status < 500:
            return _page(refusal)
        document = self._read(self._site.error_document, etag="")
        if isinstance(document, Refusal):
            return _page(refusal, failed=document)
        if _REDIRECTS_TO in document.headers:
            return _redirected(document)
        if document.status >= 400:
            return document
        return replace(
            document,
            status=refusal.status,
            headers={**document.headers, **_error_headers(refusal)},
            notes=(*refusal.notes, *document.notes),
        )

    def _has_index(self, asked: str) -> bool:
        """Whether the key stands for a folder: one that has an index document for anybody."""
        found = self._read(f"{asked}/{self._site.index}", etag="")
        return isinstance(found, OriginAnswer) and found.status < 400

    def _read(self, key: str, *, etag: str | None = None) -> OriginAnswer | Refusal:
        held = self._visit.etag if etag is None else etag
        return read_object(self._clients, self._bucket, key, self._requester, etag=held)

    def _follow(self, rule: RoutingRule, asked: str) -> OriginAnswer:
        return self._redirect(rule.redirect, asked, matched=rule.prefix)

    def _redirect(self, redirect: Redirect, asked: str, *, matched: str = "") -> OriginAnswer:
        location = redirect.location(asked, host=self._visit.host, matched=matched)
        return OriginAnswer(redirect.status, _headers({"location": location}))


def _redirected(found: OriginAnswer) -> OriginAnswer:
    """The object, or the redirect that it stands for."""
    target = found.headers.get(_REDIRECTS_TO)
    if target is None:
        return found
    return OriginAnswer(301, _headers({"location": target}), notes=found.notes)


def _page(refusal: Refusal, *, failed: Refusal | None = None) -> OriginAnswer:
    """S3's own HTML; `failed` is why there is no error document to show instead."""
    title = f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
    missing = ""
    if failed is not None:
        heading = "An Error Occurred While Attempting to Retrieve a Custom Error Document"
        missing = f"<h3>{heading}</h3>\n{_listed(failed)}"
    body = (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n"
        f"{_listed(refusal)}{missing}<hr/>\n</body>\n</html>\n"
    )
    headers = {"content-type": "text/html; charset=utf-8", **_error_headers(refusal)}
    return OriginAnswer(refusal.status, _headers(headers), body.encode(), refusal.notes)


def _listed(refusal: Refusal) -> str:
    fields = {"Code": refusal.code, "Message": refusal.message, **refusal.details}
    rows = "".join(f"<li>{name}: {escape(value)}</li>\n" for name, value in fields.items())
    return f"<ul>\n{rows}</ul>\n"


def _error_headers(refusal: Refusal) -> dict[str, str]:
    return {"x-amz-error-code": refusal.code, "x-amz-error-message": refusal.message}


def _headers(more: Mapping[str, str]) -> dict[str, str]:
    return {"server": "AmazonS3", **more}
