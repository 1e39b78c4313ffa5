"""What drills rely on in S3: https://docs.aws.amazon.com/AmazonS3/latest/API/."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError
from conformance_promise import ACCOUNT, Promises, Scene, refused

promise = Promises("S3")
NAME = "the-site"


@promise("Old versions of an object are listed, the newest first, and read by their ids")
def versions(scene: Scene) -> None:
    s3 = scene.bucket(versioned=True)
    ids = [
        s3.put_object(Bucket=NAME, Key="index.html", Body=text)["VersionId"]
        for text in (b"one", b"two")
    ]
    listed = s3.list_object_versions(Bucket=NAME, Prefix="index.html")["Versions"]
    assert [found["VersionId"] for found in listed] == ids[::-1]
    assert [found["IsLatest"] for found in listed] == [True, False]
    old = s3.get_object(Bucket=NAME, Key="index.html", VersionId=ids[0])
    assert old["Body"].read() == b"one"
    assert s3.get_object(Bucket=NAME, Key="index.html")["Body"].read() == b"two"


@promise("A deletion leaves a marker; without it the object is back")
def delete_markers(scene: Scene) -> None:
    s3 = scene.bucket(versioned=True)
    s3.put_object(Bucket=NAME, Key="a", Body=b"one")
    deleted = s3.delete_object(Bucket=NAME, Key="a")
    assert deleted["DeleteMarker"] is True
    refused("NoSuchKey", 404, s3.get_object, Bucket=NAME, Key="a")
    (marker,) = s3.list_object_versions(Bucket=NAME)["DeleteMarkers"]
    assert marker["IsLatest"]
    s3.delete_object(Bucket=NAME, Key="a", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"one"


@promise("A version deleted by its id is gone for good, and the one before is current")
def versions_deleted(scene: Scene) -> None:
    s3 = scene.bucket(versioned=True)
    s3.put_object(Bucket=NAME, Key="a", Body=b"one")
    newest = s3.put_object(Bucket=NAME, Key="a", Body=b"two")["VersionId"]
    s3.delete_object(Bucket=NAME, Key="a", VersionId=newest)
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"one"
    assert len(s3.list_object_versions(Bucket=NAME)["Versions"]) == 1


@promise("PutObject with If-None-Match: * makes an object once (Terraform's lock file)")
def created_once(scene: Scene) -> None:
    s3 = scene.bucket()
    s3.put_object(Bucket=NAME, Key="lock", Body=b"mine", IfNoneMatch="*")
    refused(
        "PreconditionFailed",
        412,
        s3.put_object,
        Bucket=NAME,
        Key="lock",
        Body=b"theirs",
        IfNoneMatch="*",
    )
    assert s3.get_object(Bucket=NAME, Key="lock")["Body"].read() == b"mine"
    s3.delete_object(Bucket=NAME, Key="lock")
    s3.put_object(Bucket=NAME, Key="lock", Body=b"theirs", IfNoneMatch="*")


@promise("PutObject with If-Match replaces only the object that it names")
def replaced_if_match(scene: Scene) -> None:
    s3 = scene.bucket()
    first = s3.put_object(Bucket=NAME, Key="a", Body=b"one")["ETag"]
    s3.put_object(Bucket=NAME, Key="a", Body=b"two", IfMatch=first)
    refused(
        "PreconditionFailed", 412, s3.put_object, Bucket=NAME, Key="a", Body=b"3", IfMatch=first
    )


@promise("GetObject with If-None-Match answers 304 while nothing has changed")
def not_modified(scene: Scene) -> None:
    s3 = scene.bucket()
    etag = s3.put_object(Bucket=NAME, Key="a", Body=b"one")["ETag"]
    refused("304", 304, s3.get_object, Bucket=NAME, Key="a", IfNoneMatch=etag)


@promise("Content type, cache control and metadata come back with the object")
def headers(scene: Scene) -> None:
    s3 = scene.bucket()
    about = {
        "ContentType": "text/html; charset=utf-8",
        "CacheControl": "public, max-age=60",
        "ContentEncoding": "gzip",
        "Metadata": {"release": "v1.0.0"},
    }
    s3.put_object(Bucket=NAME, Key="docs/a page + 100%.html", Body=b"one", **about)
    head = s3.head_object(Bucket=NAME, Key="docs/a page + 100%.html")
    assert {name: head[name] for name in about} == about


@promise("CopyObject keeps headers, or replaces them when it is told to")
def copies(scene: Scene) -> None:
    s3 = scene.bucket()
    s3.put_object(Bucket=NAME, Key="a b", Body=b"one", CacheControl="max-age=1")
    source = {"Bucket": NAME, "Key": "a b"}
    s3.copy_object(Bucket=NAME, Key="kept", CopySource=source)
    assert s3.head_object(Bucket=NAME, Key="kept")["CacheControl"] == "max-age=1"
    s3.copy_object(
        Bucket=NAME,
        Key="a b",
        CopySource=source,
        CacheControl="max-age=2",
        ContentType="text/css",
        MetadataDirective="REPLACE",
    )
    head = s3.head_object(Bucket=NAME, Key="a b")
    assert (head["CacheControl"], head["ContentType"]) == ("max-age=2", "text/css")


@promise("Lists go by prefix and delimiter, and on where a page ended")
def lists(scene: Scene) -> None:
    s3 = scene.bucket()
    for key in ("a.html", "docs/b.html", "docs/c.html", "d.html"):
        s3.put_object(Bucket=NAME, Key=key, Body=b"x")
    level = s3.list_objects_v2(Bucket=NAME, Delimiter="/")
    assert [found["Prefix"] for found in level["CommonPrefixes"]] == ["docs/"]
    assert [found["Key"] for found in level["Contents"]] == ["a.html", "d.html"]
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=NAME, PaginationConfig={"PageSize": 3}
    )
    sizes = [len(page["Contents"]) for page in pages]
    assert sizes == [3, 1]


@promise("DeleteObjects deletes many, and passes over what is not there")
def deletes(scene: Scene) -> None:
    s3 = scene.bucket()
    s3.put_object(Bucket=NAME, Key="a", Body=b"x")
    keys = [{"Key": "a"}, {"Key": "never"}]
    assert len(s3.delete_objects(Bucket=NAME, Delete={"Objects": keys})["Deleted"]) == 2
    assert s3.list_objects_v2(Bucket=NAME)["KeyCount"] == 0


@promise("Large objects are uploaded in parts")
def multipart(scene: Scene) -> None:
    s3 = scene.bucket()
    upload = s3.create_multipart_upload(Bucket=NAME, Key="big", ContentType="video/mp4")["UploadId"]
    parts = []
    for number, content in ((1, b"x" * (5 << 20)), (2, b"y")):
        made = s3.upload_part(
            Bucket=NAME, Key="big", UploadId=upload, PartNumber=number, Body=content
        )
        parts.append({"ETag": made["ETag"], "PartNumber": number})
    s3.complete_multipart_upload(
        Bucket=NAME, Key="big", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    head = s3.head_object(Bucket=NAME, Key="big")
    assert (head["ContentLength"], head["ContentType"]) == ((5 << 20) + 1, "video/mp4")


@promise("What is not there is NoSuchKey or NoSuchBucket")
def missing(scene: Scene) -> None:
    s3 = scene.bucket()
    refused("NoSuchKey", 404, s3.get_object, Bucket=NAME, Key="never")
    refused("404", 404, s3.head_object, Bucket=NAME, Key="never")
    refused("NoSuchBucket", 404, s3.list_objects_v2, Bucket="never-made")


@promise("A bucket that holds something cannot be deleted")
def full_buckets(scene: Scene) -> None:
    s3 = scene.bucket()
    s3.put_object(Bucket=NAME, Key="a", Body=b"x")
    refused("BucketNotEmpty", 409, s3.delete_bucket, Bucket=NAME)


@promise("A public access block is kept, and gone when deleted")
def public_access_block(scene: Scene) -> None:
    s3 = scene.bucket()
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket=NAME, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(Bucket=NAME)
    refused("NoSuchPublicAccessBlockConfiguration", 404, s3.get_public_access_block, Bucket=NAME)


@promise("A bucket policy is kept word for word, and gone when deleted")
def policies(scene: Scene) -> None:
    s3 = scene.bucket()
    refused("NoSuchBucketPolicy", 404, s3.get_bucket_policy, Bucket=NAME)
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(_for_the_edge()))
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"]) == _for_the_edge()
    s3.delete_bucket_policy(Bucket=NAME)
    refused("NoSuchBucketPolicy", 404, s3.get_bucket_policy, Bucket=NAME)


@promise("The usual policies (one distribution may read, TLS only) do not lock the owner out")
def policies_of_others(scene: Scene) -> None:
    s3 = scene.bucket()
    policy = _for_the_edge()
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(policy))
    s3.put_object(Bucket=NAME, Key="a", Body=b"x")
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"x"


@promise("A website configuration is kept, and gone when deleted")
def websites(scene: Scene) -> None:
    s3 = scene.bucket()
    refused("NoSuchWebsiteConfiguration", 404, s3.get_bucket_website, Bucket=NAME)
    site = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}}
    s3.put_bucket_website(Bucket=NAME, WebsiteConfiguration=site)
    found = s3.get_bucket_website(Bucket=NAME)
    assert {name: found[name] for name in site} == site
    s3.delete_bucket_website(Bucket=NAME)
    refused("NoSuchWebsiteConfiguration", 404, s3.get_bucket_website, Bucket=NAME)


@promise("A redirect that an object asks for comes back with it")
def redirects(scene: Scene) -> None:
    s3 = scene.bucket()
    s3.put_object(Bucket=NAME, Key="old", Body=b"", WebsiteRedirectLocation="/new")
    assert s3.head_object(Bucket=NAME, Key="old")["WebsiteRedirectLocation"] == "/new"


@promise("A bucket's encryption, tags and object ownership are kept")
def bucket_settings(scene: Scene) -> None:
    s3 = scene.bucket()
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=NAME, ServerSideEncryptionConfiguration=rules)
    found = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]
    assert found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    tags = [{"Key": "site", "Value": "www"}]
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=NAME)["TagSet"] == tags
    owner = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=NAME, OwnershipControls=owner)
    assert s3.get_bucket_ownership_controls(Bucket=NAME)["OwnershipControls"] == owner


@promise("Making a bucket again that is one's own does no harm")
def made_again(scene: Scene) -> None:
    s3 = scene.bucket()
    s3.put_object(Bucket=NAME, Key="a", Body=b"x")
    try:
        s3.create_bucket(Bucket=NAME)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    assert s3.list_objects_v2(Bucket=NAME)["KeyCount"] == 1


def _for_the_edge() -> dict[str, list[dict[str, object]]]:
    arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/EDFDVBD632BHDS5"
    policy: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{NAME}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
    }
    return {"Version": "2012-10-17", "Statement": [policy]}  # type: ignore[dict-item]
