from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.checks.layers import capture, differences, matches_content
from harness.checks.release import CONTENT_TYPES, ExpectedRelease, expected_release
from harness.clock import SystemClock
from harness.cloud.clients import Clients
from harness.cloud.moto import MotoEmulator

pytestmark = pytest.mark.integration

BUCKET = "site"
CONTENT = {
    "index.html": "<!doctype html>home",
    "404.html": "<!doctype html>missing",
    "a b.html": "<!doctype html>space",
    "robots.txt": "User-agent: *\n",
}


@dataclass
class Live:
    """An environment that has the release `expected`."""

    clients: Clients
    distribution_id: str
    expected: ExpectedRelease

    def capture(self) -> Any:
        return capture(self.clients, BUCKET, self.distribution_id)

    def put(self, key: str, body: bytes, kind: str = "text/html") -> None:
        self.clients.s3.put_object(Bucket=BUCKET, Key=key, Body=body, ContentType=kind)

    def update(self, **changes: Any) -> None:
        answer = self.clients.cloudfront.get_distribution_config(Id=self.distribution_id)
        self.clients.cloudfront.update_distribution(
            Id=self.distribution_id,
            IfMatch=answer["ETag"],
            DistributionConfig={**answer["DistributionConfig"], **changes},  # type: ignore[typeddict-item]
        )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoEmulator]:
    """An AWS that has the release, to be cloned."""
    directory = tmp_path_factory.mktemp("moto")
    with (
        MotoEmulator.start(
            owner_pid=os.getpid(), directory=directory, clock=SystemClock()
        ) as emulator,
        Clients(emulator.endpoint, caller="checks") as clients,
    ):
        s3 = clients.s3
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
        )
        statement = {"Sid": "Edge", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
        for name, text in CONTENT.items():
            kind = CONTENT_TYPES[Path(name).suffix][0]
            s3.put_object(Bucket=BUCKET, Key=name, Body=text.encode(), ContentType=kind)
        _create_distribution(clients)
        yield emulator


@pytest.fixture
def live(template: MotoEmulator, tmp_path: Path) -> Iterator[Live]:
    for name, text in CONTENT.items():
        (tmp_path / name).write_text(text)
    expected = expected_release("v1.0.0", "c" * 40, tmp_path, {})
    with (
        template.clone(os.getpid()) as emulator,
        Clients(emulator.endpoint, caller="checks") as clients,
    ):
        (distribution,) = clients.cloudfront.list_distributions()["DistributionList"]["Items"]
        yield Live(clients, distribution["Id"], expected)


def _create_distribution(clients: Clients) -> None:
    control = clients.cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "site",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    config: Any = {
        "CallerReference": "once",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "content",
                    "DomainName": "site.s3.us-east-1.amazonaws.com",
                    "OriginAccessControlId": control,
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "content",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
    }
    clients.cloudfront.create_distribution(DistributionConfig=config)


def test_what_was_left_alone_does_not_differ(live: Live) -> None:
    before = live.capture()
    assert differences(before, live.capture(), "content") == []
    assert differences(before, live.capture(), "infrastructure") == []
    assert len(before.content) == len(live.expected.files)
    assert len(before.infrastructure["OriginAccessControls"]) == 1


def test_a_changed_object_is_named_with_both_versions(live: Live) -> None:
    before = live.capture()
    live.put("index.html", b"changed")
    after = live.capture()
    old, new = (
        before.content["index.html"][0],
        next(v for v in after.content["index.html"] if v.latest),
    )
    assert differences(before, after, "content") == [
        f"content: index.html changed from version {old.version_id} to {new.version_id}"
    ]
    assert differences(before, after, "infrastructure") == []


def test_an_object_written_again_with_the_same_bytes_is_a_change(live: Live) -> None:
    before = live.capture()
    live.put("robots.txt", b"User-agent: *\n", "text/plain")
    (line,) = differences(before, live.capture(), "content")
    assert line.startswith("content: robots.txt changed from version ")
    assert line.endswith(", with the same bytes")


def test_added_deleted_and_removed_objects_are_told_apart(live: Live) -> None:
    before = live.capture()
    live.put("new.html", b"new")
    live.clients.s3.delete_object(Bucket=BUCKET, Key="robots.txt")
    version = before.content["404.html"][0].version_id
    live.clients.s3.delete_object(Bucket=BUCKET, Key="404.html", VersionId=version)
    lines = differences(before, live.capture(), "content")
    assert [line.split(" (")[0] for line in lines] == [
        "content: 404.html is gone with all its versions",
        "content: new.html was added",
        "content: robots.txt was deleted",
    ]


def test_a_version_removed_behind_the_latest_is_a_change(live: Live) -> None:
    first = live.capture().content["robots.txt"][0].version_id
    live.put("robots.txt", b"second", "text/plain")
    before = live.capture()
    live.clients.s3.delete_object(Bucket=BUCKET, Key="robots.txt", VersionId=first)
    assert differences(before, live.capture(), "content") == [
        "content: robots.txt: older versions were added or removed"
    ]


def test_release_records_are_not_content(live: Live) -> None:
    before = live.capture()
    live.put(".releases/1.json", b"{}", "application/json")
    assert differences(before, live.capture(), "content", ignoring=[".releases/"]) == []
    assert matches_content(live.clients, BUCKET, live.expected, ignoring=[".releases/"]) == []
    assert matches_content(live.clients, BUCKET, live.expected) == [
        "content: .releases/1.json is no file of v1.0.0"
    ]


def test_a_changed_distribution_is_named_by_its_setting(live: Live) -> None:
    before = live.capture()
    live.update(DefaultRootObject="")
    after = live.capture()
    assert differences(before, after, "infrastructure") == [
        "infrastructure: DistributionConfig.DefaultRootObject: 'index.html' -> ''"
    ]
    assert differences(before, after, "content") == []


def test_bucket_settings_and_access_controls_are_infrastructure(live: Live) -> None:
    before = live.capture()
    live.clients.s3.delete_bucket_policy(Bucket=BUCKET)
    live.clients.s3.delete_public_access_block(Bucket=BUCKET)
    live.clients.s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    )
    (control,) = before.infrastructure["OriginAccessControls"]
    answer = live.clients.cloudfront.get_origin_access_control(Id=control)
    config = answer["OriginAccessControl"]["OriginAccessControlConfig"]
    live.clients.cloudfront.update_origin_access_control(
        Id=control,
        IfMatch=answer["ETag"],
        OriginAccessControlConfig={**config, "SigningBehavior": "never"},  # type: ignore[misc]
    )
    lines = "\n".join(differences(before, live.capture(), "infrastructure"))
    assert "BucketPolicy: {" in lines
    assert "PublicAccessBlock: {" in lines
    assert "Versioning: 'Enabled' -> 'Suspended'" in lines
    assert f"OriginAccessControls.{control}.SigningBehavior: 'always' -> 'never'" in lines


def test_a_distribution_that_is_not_there_is_a_difference_and_no_error(live: Live) -> None:
    before = live.capture()
    after = capture(live.clients, BUCKET, "E000NOTHERE")
    lines = differences(before, after, "infrastructure")
    assert any(line.startswith("infrastructure: DistributionConfig: {") for line in lines)


def test_a_bucket_that_is_not_there_has_no_content(live: Live) -> None:
    after = capture(live.clients, "not-there", live.distribution_id)
    assert after.content == {}
    assert after.infrastructure["Versioning"] is None


def test_a_bucket_that_has_the_release_matches(live: Live) -> None:
    assert matches_content(live.clients, BUCKET, live.expected) == []


def test_a_bucket_that_differs_from_the_release_is_told_how(live: Live) -> None:
    live.put("index.html", b"changed")
    live.put("a b.html", (b"x"), "binary/octet-stream")
    live.clients.s3.delete_object(Bucket=BUCKET, Key="robots.txt")
    lines = matches_content(live.clients, BUCKET, live.expected)
    index = live.expected.file("/index.html")
    assert index is not None
    assert f"content: index.html: sha256 differs (7 bytes, expected {index.size})" in lines
    assert "content: a b.html: content type is binary/octet-stream" in lines
    assert "content: robots.txt is missing" in lines
