"""Content and infrastructure as AWS has them, to prove what a partial rollback left alone.

    before = capture(clients, bucket, distribution_id)
    ...                                                     # infrastructure_only
    differences(before, capture(clients, bucket, distribution_id), "content")       # []

Everything is read through the AWS API, like an operator with read access would.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from harness.checks import differences as structures
from harness.checks.release import ExpectedFile, ExpectedRelease

if TYPE_CHECKING:
    from harness.cloud.clients import Clients

Layer = Literal["content", "infrastructure"]

#: The answers that mean "there is none", as against "you may not look" or "it is broken".
_NOT_THERE = frozenset(
    {
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchDistribution",
        "NoSuchKey",
        "NoSuchOriginAccessControl",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchWebsiteConfiguration",
    }
)


@dataclass(frozen=True)
class ObjectVersion:
    """One version of an object; a delete marker has no ETag. `modified` is ISO 8601."""

    version_id: str
    etag: str
    latest: bool
    delete_marker: bool
    modified: str


@dataclass(frozen=True)
class LayerState:
    """Both layers at one moment.

    `content` has the versions of every key, newest first; `infrastructure` has the distribution's
    configuration, the bucket's policy, public access block, versioning and website configuration,
    and the origin access controls the distribution refers to. What does not exist is None.
    """

    content: Mapping[str, tuple[ObjectVersion, ...]]
    infrastructure: Mapping[str, Any]


def capture(clients: Clients, bucket: str, distribution_id: str | None) -> LayerState:
    """Read both layers; a site that its bucket serves itself has no distribution.

    Raises:
        ClientError: AWS refused or failed; that something does not exist is no error.
    """
    s3, cloudfront = clients.s3, clients.cloudfront
    config: Any = None
    if distribution_id is not None:
        config = _there(
            lambda: cloudfront.get_distribution_config(Id=distribution_id)["DistributionConfig"]
        )
    website = _there(lambda: s3.get_bucket_website(Bucket=bucket))
    policy = _there(lambda: json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]))
    access = _there(
        lambda: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    )
    versioning = _there(lambda: s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled"))
    return LayerState(
        content=_there(lambda: _versions(clients, bucket)) or {},
        infrastructure={
            "DistributionConfig": config,
            "BucketPolicy": policy,
            "PublicAccessBlock": access,
            "Versioning": versioning,
            "Website": {k: v for k, v in (website or {}).items() if k != "ResponseMetadata"}
            or None,
            "OriginAccessControls": {
                control: _there(partial(_access_control, clients, control))
                for control in _access_control_ids(config)
            },
        },
    )


def differences(
    before: LayerState, after: LayerState, layer: Layer, *, ignoring: Sequence[str] = ()
) -> list[str]:
    """What changed in a layer between two moments, one line each; empty when it was left alone.

    Args:
        before: the earlier moment.
        after: the later one.
        layer: which layer to compare.
        ignoring: prefixes of keys that are not content, such as those of release records.
    """
    if layer == "infrastructure":
        found = structures.differences(before.infrastructure, after.infrastructure)
        return [f"infrastructure: {line}" for line in found]
    keys = sorted({*before.content, *after.content})
    return [
        f"content: {line}"
        for key in keys
        if not key.startswith(tuple(ignoring))
        for line in _changed(key, before.content.get(key, ()), after.content.get(key, ()))
    ]


def matches_content(
    clients: Clients, bucket: str, expected: ExpectedRelease, *, ignoring: Sequence[str] = ()
) -> list[str]:
    """How the bucket's own objects differ from a release, one line each; empty when they do not.

    Past the edge and its cache: this is what a viewer gets once everything cached has expired.
    `ignoring` holds prefixes of keys that are not content, such as those of release records.
    """
    stored: set[str] = set()
    for page in clients.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        stored.update(item["Key"] for item in page.get("Contents", []))
    found = [line for file in expected.files for line in _object_faults(clients, bucket, file)]
    others = sorted(stored - {file.key for file in expected.files})
    found += [
        f"content: {key} is no file of {expected.name}"
        for key in others
        if not key.startswith(tuple(ignoring))
    ]
    return found


def _object_faults(clients: Clients, bucket: str, file: ExpectedFile) -> Iterator[str]:
    answer: Any = _there(lambda: clients.s3.get_object(Bucket=bucket, Key=file.key))
    if answer is None:
        yield f"content: {file.key} is missing"
        return
    with answer["Body"] as stream:
        body = stream.read()
    if hashlib.sha256(body).hexdigest() != file.sha256:
        sizes = f"{len(body)} bytes, expected {file.size}"
        yield f"content: {file.key}: sha256 differs ({sizes})"
    if not file.takes(answer.get("ContentType", "")):
        yield f"content: {file.key}: content type is {answer.get('ContentType', 'missing')}"


def _changed(
    key: str, before: Sequence[ObjectVersion], after: Sequence[ObjectVersion]
) -> Iterator[str]:
    old = next((version for version in before if version.latest), None)
    new = next((version for version in after if version.latest), None)
    if old == new:
        if set(before) != set(after):
            yield f"{key}: older versions were added or removed"
    elif old is None and new is not None:
        yield f"{key} was added (version {new.version_id})"
    elif new is None:
        yield f"{key} is gone with all its versions"
    elif old is not None and new.delete_marker and not old.delete_marker:
        yield f"{key} was deleted (delete marker {new.version_id})"
    elif old is not None:
        same = ", with the same bytes" if new.etag == old.etag else ""
        yield f"{key} changed from version {old.version_id} to {new.version_id}{same}"


def _versions(clients: Clients, bucket: str) -> dict[str, tuple[ObjectVersion, ...]]:
    found: dict[str, list[ObjectVersion]] = {}
    for page in clients.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        items: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        for item in sorted(items, key=lambda item: item["LastModified"], reverse=True):
            found.setdefault(item["Key"], []).append(
                ObjectVersion(
                    version_id=item["VersionId"],
                    etag=item.get("ETag", ""),
                    latest=item["IsLatest"],
                    delete_marker="ETag" not in item,
                    modified=item["LastModified"].isoformat(),
                )
            )
    return {key: tuple(versions) for key, versions in found.items()}


def _access_control_ids(config: Mapping[str, Any] | None) -> list[str]:
    origins = (config or {}).get("Origins", {}).get("Items", [])
    ids = {origin.get("OriginAccessControlId", "") for origin in origins}
    return sorted(ids - {""})


def _access_control(clients: Clients, control: str) -> Any:
    answer = clients.cloudfront.get_origin_access_control(Id=control)
    return answer["OriginAccessControl"]["OriginAccessControlConfig"]


def _there(read: Callable[[], Any]) -> Any:
    """What `read` returns, None when AWS says that there is no such thing."""
    try:
        return read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_THERE:
            return None
        raise
