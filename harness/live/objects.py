"""Objects of a bucket.

Where the bucket keeps versions, a change puts a version (or a delete marker) of its own on top, and
undoing it takes exactly that version away: what was there before comes up again, and what somebody else
has put on top stays. https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html

Where it keeps none, writes are made only on top of the ETag that was read.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

A version of ours is known by a token in its metadata, also when we were killed before we heard its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from harness.live.resource import Aws, Change, MovedError, Returned, State, code_of

#: In an object's metadata: which change it is of.
TOKEN = "sitedrill-change"  # noqa: S105 - the name of a header
_GONE = frozenset({"NoSuchKey", "404", "NoSuchVersion"})
_MOVED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
#: What is kept of an object besides its bytes; PutObject takes them under the same names.
_KEPT = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "StorageClass",
    "WebsiteRedirectLocation",
)


def read(aws: Aws, name: str, version: str = "") -> State:
    """The object now; its mark is its version, or its ETag where there are none."""
    bucket, _, key = name.partition("/")
    of: Any = {"VersionId": version} if version else {}
    try:
        found = aws.s3.get_object(Bucket=bucket, Key=key, **of)
    except ClientError as error:
        if code_of(error) in _GONE:
            return State(exists=False, mark="absent")
        raise
    with found["Body"] as stream:
        body = stream.read()
    tags = aws.s3.get_object_tagging(Bucket=bucket, Key=key, **of)["TagSet"]
    about = {header: found[header] for header in _KEPT if found.get(header)}  # type: ignore[literal-required]
    about["Metadata"] = dict(found.get("Metadata", {}))
    about["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    about["ETag"] = found["ETag"]
    kept = found.get("VersionId", "null")
    return State(body, about, mark=found["ETag"] if kept == "null" else f"version {kept}")


def make(aws: Aws, change: Change, token: str) -> str:
    """Make the change; the mark afterwards.

    Raises:
        MovedError: it is no longer as captured.
    """
    bucket, _, key = change.name.partition("/")
    if not change.after.exists:
        if read(aws, change.name).mark != change.before.mark:
            raise _moved(change)
        answer = aws.s3.delete_object(Bucket=bucket, Key=key)
        version = answer.get("VersionId", "null")
        return "absent" if version == "null" else f"version {version}"
    return _write(aws, change, change.after, token=token, on_top_of=change.before)


def put_back(aws: Aws, change: Change, token: str, mark: str) -> Returned:
    """Take our version away, or write what was captured over our bytes; never over another's."""
    bucket, _, key = change.name.partition("/")
    versions = _versions(aws, bucket, key)
    ours = [one for one in versions if _is_ours(aws, change, one, versions, token, mark)]
    for one in ours:
        if one["VersionId"] != "null":
            aws.s3.delete_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])
    now = read(aws, change.name)
    if same(now, change.before):
        if now.mark == change.before.mark:
            return Returned.BACK if ours else Returned.UNTOUCHED
        return Returned.ALREADY
    if not _holds_ours(now, change, token, mark):
        return Returned.THEIRS
    try:
        _write(aws, change, change.before, token="", on_top_of=now)
    except MovedError:
        return Returned.THEIRS
    return Returned.BACK


def same(one: State, other: State) -> bool:
    """Whether two states are equal, byte for byte, with headers, metadata and tags."""
    return (one.exists, one.body, _plain(one.about)) == (
        other.exists,
        other.body,
        _plain(other.about),
    )


def _plain(about: Mapping[str, Any]) -> dict[str, Any]:
    # The ETag is not what an object is: it depends on how it was uploaded.
    return {key: value for key, value in about.items() if key != "ETag" and value}


def _moved(change: Change) -> MovedError:
    return MovedError(f"{change.resource} was changed by somebody else")


def _write(aws: Aws, change: Change, state: State, *, token: str, on_top_of: State) -> str:
    bucket, _, key = change.name.partition("/")
    metadata = dict(state.about.get("Metadata", {}))
    if token:
        metadata[TOKEN] = token
    more: dict[str, Any] = {
        header: state.about[header] for header in _KEPT if header in state.about
    }
    if tags := state.about.get("Tags"):
        more["Tagging"] = urlencode(tags)
    if on_top_of.exists:
        more["IfMatch"] = on_top_of.about["ETag"]
    else:
        more["IfNoneMatch"] = "*"
    try:
        answer = aws.s3.put_object(
            Bucket=bucket, Key=key, Body=state.body, Metadata=metadata, **more
        )
    except ClientError as error:
        if code_of(error) in _MOVED | _GONE:
            raise _moved(change) from error
        raise
    version = answer.get("VersionId", "null")
    return answer["ETag"] if version == "null" else f"version {version}"


def _versions(aws: Aws, bucket: str, key: str) -> list[dict[str, Any]]:
    """Every version and delete marker of exactly this key."""
    found: list[dict[str, Any]] = []
    pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        found.extend({**item, "Marker": False} for item in page.get("Versions", []))
        found.extend({**item, "Marker": True} for item in page.get("DeleteMarkers", []))
    return [one for one in found if one["Key"] == key]


def _is_ours(
    aws: Aws,
    change: Change,
    one: Mapping[str, Any],
    versions: list[dict[str, Any]],
    token: str,
    mark: str,
) -> bool:
    version = one["VersionId"]
    if mark.startswith("version "):
        return mark == f"version {version}"
    if version == "null" or change.before.mark == f"version {version}":
        return False
    if one["Marker"]:
        # A delete marker carries no token: it is ours where we meant to make one, and nothing else
        # has happened since the capture.
        captured = change.before.mark.removeprefix("version ")
        since = next((v["LastModified"] for v in versions if v["VersionId"] == captured), None)
        newer = [v for v in versions if v["VersionId"] != captured and v["LastModified"] >= since]
        return not change.after.exists and since is not None and newer == [one]
    found = aws.s3.head_object(
        Bucket=change.name.partition("/")[0], Key=one["Key"], VersionId=version
    )
    return bool(token) and found.get("Metadata", {}).get(TOKEN) == token


def _holds_ours(now: State, change: Change, token: str, mark: str) -> bool:
    """Whether what is there now, in a bucket without versions, is what we put there."""
    if not now.exists:
        return not change.after.exists
    if not change.after.exists:
        return False
    is_marked = bool(token) and now.about.get("Metadata", {}).get(TOKEN) == token
    return (is_marked or (bool(mark) and now.mark == mark)) and now.body == change.after.body
