"""What drills rely on in CloudFront: https://docs.aws.amazon.com/cloudfront/latest/APIReference/."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conformance_promise import Promises, Scene, refused

promise = Promises("CloudFront")

#: Managed by AWS: CachingOptimized, and SimpleCORS.
OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"
#: https://botocore.amazonaws.com/v1/documentation/api/latest/reference/services/cloudfront.html
WAIT = {"Delay": 1, "MaxAttempts": 5}


def oac(name: str = "site") -> dict[str, str]:
    return {
        "Name": name,
        "Description": "for the site",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }


def config(reference: str = "one", *, access: str = "", **members: Any) -> dict[str, Any]:
    origin = {
        "Id": "site",
        "DomainName": "the-site.s3.us-east-1.amazonaws.com",
        "OriginPath": "/live",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": access,
    }
    return {
        "CallerReference": reference,
        "Comment": "the site",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Aliases": {"Quantity": 1, "Items": [f"{reference}.example.test"]},
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "site",
            "ViewerProtocolPolicy": "redirect-to-https",
            "Compress": True,
            "CachePolicyId": OPTIMIZED,
        },
        "CustomErrorResponses": {
            "Quantity": 1,
            "Items": [
                {
                    "ErrorCode": 403,
                    "ResponsePagePath": "/404.html",
                    "ResponseCode": "404",
                    "ErrorCachingMinTTL": 10,
                }
            ],
        },
        **members,
    }


def made(scene: Scene, reference: str = "one", **members: Any) -> tuple[Any, str, str]:
    """A client, and a distribution's id and ETag."""
    cloudfront = scene.client("cloudfront")
    answer = cloudfront.create_distribution(DistributionConfig=config(reference, **members))
    return cloudfront, answer["Distribution"]["Id"], answer["ETag"]


@promise("A distribution's configuration comes back as it was put, and can be put again")
def whole_configurations(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    control = cloudfront.create_origin_access_control(OriginAccessControlConfig=oac())
    access = control["OriginAccessControl"]["Id"]
    _, dist, _ = made(scene, access=access)
    read = cloudfront.get_distribution_config(Id=dist)
    stored = read["DistributionConfig"]
    assert stored["Origins"]["Items"][0]["OriginAccessControlId"] == access
    assert stored["Origins"]["Items"][0]["OriginPath"] == "/live"
    assert stored["Aliases"]["Items"] == ["one.example.test"]
    assert stored["CustomErrorResponses"]["Items"][0]["ErrorCachingMinTTL"] == 10
    assert stored["DefaultCacheBehavior"]["CachePolicyId"] == OPTIMIZED
    put = copy.deepcopy(stored)
    put["DefaultRootObject"] = "home.html"
    put["Origins"]["Items"][0]["OriginPath"] = ""
    cloudfront.update_distribution(Id=dist, IfMatch=read["ETag"], DistributionConfig=put)
    again = cloudfront.get_distribution_config(Id=dist)
    assert again["DistributionConfig"]["DefaultRootObject"] == "home.html"
    assert again["DistributionConfig"]["Origins"]["Items"][0]["OriginPath"] == ""
    assert again["DistributionConfig"]["Origins"]["Items"][0]["OriginAccessControlId"] == access


@promise("An update needs the newest ETag, and makes a new one")
def if_match(scene: Scene) -> None:
    cloudfront, dist, first = made(scene)
    stored = cloudfront.get_distribution_config(Id=dist)["DistributionConfig"]
    second = cloudfront.update_distribution(Id=dist, IfMatch=first, DistributionConfig=stored)
    assert second["ETag"] != first
    assert cloudfront.get_distribution(Id=dist)["ETag"] == second["ETag"]
    update = cloudfront.update_distribution
    refused("PreconditionFailed", 412, update, Id=dist, IfMatch=first, DistributionConfig=stored)
    refused("InvalidIfMatchVersion", 400, update, Id=dist, DistributionConfig=stored)


@promise("A distribution must be disabled before it is deleted")
def deletions(scene: Scene) -> None:
    cloudfront, dist, etag = made(scene)
    refused("DistributionNotDisabled", 409, cloudfront.delete_distribution, Id=dist, IfMatch=etag)
    stored = cloudfront.get_distribution_config(Id=dist)["DistributionConfig"]
    etag = cloudfront.update_distribution(
        Id=dist, IfMatch=etag, DistributionConfig={**stored, "Enabled": False}
    )["ETag"]
    cloudfront.get_waiter("distribution_deployed").wait(Id=dist, WaiterConfig=WAIT)
    cloudfront.delete_distribution(Id=dist, IfMatch=etag)
    refused("NoSuchDistribution", 404, cloudfront.get_distribution, Id=dist)


@promise("A distribution is deployed at last: `wait distribution-deployed` ends")
def deployment(scene: Scene) -> None:
    cloudfront, dist, _ = made(scene)
    cloudfront.get_waiter("distribution_deployed").wait(Id=dist, WaiterConfig=WAIT)
    assert cloudfront.get_distribution(Id=dist)["Distribution"]["Status"] == "Deployed"


@promise("The list of distributions tells their aliases, comments and origins")
def listed(scene: Scene) -> None:
    cloudfront, _, _ = made(scene)
    _, second, _ = made(scene, "two")
    listed = cloudfront.list_distributions()["DistributionList"]
    assert listed["Quantity"] == 2
    (found,) = (item for item in listed["Items"] if item["Id"] == second)
    assert found["Aliases"]["Items"] == ["two.example.test"]
    assert found["Comment"] == "the site"
    assert found["Origins"]["Items"][0]["DomainName"].startswith("the-site.s3")


@promise("An alias belongs to one distribution")
def aliases(scene: Scene) -> None:
    cloudfront, _, _ = made(scene)
    taken = {"Quantity": 1, "Items": ["one.example.test"]}
    refused(
        "CNAMEAlreadyExists",
        409,
        cloudfront.create_distribution,
        DistributionConfig=config("two", Aliases=taken),
    )


@promise("A configuration that contradicts itself is refused")
def contradictions(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    wrong = config()
    wrong["DefaultCacheBehavior"]["TargetOriginId"] = "elsewhere"
    refused("NoSuchOrigin", 404, cloudfront.create_distribution, DistributionConfig=wrong)
    wrong = config(Aliases={"Quantity": 2, "Items": ["one.example.test"]})
    refused("InconsistentQuantities", 400, cloudfront.create_distribution, DistributionConfig=wrong)


@promise("An origin access control that is not there cannot be used")
def unknown_access_controls(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    with pytest.raises(ClientError, match="origin access control"):
        cloudfront.create_distribution(DistributionConfig=config(access="ENEVERMADE"))


@promise("What is not there is NoSuchDistribution")
def missing(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    refused("NoSuchDistribution", 404, cloudfront.get_distribution_config, Id="ENEVERMADE")
    refused(
        "NoSuchDistribution",
        404,
        cloudfront.create_invalidation,
        DistributionId="ENEVERMADE",
        InvalidationBatch=_batch("/*"),
    )


@promise("An origin access control is made, read, changed by its ETag, listed and deleted")
def access_controls(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    answer = cloudfront.create_origin_access_control(OriginAccessControlConfig=oac())
    which = answer["OriginAccessControl"]["Id"]
    read = cloudfront.get_origin_access_control(Id=which)
    assert read["OriginAccessControl"]["OriginAccessControlConfig"] == oac()
    update = cloudfront.update_origin_access_control
    renamed = oac("renamed")
    second = update(Id=which, IfMatch=read["ETag"], OriginAccessControlConfig=renamed)["ETag"]
    assert second != read["ETag"]
    config = cloudfront.get_origin_access_control_config(Id=which)["OriginAccessControlConfig"]
    assert config["Name"] == "renamed"
    stale = read["ETag"]
    refused(
        "PreconditionFailed", 412, update, Id=which, IfMatch=stale, OriginAccessControlConfig=oac()
    )
    listed = cloudfront.list_origin_access_controls()["OriginAccessControlList"]
    assert [item["Name"] for item in listed["Items"]] == ["renamed"]
    cloudfront.delete_origin_access_control(Id=which, IfMatch=second)
    refused("NoSuchOriginAccessControl", 404, cloudfront.get_origin_access_control, Id=which)


@promise("An origin access control in use cannot be deleted")
def access_controls_in_use(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    answer = cloudfront.create_origin_access_control(OriginAccessControlConfig=oac())
    which, etag = answer["OriginAccessControl"]["Id"], answer["ETag"]
    made(scene, access=which)
    refused(
        "OriginAccessControlInUse",
        409,
        cloudfront.delete_origin_access_control,
        Id=which,
        IfMatch=etag,
    )


@promise("An invalidation is completed at last: `wait invalidation-completed` ends")
def invalidations(scene: Scene) -> None:
    cloudfront, dist, _ = made(scene)
    answer = cloudfront.create_invalidation(
        DistributionId=dist, InvalidationBatch=_batch("/*", "/index.html")
    )["Invalidation"]
    assert answer["Status"] in {"InProgress", "Completed"}
    cloudfront.get_waiter("invalidation_completed").wait(
        DistributionId=dist, Id=answer["Id"], WaiterConfig=WAIT
    )
    read = cloudfront.get_invalidation(DistributionId=dist, Id=answer["Id"])["Invalidation"]
    assert read["InvalidationBatch"]["Paths"]["Items"] == ["/*", "/index.html"]
    listed = cloudfront.list_invalidations(DistributionId=dist)["InvalidationList"]
    assert [item["Id"] for item in listed["Items"]] == [answer["Id"]]


@promise("A caller reference used again answers with the first invalidation and makes none")
def repeated_invalidations(scene: Scene) -> None:
    cloudfront, dist, _ = made(scene)
    ids = {
        cloudfront.create_invalidation(DistributionId=dist, InvalidationBatch=_batch("/*"))[
            "Invalidation"
        ]["Id"]
        for _ in range(2)
    }
    assert len(ids) == 1
    assert cloudfront.list_invalidations(DistributionId=dist)["InvalidationList"]["Quantity"] == 1


@promise("An invalidation's paths begin with a slash")
def invalidation_paths(scene: Scene) -> None:
    cloudfront, dist, _ = made(scene)
    refused(
        "InvalidArgument",
        400,
        cloudfront.create_invalidation,
        DistributionId=dist,
        InvalidationBatch=_batch("index.html"),
    )


@promise("Cache policies are made, read, changed by their ETags, listed and deleted")
def cache_policies(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    policy = _cache_policy("site")
    answer = cloudfront.create_cache_policy(CachePolicyConfig=policy)
    which = answer["CachePolicy"]["Id"]
    read = cloudfront.get_cache_policy_config(Id=which)
    assert (read["CachePolicyConfig"]["MaxTTL"], read["ETag"]) == (600, answer["ETag"])
    second = cloudfront.update_cache_policy(
        Id=which, IfMatch=answer["ETag"], CachePolicyConfig={**policy, "MaxTTL": 300}
    )["ETag"]
    assert (
        cloudfront.get_cache_policy(Id=which)["CachePolicy"]["CachePolicyConfig"]["MaxTTL"] == 300
    )
    custom = cloudfront.list_cache_policies(Type="custom")["CachePolicyList"]
    assert [item["CachePolicy"]["Id"] for item in custom["Items"]] == [which]
    cloudfront.delete_cache_policy(Id=which, IfMatch=second)
    refused("NoSuchCachePolicy", 404, cloudfront.get_cache_policy, Id=which)


@promise("A cache policy in use cannot be deleted")
def cache_policies_in_use(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    answer = cloudfront.create_cache_policy(CachePolicyConfig=_cache_policy("site"))
    which = answer["CachePolicy"]["Id"]
    behavior = {**config()["DefaultCacheBehavior"], "CachePolicyId": which}
    made(scene, DefaultCacheBehavior=behavior)
    refused(
        "CachePolicyInUse",
        409,
        cloudfront.delete_cache_policy,
        Id=which,
        IfMatch=answer["ETag"],
    )


@promise("AWS's own cache policies are there, by their well-known ids")
def managed_cache_policies(scene: Scene) -> None:
    policy = scene.client("cloudfront").get_cache_policy(Id=OPTIMIZED)["CachePolicy"]
    assert policy["CachePolicyConfig"]["Name"] == "Managed-CachingOptimized"


@promise("Origin request policies are made, read, listed and deleted")
def origin_request_policies(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    policy = {
        "Name": "site",
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }
    answer = cloudfront.create_origin_request_policy(OriginRequestPolicyConfig=policy)
    which = answer["OriginRequestPolicy"]["Id"]
    read = cloudfront.get_origin_request_policy(Id=which)["OriginRequestPolicy"]
    assert read["OriginRequestPolicyConfig"]["QueryStringsConfig"]["QueryStringBehavior"] == "all"
    listed = cloudfront.list_origin_request_policies(Type="custom")["OriginRequestPolicyList"]
    assert listed["Quantity"] == 1
    cloudfront.delete_origin_request_policy(Id=which, IfMatch=answer["ETag"])
    refused("NoSuchOriginRequestPolicy", 404, cloudfront.get_origin_request_policy, Id=which)


@promise("Response headers policies are made, read, changed by their ETags, listed and deleted")
def response_headers_policies(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    hsts = {
        "Override": True,
        "IncludeSubdomains": True,
        "Preload": False,
        "AccessControlMaxAgeSec": 60,
    }
    policy = {
        "Name": "site",
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": hsts,
            "ContentTypeOptions": {"Override": True},
        },
        "CustomHeadersConfig": {
            "Quantity": 1,
            "Items": [{"Header": "x-site", "Value": "www", "Override": False}],
        },
    }
    answer = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy)
    which, etag = answer["ResponseHeadersPolicy"]["Id"], answer["ETag"]
    read = cloudfront.get_response_headers_policy_config(Id=which)["ResponseHeadersPolicyConfig"]
    assert read["SecurityHeadersConfig"]["StrictTransportSecurity"] == hsts
    assert read["CustomHeadersConfig"]["Items"] == policy["CustomHeadersConfig"]["Items"]  # type: ignore[index]
    second = cloudfront.update_response_headers_policy(
        Id=which, IfMatch=etag, ResponseHeadersPolicyConfig={**policy, "Comment": "new"}
    )["ETag"]
    listed = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    assert listed["Quantity"] == 1
    cloudfront.delete_response_headers_policy(Id=which, IfMatch=second)
    refused("NoSuchResponseHeadersPolicy", 404, cloudfront.get_response_headers_policy, Id=which)


@promise("AWS's own response headers policies are there, by their well-known ids")
def managed_response_headers_policies(scene: Scene) -> None:
    found = scene.client("cloudfront").get_response_headers_policy(Id=SIMPLE_CORS)
    name = found["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"]
    assert name == "Managed-SimpleCORS"


@promise("Functions are made, changed, published and deleted; LIVE has what was published")
def functions(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    about = {"Comment": "rewrites", "Runtime": "cloudfront-js-2.0"}
    code = b"function handler(event) { return event.request; }"
    answer = cloudfront.create_function(Name="rewrite", FunctionConfig=about, FunctionCode=code)
    assert answer["FunctionSummary"]["FunctionMetadata"]["FunctionARN"].endswith("function/rewrite")
    published = cloudfront.publish_function(Name="rewrite", IfMatch=answer["ETag"])
    assert published["FunctionSummary"]["FunctionMetadata"]["Stage"] == "LIVE"
    etag = cloudfront.describe_function(Name="rewrite", Stage="DEVELOPMENT")["ETag"]
    newer = code + b" // newer"
    cloudfront.update_function(
        Name="rewrite", IfMatch=etag, FunctionConfig=about, FunctionCode=newer
    )
    etag = cloudfront.describe_function(Name="rewrite", Stage="DEVELOPMENT")["ETag"]
    live = cloudfront.get_function(Name="rewrite", Stage="LIVE")["FunctionCode"].read()
    latest = cloudfront.get_function(Name="rewrite", Stage="DEVELOPMENT")["FunctionCode"].read()
    assert (live, latest) == (code, newer)
    assert cloudfront.list_functions()["FunctionList"]["Quantity"] >= 1
    cloudfront.delete_function(Name="rewrite", IfMatch=etag)
    refused("NoSuchFunctionExists", 404, cloudfront.get_function, Name="rewrite", Stage="LIVE")


@promise("A function that a behavior names stays named")
def function_associations(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    about = {"Comment": "rewrites", "Runtime": "cloudfront-js-2.0"}
    answer = cloudfront.create_function(
        Name="rewrite",
        FunctionConfig=about,
        FunctionCode=b"function handler(event) { return event.request; }",
    )
    cloudfront.publish_function(Name="rewrite", IfMatch=answer["ETag"])
    arn = answer["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    association = {"FunctionARN": arn, "EventType": "viewer-request"}
    behavior = {
        **config()["DefaultCacheBehavior"],
        "FunctionAssociations": {"Quantity": 1, "Items": [association]},
    }
    _, dist, _ = made(scene, DefaultCacheBehavior=behavior)
    stored = cloudfront.get_distribution_config(Id=dist)["DistributionConfig"]
    found = stored["DefaultCacheBehavior"]["FunctionAssociations"]["Items"]
    assert found == [association]


@promise("A distribution's tags are kept")
def tags(scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    told = {"Items": [{"Key": "site", "Value": "www"}]}
    answer = cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config(), "Tags": told}
    )
    arn = answer["Distribution"]["ARN"]
    assert cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"] == told["Items"]


def _batch(*paths: str) -> dict[str, Any]:
    return {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": "once"}


def _cache_policy(name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "MinTTL": 0,
        "DefaultTTL": 60,
        "MaxTTL": 600,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True,
            "EnableAcceptEncodingBrotli": True,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        },
    }
