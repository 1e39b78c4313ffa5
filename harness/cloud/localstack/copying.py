"""What a LocalStack holds, read and written through the AWS API: for one that cannot be forked.

    state = read(clients)       # after the baseline was built
    clear(clients)              # between two drills
    write(clients, state)

Buckets with their settings, their objects with every version and delete marker, IAM's roles,
policies and identity providers. What the API does not let one choose is not kept: version ids and
times are new.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from harness.cloud.clients import Clients


@dataclass(frozen=True)
class Setting:
    """A bucket's setting: read by `get`, whose answer's `member` (all of it: "") goes into `put`."""

    get: str
    member: str
    put: str
    argument: str
    inner: str = ""


#: In the order in which they are written: a public policy is refused once public access is blocked.
SETTINGS = (
    Setting("get_bucket_policy", "Policy", "put_bucket_policy", "Policy"),
    Setting("get_bucket_website", "", "put_bucket_website", "WebsiteConfiguration"),
    Setting(
        "get_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        "put_bucket_encryption",
        "ServerSideEncryptionConfiguration",
    ),
    Setting("get_bucket_tagging", "TagSet", "put_bucket_tagging", "Tagging", "TagSet"),
    Setting(
        "get_bucket_ownership_controls",
        "OwnershipControls",
        "put_bucket_ownership_controls",
        "OwnershipControls",
    ),
    Setting("get_bucket_cors", "CORSRules", "put_bucket_cors", "CORSConfiguration", "CORSRules"),
    Setting(
        "get_bucket_lifecycle_configuration",
        "Rules",
        "put_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        "Rules",
    ),
    Setting(
        "get_public_access_block",
        "PublicAccessBlockConfiguration",
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
    ),
)
#: Of an object, besides its content.
_KEPT = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Metadata",
    "WebsiteRedirectLocation",
)
_SERVICE_LINKED = "/aws-service-role/"


@dataclass(frozen=True)
class Version:
    """One version of an object, or a delete marker, which has no content."""

    key: str
    content: bytes | None
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Bucket:
    """A bucket, its settings by the call that makes them, and its versions, the oldest first."""

    name: str
    region: str
    versioning: str
    settings: tuple[tuple[str, Mapping[str, Any]], ...]
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Role:
    """A role with its policies."""

    created: Mapping[str, Any]
    inline: Mapping[str, str]
    attached: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Everything that is copied; policies and providers as the calls take them that make them."""

    buckets: tuple[Bucket, ...] = ()
    roles: tuple[Role, ...] = ()
    policies: tuple[Mapping[str, Any], ...] = ()
    providers: tuple[Mapping[str, Any], ...] = ()


def names(clients: Clients) -> tuple[str, ...]:
    """What is there, for a message: "bucket site", "role site-deploy-staging"..."""
    buckets = [f"bucket {found['Name']}" for found in clients.s3.list_buckets()["Buckets"]]
    roles = [f"role {found['RoleName']}" for found in _roles(clients)]
    providers = [f"identity provider {arn}" for arn in _providers(clients)]
    return (*buckets, *roles, *providers)


def read(clients: Clients) -> State:
    """Everything that is there."""
    return State(
        buckets=tuple(
            _read_bucket(clients, found["Name"]) for found in clients.s3.list_buckets()["Buckets"]
        ),
        roles=tuple(_read_role(clients, found) for found in _roles(clients)),
        policies=tuple(_read_policies(clients)),
        providers=tuple(_read_provider(clients, arn) for arn in _providers(clients)),
    )


def write(clients: Clients, state: State) -> None:
    """Make everything; nothing of it may be there."""
    iam = clients.iam
    for provider in state.providers:
        iam.create_open_id_connect_provider(**provider)
    for policy in state.policies:
        iam.create_policy(**policy)
    for role in state.roles:
        name = iam.create_role(**role.created)["Role"]["RoleName"]
        for policy_name, document in role.inline.items():
            iam.put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=document)
        for arn in role.attached:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for bucket in state.buckets:
        _write_bucket(clients, bucket)


def clear(clients: Clients) -> None:
    """Delete everything that is there."""
    s3, iam = clients.s3, clients.iam
    for found in s3.list_buckets()["Buckets"]:
        name = found["Name"]
        with suppress(ClientError):
            s3.delete_bucket_policy(Bucket=name)
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=name, Key=item["Key"], VersionId=item["VersionId"])
        s3.delete_bucket(Bucket=name)
    for role in list(_roles(clients)):
        name = role["RoleName"]
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    for managed in iam.list_policies(Scope="Local")["Policies"]:
        for old in iam.list_policy_versions(PolicyArn=managed["Arn"])["Versions"]:
            if not old["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=managed["Arn"], VersionId=old["VersionId"])
        iam.delete_policy(PolicyArn=managed["Arn"])
    for arn in _providers(clients):
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def _read_bucket(clients: Clients, name: str) -> Bucket:
    s3: Any = clients.s3
    settings = []
    for setting in SETTINGS:
        try:
            said = getattr(s3, setting.get)(Bucket=name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                continue  # the bucket has none
            raise
        said.pop("ResponseMetadata", None)
        value = said[setting.member] if setting.member else said
        told = {setting.inner: value} if setting.inner else value
        settings.append((setting.put, {setting.argument: told}))
    return Bucket(
        name=name,
        region=s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1",
        versioning=s3.get_bucket_versioning(Bucket=name).get("Status", ""),
        settings=tuple(settings),
        versions=tuple(_read_versions(clients, name)),
    )


def _read_versions(clients: Clients, bucket: str) -> Iterator[Version]:
    s3 = clients.s3
    listed: list[tuple[Any, bool, bool, dict[str, Any]]] = []
    pages: Iterator[Any] = iter(s3.get_paginator("list_object_versions").paginate(Bucket=bucket))
    for page in pages:
        for kind, is_marker in (("Versions", False), ("DeleteMarkers", True)):
            found: list[Any] = list(page.get(kind, []))
            # Newest first as listed; times are in seconds, so the order must outlive equal times.
            listed += [
                (item["LastModified"], item["IsLatest"], is_marker, item)
                for item in reversed(found)
            ]
    listed.sort(key=lambda entry: entry[:2])
    for _, _, is_marker, item in listed:
        if is_marker:
            yield Version(item["Key"], None, {})
            continue
        place: Any = {"Bucket": bucket, "Key": item["Key"], "VersionId": item["VersionId"]}
        got: Any = s3.get_object(**place)
        about = {name: got[name] for name in _KEPT if got.get(name)}
        tags = s3.get_object_tagging(**place)["TagSet"]
        if tags:
            about["Tagging"] = urlencode({tag["Key"]: tag["Value"] for tag in tags})
        yield Version(item["Key"], got["Body"].read(), about)


def _write_bucket(clients: Clients, bucket: Bucket) -> None:
    s3: Any = clients.s3
    where = (
        {}
        if bucket.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    )
    s3.create_bucket(Bucket=bucket.name, **where)
    if bucket.versioning:
        s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    for version in bucket.versions:
        if version.content is None:
            s3.delete_object(Bucket=bucket.name, Key=version.key)
        else:
            s3.put_object(
                Bucket=bucket.name, Key=version.key, Body=version.content, **version.about
            )
    if bucket.versioning == "Suspended":
        s3.put_bucket_versioning(
            Bucket=bucket.name, VersioningConfiguration={"Status": "Suspended"}
        )
    for put, arguments in bucket.settings:
        getattr(s3, put)(Bucket=bucket.name, **arguments)


def _roles(clients: Clients) -> Iterator[Any]:
    for page in clients.iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if not role["Path"].startswith(_SERVICE_LINKED):
                yield role


def _providers(clients: Clients) -> list[str]:
    listed = clients.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return [found["Arn"] for found in listed]


def _read_role(clients: Clients, role: Any) -> Role:
    iam = clients.iam
    name = role["RoleName"]
    created = {
        "RoleName": name,
        "Path": role["Path"],
        "AssumeRolePolicyDocument": _text(role["AssumeRolePolicyDocument"]),
        "MaxSessionDuration": role.get("MaxSessionDuration", 3600),
        "Description": role.get("Description", ""),
        "Tags": iam.list_role_tags(RoleName=name)["Tags"],
    }
    inline = {
        policy: _text(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return Role(created, inline, tuple(found["PolicyArn"] for found in attached))


def _read_policies(clients: Clients) -> Iterator[Mapping[str, Any]]:
    iam = clients.iam
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        version = iam.get_policy_version(
            PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"]
        )["PolicyVersion"]
        yield {
            "PolicyName": policy["PolicyName"],
            "Path": policy["Path"],
            "PolicyDocument": _text(version["Document"]),
        }


def _read_provider(clients: Clients, arn: str) -> Mapping[str, Any]:
    found = clients.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return {
        "Url": f"https://{found['Url'].removeprefix('https://')}",
        "ClientIDList": found.get("ClientIDList", []),
        "ThumbprintList": found.get("ThumbprintList", []),
    }


def _text(document: Any) -> str:
    """boto3 reads policies for us; they are sent as text."""
    return document if isinstance(document, str) else json.dumps(document)
