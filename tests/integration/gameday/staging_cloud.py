"""A staging environment in an emulated AWS, put up without a pipeline: quick enough to break often."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.cloud.clients import Clients
from harness.cloud.moto import MotoEmulator
from harness.incidents import Catalogue, load_incidents
from harness.resources import incidents_dir, reference_site

BUCKET = "harbourlight-staging"
ALIAS = "staging.harbourlight.example"
ACCOUNT = "123456789012"
TAG = {"Key": "sitedrill:gameday", "Value": "allowed"}


@dataclass(frozen=True)
class Staging:
    """What stands in the emulator; `aws` is the facilitator, `other` somebody else."""

    emulator: MotoEmulator
    aws: Clients
    other: Clients
    distribution: str
    bucket: str = BUCKET

    def everything(self) -> dict[str, Any]:
        """The whole environment: what viewers can get, how it is set up, and every version."""
        s3, cloudfront = self.other.s3, self.other.cloudfront
        config = cloudfront.get_distribution_config(Id=self.distribution)["DistributionConfig"]
        website = dict(s3.get_bucket_website(Bucket=self.bucket))
        website.pop("ResponseMetadata")
        listed = s3.list_object_versions(Bucket=self.bucket)
        there = s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {
            "distribution": config,
            "website": website,
            "policy": s3.get_bucket_policy(Bucket=self.bucket)["Policy"],
            "versions": sorted((v["Key"], v["VersionId"]) for v in listed.get("Versions", [])),
            "markers": sorted((v["Key"], v["VersionId"]) for v in listed.get("DeleteMarkers", [])),
            "objects": {item["Key"]: self.object(item["Key"]) for item in there},
        }

    def object(self, key: str) -> dict[str, Any]:
        """One object: the sum of its bytes, its headers, metadata and tags."""
        found: Mapping[str, Any] = self.other.s3.get_object(Bucket=self.bucket, Key=key)
        tags = self.other.s3.get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]
        kept = ("CacheControl", "ContentType", "Metadata")
        return {
            "sha256": hashlib.sha256(found["Body"].read()).hexdigest(),
            **{name: found.get(name) for name in kept},
            "tags": tags,
        }


def put_up(clients: Clients, *, versions: bool = True) -> str:
    """Put the reference site up; the distribution's id."""
    site = reference_site()
    s3, cloudfront = clients.s3, clients.cloudfront
    s3.create_bucket(Bucket=BUCKET)
    if versions:
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [TAG]})  # type: ignore[list-item]
    for file in sorted((site / "src").rglob("*")):
        if file.is_file():
            s3.put_object(
                Bucket=BUCKET,
                Key=file.relative_to(site / "src").as_posix(),
                Body=file.read_bytes(),
                ContentType=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
                CacheControl="public, max-age=60",
                Metadata={"commit": "4f1c9b"},
                Tagging="layer=content",
            )
    s3.put_bucket_website(
        Bucket=BUCKET,
        WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"},
            "ErrorDocument": {"Key": "404.html"},
        },
    )
    control = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "site",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    text = (site / "infra" / "distribution.json").read_text(encoding="utf-8")
    for name, value in (
        ("ALIAS", ALIAS),
        ("BUCKET", BUCKET),
        ("ENVIRONMENT", "staging"),
        ("REGION", "us-east-1"),
        ("OAC_ID", control),
        ("CERTIFICATE_ARN", f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1"),
    ):
        text = text.replace(f"${{{name}}}", value)
    config = json.loads(text)
    function = cloudfront.create_function(
        Name="addresses",
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"function handler(event) { return event.request; }",
    )["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    config["DefaultCacheBehavior"]["FunctionAssociations"] = {
        "Quantity": 1,
        "Items": [{"FunctionARN": function, "EventType": "viewer-request"}],
    }
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    cloudfront.tag_resource(Resource=made["ARN"], Tags={"Items": [TAG]})  # type: ignore[list-item]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AllowCloudFront",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
                "Condition": {"StringEquals": {"AWS:SourceArn": made["ARN"]}},
            }
        ],
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    return made["Id"]


@contextmanager
def staging_in(template: MotoEmulator, distribution: str) -> Iterator[Staging]:
    """A copy of an environment that stands in `template`."""
    with (
        template.clone(os.getpid()) as emulator,
        Clients(emulator.endpoint, "gameday") as aws,
        Clients(emulator.endpoint, "somebody") as other,
    ):
        yield Staging(emulator, aws, other, distribution)


def every_incident() -> Catalogue:
    """Those that ship and fit a site in a bucket, with or without CloudFront."""
    return load_incidents(incidents_dir())


def names_of_incidents() -> list[str]:
    return sorted(every_incident().incidents)
