"""What our fixes mend, each shown to be broken in moto as it is.

When a check passes on plain moto, moto has learnt it and our fix can go.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from cloud_support import behavior, config, oac

from harness.clock import Clock
from harness.cloud.clients import Clients
from harness.cloud.moto import MotoEmulator

pytestmark = pytest.mark.integration

Check = Callable[[Clients], None]


@pytest.fixture(scope="session")
def plain_template(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[MotoEmulator]:
    directory = tmp_path_factory.mktemp("plain")
    pid = os.getpid()
    with MotoEmulator.start(owner_pid=pid, directory=directory, clock=clock, fixes=False) as plain:
        yield plain


@pytest.fixture
def plain_aws(plain_template: MotoEmulator) -> Iterator[Clients]:
    with (
        plain_template.clone(os.getpid()) as clone,
        Clients(clone.endpoint, "tests") as clients,
    ):
        yield clients


def control(aws: Clients, name: str = "oac") -> str:
    made = aws.cloudfront.create_origin_access_control(OriginAccessControlConfig=oac(name))
    return made["OriginAccessControl"]["Id"]


def distribution(aws: Clients, **members: Any) -> tuple[str, str]:
    """A new distribution's id and ETag."""
    made = aws.cloudfront.create_distribution(DistributionConfig=config(**members))
    return made["Distribution"]["Id"], made["ETag"]


def refused(code: str, status: int, call: Callable[..., Any], **params: Any) -> None:
    """The call is answered with this AWS error."""
    with pytest.raises(ClientError) as error:
        call(**params)
    answer = error.value.response
    told = answer["ResponseMetadata"]["HTTPStatusCode"]
    assert (answer["Error"]["Code"], told) == (code, status)


def get_is_put(aws: Clients) -> None:
    oac_id = control(aws)
    dist, _ = distribution(aws, oac_id=oac_id)
    read = aws.cloudfront.get_distribution_config(Id=dist)
    stored = read["DistributionConfig"]
    assert stored["Origins"]["Items"][0]["OriginAccessControlId"] == oac_id
    assert stored["DefaultCacheBehavior"]["FunctionAssociations"]["Quantity"] == 1
    assert stored["Aliases"]["Items"] == ["www.example.test"]
    put: Any = copy.deepcopy(stored)
    put["DefaultRootObject"] = "home.html"
    put["CustomErrorResponses"]["Items"][0]["ErrorCachingMinTTL"] = 0
    put["Origins"]["Items"][0]["OriginPath"] = ""
    put["CacheBehaviors"] = {"Quantity": 0}
    aws.cloudfront.update_distribution(Id=dist, IfMatch=read["ETag"], DistributionConfig=put)
    assert aws.cloudfront.get_distribution_config(Id=dist)["DistributionConfig"] == put
    whole = aws.cloudfront.get_distribution(Id=dist)["Distribution"]
    assert whole["DistributionConfig"] == put


def everything_given_is_kept(aws: Clients) -> None:
    given = config(oac_id=control(aws))
    dist, _ = distribution(aws, oac_id=given["Origins"]["Items"][0]["OriginAccessControlId"])
    stored: Any = aws.cloudfront.get_distribution_config(Id=dist)["DistributionConfig"]
    lost = {
        key
        for key in ("DefaultRootObject", "Aliases", "CustomErrorResponses", "Comment", "Enabled")
        if stored.get(key) != given[key]
    }
    for name, read in (
        ("DefaultCacheBehavior", stored["DefaultCacheBehavior"]),
        ("CacheBehaviors", stored["CacheBehaviors"]["Items"][0]),
        ("Origins", stored["Origins"]["Items"][0]),
    ):
        sent = given[name]["Items"][0] if "Items" in given[name] else given[name]
        lost |= {f"{name}.{key}" for key, value in sent.items() if read.get(key) != value}
    assert not lost


def summaries_are_whole(aws: Clients) -> None:
    distribution(aws)
    listed = aws.cloudfront.list_distributions()["DistributionList"]["Items"][0]
    assert listed["Staging"] is False
    assert listed["Status"] == "Deployed"
    assert listed["LastModifiedTime"].year > 2021
    assert listed["Origins"]["Items"][0]["Id"] == "site"


def every_behaviors_origin_must_exist(aws: Clients) -> None:
    lost = {"Quantity": 1, "Items": [behavior(PathPattern="/a*", TargetOriginId="lost")]}
    refused(
        "NoSuchOrigin",
        404,
        aws.cloudfront.create_distribution,
        DistributionConfig=config(CacheBehaviors=lost),
    )


def access_controls_must_exist(aws: Clients) -> None:
    create = aws.cloudfront.create_distribution
    refused("InvalidOriginAccessControl", 400, create, DistributionConfig=config("ENOTTHERE"))


def access_controls_must_exist_in_updates(aws: Clients) -> None:
    dist, etag = distribution(aws)
    update = aws.cloudfront.update_distribution
    wrong = config("ENOTTHERE")
    refused(
        "InvalidOriginAccessControl", 400, update, Id=dist, IfMatch=etag, DistributionConfig=wrong
    )


def a_stale_update_is_refused(aws: Clients) -> None:
    dist, etag = distribution(aws)
    update = aws.cloudfront.update_distribution
    updated = update(Id=dist, IfMatch=etag, DistributionConfig=config(Comment="two"))
    assert updated["ETag"] != etag
    assert aws.cloudfront.get_distribution(Id=dist)["ETag"] == updated["ETag"]
    refused("PreconditionFailed", 412, update, Id=dist, IfMatch=etag, DistributionConfig=config())


def a_caller_reference_stays(aws: Clients) -> None:
    dist, etag = distribution(aws)
    other = config(CallerReference="two")
    update = aws.cloudfront.update_distribution
    refused("IllegalUpdate", 400, update, Id=dist, IfMatch=etag, DistributionConfig=other)


def an_enabled_distribution_is_not_deleted(aws: Clients) -> None:
    dist, etag = distribution(aws)
    delete = aws.cloudfront.delete_distribution
    refused("DistributionNotDisabled", 409, delete, Id=dist, IfMatch=etag)
    disabled = aws.cloudfront.update_distribution(
        Id=dist, IfMatch=etag, DistributionConfig=config(Enabled=False)
    )
    refused("PreconditionFailed", 412, delete, Id=dist, IfMatch=etag)
    delete(Id=dist, IfMatch=disabled["ETag"])
    refused("NoSuchDistribution", 404, aws.cloudfront.get_distribution, Id=dist)


def batch(*paths: str, reference: str = "run-1") -> Any:
    return {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}


def an_invalidation_completes(aws: Clients) -> None:
    dist, _ = distribution(aws)
    made = aws.cloudfront.create_invalidation(DistributionId=dist, InvalidationBatch=batch("/*"))
    assert made["Invalidation"]["Status"] == "InProgress"
    found = {"DistributionId": dist, "Id": made["Invalidation"]["Id"]}
    read = aws.cloudfront.get_invalidation(DistributionId=dist, Id=found["Id"])["Invalidation"]
    assert read["Status"] == "Completed"
    assert read["InvalidationBatch"] == batch("/*")


def relative_paths_are_refused(aws: Clients) -> None:
    dist, _ = distribution(aws)
    create = aws.cloudfront.create_invalidation
    relative = batch("/index.html", "assets/*")
    refused("InvalidArgument", 400, create, DistributionId=dist, InvalidationBatch=relative)


def the_newest_invalidation_comes_first(aws: Clients) -> None:
    dist, _ = distribution(aws)
    made = [
        aws.cloudfront.create_invalidation(
            DistributionId=dist, InvalidationBatch=batch("/*", reference=reference)
        )["Invalidation"]["Id"]
        for reference in ("first", "second", "third")
    ]
    listed = aws.cloudfront.list_invalidations(DistributionId=dist)["InvalidationList"]
    assert [item["Id"] for item in listed["Items"]] == list(reversed(made))
    pages = aws.cloudfront.get_paginator("list_invalidations").paginate(
        DistributionId=dist, PaginationConfig={"PageSize": 2}
    )
    paged = [item["Id"] for page in pages for item in page["InvalidationList"].get("Items", [])]
    assert paged == list(reversed(made))


def a_reused_reference_invalidates_nothing_more(aws: Clients) -> None:
    dist, _ = distribution(aws)
    create = aws.cloudfront.create_invalidation
    first = create(DistributionId=dist, InvalidationBatch=batch("/*"))["Invalidation"]["Id"]
    again = create(DistributionId=dist, InvalidationBatch=batch("/*"))["Invalidation"]["Id"]
    assert again == first
    refused("InvalidArgument", 400, create, DistributionId=dist, InvalidationBatch=batch("/a"))


def nobodys_invalidations_are_not_listed(aws: Clients) -> None:
    listing = aws.cloudfront.list_invalidations
    refused("NoSuchDistribution", 404, listing, DistributionId="ENOTTHERE")


def quantities_must_agree(aws: Clients) -> None:
    dist, _ = distribution(aws)
    wrong = {"Paths": {"Quantity": 2, "Items": ["/*"]}, "CallerReference": "run-1"}
    create = aws.cloudfront.create_invalidation
    refused("InconsistentQuantities", 400, create, DistributionId=dist, InvalidationBatch=wrong)


def access_controls_honour_if_match(aws: Clients) -> None:
    oac_id = control(aws)
    update, delete = (
        aws.cloudfront.update_origin_access_control,
        aws.cloudfront.delete_origin_access_control,
    )
    read = aws.cloudfront.get_origin_access_control(Id=oac_id)
    new = {**oac("oac"), "SigningBehavior": "never"}
    refused("InvalidIfMatchVersion", 400, update, Id=oac_id, OriginAccessControlConfig=new)
    done = update(Id=oac_id, IfMatch=read["ETag"], OriginAccessControlConfig=new)
    assert done["ETag"] != read["ETag"]
    assert aws.cloudfront.get_origin_access_control(Id=oac_id)["ETag"] == done["ETag"]
    refused("PreconditionFailed", 412, delete, Id=oac_id, IfMatch=read["ETag"])
    delete(Id=oac_id, IfMatch=done["ETag"])
    refused("NoSuchOriginAccessControl", 404, delete, Id=oac_id, IfMatch=done["ETag"])


def an_access_control_in_use_is_not_deleted(aws: Clients) -> None:
    oac_id = control(aws)
    distribution(aws, oac_id=oac_id)
    etag = aws.cloudfront.get_origin_access_control(Id=oac_id)["ETag"]
    delete = aws.cloudfront.delete_origin_access_control
    refused("OriginAccessControlInUse", 409, delete, Id=oac_id, IfMatch=etag)


def access_controls_have_names_of_their_own(aws: Clients) -> None:
    control(aws, "oac")
    create = aws.cloudfront.create_origin_access_control
    refused("OriginAccessControlAlreadyExists", 409, create, OriginAccessControlConfig=oac("oac"))


def an_access_controls_configuration_is_read(aws: Clients) -> None:
    oac_id = control(aws)
    read = aws.cloudfront.get_origin_access_control_config(Id=oac_id)
    assert read["OriginAccessControlConfig"] == oac("oac")


ADMITS_ONE_DISTRIBUTION = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::site/*",
    "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/E1"}},
}


DENIES_EVERYBODY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::site/*",
}
DENIES_INSECURE = {**DENIES_EVERYBODY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def bucket(aws: Clients, *statements: Any) -> None:
    """A bucket with one page and a policy of these statements."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.s3.create_bucket(Bucket="site")
    aws.s3.put_object(Bucket="site", Key="index.html", Body=b"home")
    aws.s3.put_bucket_policy(Bucket="site", Policy=policy)


def a_conditional_denial_does_not_lock_everybody_out(aws: Clients) -> None:
    bucket(aws, ADMITS_ONE_DISTRIBUTION, DENIES_INSECURE)
    assert aws.s3.get_object(Bucket="site", Key="index.html")["Body"].read() == b"home"


def a_policy_for_one_distribution_does_not_let_everybody_in(aws: Clients) -> None:
    bucket(aws, ADMITS_ONE_DISTRIBUTION)
    assert httpx.get(f"{aws.endpoint}/site/index.html", trust_env=False).status_code == 403


def the_owner_pays(aws: Clients) -> None:
    aws.s3.create_bucket(Bucket="site")
    assert aws.s3.get_bucket_request_payment(Bucket="site")["Payer"] == "BucketOwner"
    refused("NoSuchBucket", 404, aws.s3.get_bucket_request_payment, Bucket="nowhere")


FIXED: list[Check] = [
    get_is_put,
    everything_given_is_kept,
    summaries_are_whole,
    every_behaviors_origin_must_exist,
    access_controls_must_exist,
    access_controls_must_exist_in_updates,
    a_stale_update_is_refused,
    a_caller_reference_stays,
    an_enabled_distribution_is_not_deleted,
    an_invalidation_completes,
    relative_paths_are_refused,
    the_newest_invalidation_comes_first,
    a_reused_reference_invalidates_nothing_more,
    nobodys_invalidations_are_not_listed,
    quantities_must_agree,
    access_controls_honour_if_match,
    an_access_control_in_use_is_not_deleted,
    access_controls_have_names_of_their_own,
    an_access_controls_configuration_is_read,
    a_conditional_denial_does_not_lock_everybody_out,
    a_policy_for_one_distribution_does_not_let_everybody_in,
    the_owner_pays,
]


@pytest.mark.parametrize("check", FIXED, ids=lambda check: check.__name__)
def test_it_works_and_did_not(check: Check, aws: Clients, plain_aws: Clients) -> None:
    check(aws)
    with pytest.raises((AssertionError, ClientError, KeyError, pytest.fail.Exception)):
        check(plain_aws)


def test_waiters_end_at_their_first_look(aws: Clients) -> None:
    dist, _ = distribution(aws)
    made = aws.cloudfront.create_invalidation(DistributionId=dist, InvalidationBatch=batch("/*"))
    once: Any = {"Delay": 1, "MaxAttempts": 1}
    aws.cloudfront.get_waiter("distribution_deployed").wait(Id=dist, WaiterConfig=once)
    aws.cloudfront.get_waiter("invalidation_completed").wait(
        DistributionId=dist, Id=made["Invalidation"]["Id"], WaiterConfig=once
    )


def test_an_update_without_if_match_is_refused(aws: Clients) -> None:
    dist, _ = distribution(aws)
    update = aws.cloudfront.update_distribution
    refused("InvalidIfMatchVersion", 400, update, Id=dist, DistributionConfig=config())
    refused("InvalidIfMatchVersion", 400, aws.cloudfront.delete_distribution, Id=dist)


def test_tags_and_a_repeated_reference(aws: Clients) -> None:
    tags: Any = {"Items": [{"Key": "environment", "Value": "staging"}]}
    made = aws.cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config(), "Tags": tags}
    )["Distribution"]
    read = aws.cloudfront.list_tags_for_resource(Resource=made["ARN"])["Tags"]
    assert read == tags
    create = aws.cloudfront.create_distribution
    refused("DistributionAlreadyExists", 409, create, DistributionConfig=config())


def test_what_is_not_there_is_an_aws_error(aws: Clients) -> None:
    front = aws.cloudfront
    dist, _ = distribution(aws)
    refused("NoSuchDistribution", 404, front.get_distribution, Id="ENOTTHERE")
    update = front.update_distribution
    refused("NoSuchDistribution", 404, update, Id="EX", IfMatch="x", DistributionConfig=config())
    refused("NoSuchOriginAccessControl", 404, front.get_origin_access_control, Id="EX")
    refused("NoSuchOriginAccessControl", 404, front.get_origin_access_control_config, Id="EX")
    refused("NoSuchInvalidation", 404, front.get_invalidation, DistributionId=dist, Id="IX")


def test_an_unconditional_denial_of_everybody_is_one(aws: Clients) -> None:
    bucket(aws, DENIES_EVERYBODY)
    refused("403", 403, aws.s3.get_object, Bucket="site", Key="index.html")


def test_a_public_bucket_is_public(aws: Clients) -> None:
    bucket(aws, {**DENIES_EVERYBODY, "Effect": "Allow", "Action": "s3:GetObject"})
    assert httpx.get(f"{aws.endpoint}/site/index.html", trust_env=False).text == "home"


def test_nobody_signs_for_a_web_identity(moto: MotoEmulator) -> None:
    answer = httpx.post(
        moto.endpoint,
        data={
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": "arn:aws:iam::123456789012:role/deploy",
            "RoleSessionName": "emergency-42",
            "WebIdentityToken": "token",
        },
        trust_env=False,
    )
    assert answer.status_code == 200
    assert "assumed-role/deploy/emergency-42" in answer.text


def test_buckets_keep_versions_policies_and_their_access_block(aws: Clients) -> None:
    s3 = aws.s3
    s3.create_bucket(Bucket="site")
    s3.put_bucket_versioning(Bucket="site", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="site")["Status"] == "Enabled"
    block: Any = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket="site", PublicAccessBlockConfiguration=block)
    read = s3.get_public_access_block(Bucket="site")["PublicAccessBlockConfiguration"]
    assert read == block
    refused("NoSuchBucketPolicy", 404, s3.get_bucket_policy, Bucket="site")

    first = s3.put_object(Bucket="site", Key="a", Body=b"one")["VersionId"]
    second = s3.put_object(Bucket="site", Key="a", Body=b"two")["VersionId"]
    marker = s3.delete_object(Bucket="site", Key="a")
    assert marker["DeleteMarker"]
    listed = s3.list_object_versions(Bucket="site")
    assert [v["VersionId"] for v in listed["Versions"]] == [second, first]
    assert [m["VersionId"] for m in listed["DeleteMarkers"]] == [marker["VersionId"]]
    assert listed["DeleteMarkers"][0]["IsLatest"]
    refused("NoSuchKey", 404, s3.get_object, Bucket="site", Key="a")
    old = s3.get_object(Bucket="site", Key="a", VersionId=first)["Body"].read()
    assert old == b"one"
    s3.delete_object(Bucket="site", Key="a", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket="site", Key="a")["Body"].read() == b"two"


def test_the_log_says_what_went_wrong_inside(tmp_path: Path, clock: Clock) -> None:
    """A crash in moto is an answer to one request, and is told in the process's log."""
    with MotoEmulator.start(owner_pid=os.getpid(), directory=tmp_path, clock=clock) as moto:
        scope = "Credential=A/20260101/us-east-1/cloudfront/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}"}
        url = f"{moto.endpoint}/2020-05-31/distribution"
        answer = httpx.post(url, content=b"<nonsense", headers=headers, trust_env=False)
        assert answer.status_code == 500
        with Clients(moto.endpoint, "tests") as aws:
            assert aws.cloudfront.list_distributions()["DistributionList"]["Quantity"] == 0
    assert "Traceback" in (tmp_path / "moto.log").read_text()
