"""Everything the edge knows, read at one moment through the CloudFront and S3 APIs.

Reading is all or nothing: what cannot be read raises, and the edge keeps what it knew before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.edge.clients import AwsClients, error_code
from harness.edge.distribution import Behaviour, Distribution, parse_distribution
from harness.edge.functions import Function
from harness.edge.origin import Bucket
from harness.edge.origin_request_policies import OriginRequestPolicy
from harness.edge.policies import CachePolicy
from harness.edge.references import References
from harness.edge.response_headers import ResponseHeadersPolicy
from harness.edge.website import Website, parse_website
from harness.errors import EmulatorError


@dataclass(frozen=True)
class Configuration:
    """What the APIs said; `unresolved` tells why something that a behaviour names is not known."""

    distributions: tuple[Distribution, ...] = ()
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    cache_policies: Mapping[str, CachePolicy] = field(default_factory=dict)
    origin_requests: Mapping[str, OriginRequestPolicy] = field(default_factory=dict)
    response_headers: Mapping[str, ResponseHeadersPolicy] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    unresolved: Mapping[str, str] = field(default_factory=dict)
    unsigned: frozenset[str] = frozenset()
    findings: tuple[str, ...] = ()

    def cache_policy(self, behaviour: Behaviour) -> CachePolicy:
        """The behaviour's cache policy, or its own settings when it names none."""
        return behaviour.legacy or self.cache_policies[behaviour.cache_policy_id]

    def find(self, host: str) -> Distribution | None:
        """The distribution that answers for a host name: exact names before `*.example.test`."""
        for distribution in self.distributions:
            if host == distribution.domain_name or host in distribution.aliases:
                return distribution
        # A wildcard stands for one label: https://docs.aws.amazon.com/AmazonCloudFront/latest/
        # DeveloperGuide/CNAMEs.html#alternate-domain-names-wildcard
        wildcard = f"*.{host.partition('.')[2]}"
        return next((d for d in self.distributions if wildcard in d.aliases), None)


@dataclass(frozen=True)
class Invalidation:
    """One invalidation request."""

    distribution: str
    id: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """The configuration, and the invalidations that were not known before."""

    configuration: Configuration
    invalidations: tuple[Invalidation, ...]


def read(
    clients: AwsClients,
    known: frozenset[tuple[str, str]],
    *,
    websites: frozenset[str] = frozenset(),
    with_paths: bool = True,
) -> Reading:
    """Read everything; blocks, so call it in a thread.

    Args:
        clients: whose APIs are asked.
        known: (distribution id, invalidation id) of those that are not to be read again.
        websites: the buckets whose website endpoints are served, besides those that are origins.
        with_paths: whether the paths of the new invalidations matter.

    Raises:
        EmulatorError: an API answered with something other than an answer; names the operation.
        ConfigError: a distribution or a website makes no sense; names it and the key.
    """
    try:
        distributions = tuple(_distributions(clients))
        reader = References(clients)
        for distribution in distributions:
            for behaviour in distribution.behaviours:
                reader.read(distribution, behaviour)
        origins = [(d, origin) for d in distributions for origin in d.origins]
        for _, origin in origins:
            reader.access_control(origin.access_control_id)
        for distribution, origin in origins:
            if origin.access_identity:
                reader.findings.append(
                    f"distribution {distribution.id}: origin {origin.id} uses an origin access"
                    " identity, which is not imitated: its requests count as unsigned"
                )
        websites |= {origin.bucket for _, origin in origins if origin.website}
        names = sorted(websites | {origin.bucket for _, origin in origins if origin.bucket})
        buckets = {name: _bucket(clients, name, website=name in websites) for name in names}
        invalidations = tuple(_invalidations(clients, distributions, known, with_paths=with_paths))
    except (ClientError, BotoCoreError) as error:
        raise EmulatorError(
            f"the edge could not read its configuration: {error}",
            hint="is the emulator up, and does it have this operation?",
        ) from error
    return Reading(
        Configuration(
            distributions=distributions,
            buckets=buckets,
            cache_policies=reader.cache_policies,
            origin_requests=reader.origin_requests,
            response_headers=reader.response_headers,
            functions=reader.functions,
            unresolved=reader.unresolved,
            unsigned=frozenset(reader.unsigned),
            findings=tuple(dict.fromkeys(reader.findings)),
        ),
        invalidations,
    )


def _distributions(clients: AwsClients) -> Iterable[Distribution]:
    """Each in full: the listing leaves out the default root object."""
    pages = clients.cloudfront.get_paginator("list_distributions").paginate()
    ids = [item["Id"] for page in pages for item in page["DistributionList"].get("Items") or ()]
    for distribution_id in ids:
        try:
            answer = clients.cloudfront.get_distribution(Id=distribution_id)
        except ClientError as error:
            if error_code(error) == "NoSuchDistribution":
                continue  # Deleted between the two calls.
            raise
        yield parse_distribution(answer["Distribution"])


def _bucket(clients: AwsClients, name: str, *, website: bool) -> Bucket:
    policy: str | None = None
    blocks: Mapping[str, Any] = {}
    try:
        policy = clients.s3.get_bucket_policy(Bucket=name)["Policy"]
    except ClientError as error:
        if error_code(error) == "NoSuchBucket":
            return Bucket(name, exists=False)
        if error_code(error) != "NoSuchBucketPolicy":
            raise
    try:
        answer = clients.s3.get_public_access_block(Bucket=name)
        blocks = answer["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error_code(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
    # BlockPublicPolicy refuses a public policy when it is put; emulators store it all the same.
    refuses = bool(blocks.get("RestrictPublicBuckets") or blocks.get("BlockPublicPolicy"))
    site = _website(clients, name) if website else None
    return Bucket(name, policy=policy, blocks_public=refuses, website=site)


def _website(clients: AwsClients, bucket: str) -> Website | None:
    try:
        return parse_website(bucket, clients.s3.get_bucket_website(Bucket=bucket))
    except ClientError as error:
        if error_code(error) in {"NoSuchWebsiteConfiguration", "NoSuchBucket"}:
            return None
        raise


def _invalidations(
    clients: AwsClients,
    distributions: Iterable[Distribution],
    known: frozenset[tuple[str, str]],
    *,
    with_paths: bool,
) -> Iterable[Invalidation]:
    for distribution in distributions:
        for found in _invalidation_ids(clients, distribution.id):
            if (distribution.id, found) in known:
                continue
            paths: Iterable[str] = ()
            if with_paths:
                answer = clients.cloudfront.get_invalidation(
                    DistributionId=distribution.id, Id=found
                )
                paths = answer["Invalidation"]["InvalidationBatch"]["Paths"].get("Items") or ()
            yield Invalidation(distribution.id, found, tuple(paths))


def _invalidation_ids(clients: AwsClients, distribution_id: str) -> list[str]:
    pages = clients.cloudfront.get_paginator("list_invalidations").paginate(
        DistributionId=distribution_id
    )
    try:
        return [i["Id"] for p in pages for i in p["InvalidationList"].get("Items") or ()]
    except ClientError as error:
        if error_code(error) == "NoSuchDistribution":
            return []  # Deleted since it was read.
        raise
