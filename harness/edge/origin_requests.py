"""How CloudFront asks an origin: where, as whom, and with which headers.

An S3 origin is asked as the distribution if an origin access control signs, else as anybody; a
custom origin as any web server is. S3 answers for both kinds of endpoint that it has; other custom
origins are not imitated.

Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.edge import website_endpoint
from harness.edge.bucket_policy import Requester
from harness.edge.clients import AwsClients
from harness.edge.configuration import Configuration
from harness.edge.distribution import Behaviour, Distribution, Origin
from harness.edge.origin import NO_SUCH_BUCKET, Bucket, OriginAnswer, Refusal, fetch
from harness.edge.responses import edge_page

#: What CloudFront calls itself, unless the viewer's User-Agent is forwarded.
AGENT = "Amazon CloudFront"


def ask(
    clients: AwsClients,
    config: Configuration,
    distribution: Distribution,
    behaviour: Behaviour,
    path: str,
    headers: Mapping[str, str],
    *,
    etag: str,
) -> OriginAnswer:
    """The origin's answer; blocks, so call it in a thread.

    Its notes are lines for people: what could not be imitated or understood.

    Args:
        clients: the AWS API, for what S3 has.
        config: what is known of buckets and policies.
        distribution: which one asks.
        behaviour: whose origin is asked.
        path: of the object, percent-decoded, before the origin's own path is put in front.
        headers: the viewer's, of which some are forwarded.
        etag: what is held already; the origin answers 304 when it still has that.
    """
    origin = behaviour.origin
    if not origin.bucket:
        return _unreachable(
            distribution,
            502,
            f"origin {origin.id} ({origin.domain_name}) is neither a REST nor a website endpoint of"
            " an S3 bucket; other origins are not imitated",
        )
    if origin.website and origin.protocol == "https-only":
        return _unreachable(
            distribution,
            504,
            f"origin {origin.id} ({origin.domain_name}) is asked over HTTPS only, which an S3"
            " website endpoint does not speak",
        )
    policy = config.origin_requests.get(behaviour.origin_request_policy_id)
    forwarded = policy.forwarded(headers) if policy else {}
    # What the distribution sets itself goes before what the viewer sends.
    sent = {"user-agent": AGENT, **forwarded, **origin.headers}
    signs = bool(origin.access_control_id) and origin.access_control_id not in config.unsigned
    if "host" in forwarded:
        return _by_host(distribution, origin, forwarded["host"], signs=signs and not origin.custom)
    bucket = config.buckets[origin.bucket]
    answer = _of_s3(clients, distribution, origin, bucket, path, sent, etag, signs=signs)
    notes = tuple(f"bucket {bucket.name}: policy: {note}" for note in answer.notes)
    return replace(answer, notes=notes)


def _of_s3(
    clients: AwsClients,
    distribution: Distribution,
    origin: Origin,
    bucket: Bucket,
    path: str,
    sent: Mapping[str, str],
    etag: str,
    *,
    signs: bool,
) -> OriginAnswer:
    referer, agent = sent.get("referer", ""), sent.get("user-agent", "")
    if origin.website:
        visit = website_endpoint.Visit(
            path=f"{origin.path}{path}",
            host=origin.domain_name,
            referer=referer,
            agent=agent,
            etag=etag,
        )
        return website_endpoint.answer(clients, bucket, visit)
    as_distribution = signs and not origin.custom
    requester = Requester(
        source_arn=distribution.arn if as_distribution else "",
        source_account=distribution.account if as_distribution else "",
        referer=referer,
        agent=agent,
        secure=not origin.custom or origin.protocol != "http-only",
    )
    return fetch(clients, bucket, f"{origin.path}{path}".removeprefix("/"), requester, etag=etag)


def _by_host(distribution: Distribution, origin: Origin, host: str, *, signs: bool) -> OriginAnswer:
    """What S3 says to the viewer's Host: it names no bucket, or is not what was signed."""
    name = host.partition(":")[0]
    note = (
        f"distribution {distribution.id}: origin {origin.id} gets the viewer's Host header ({name}),"
        " by which S3 finds no bucket"
    )
    if signs:
        refusal = Refusal(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
        )
    else:
        refusal = replace(NO_SUCH_BUCKET, details={"BucketName": name})
    return replace(refusal.as_xml(), notes=(note,))


def _unreachable(distribution: Distribution, status: int, reason: str) -> OriginAnswer:
    page = edge_page(status, reason)
    note = f"distribution {distribution.id}: {reason}"
    return OriginAnswer(page.status, page.headers, page.body, (note,))
