"""What a viewer is answered, apart from how long it is cached."""

from __future__ import annotations

import json

import pytest
from edge_world import (
    ALIAS,
    BUCKET,
    PORT,
    World,
    behaviour,
    items,
    oac_policy,
    origin,
)

pytestmark = pytest.mark.unit

ERRORS_404 = items({"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": "404"})


def test_an_object_comes_with_its_headers(world: World) -> None:
    world.put(
        "a.css",
        "x{}",
        "text/css",
        CacheControl="max-age=60",
        VersionId="v7",
        Metadata={"Release": "v1.0.0"},
    )
    answer = world.get("/a.css")
    assert (answer.status_code, answer.text) == (200, "x{}")
    assert answer.headers["content-type"] == "text/css"
    assert answer.headers["content-length"] == "3"
    assert answer.headers["etag"] == world.bucket.objects["a.css"]["ETag"]
    assert answer.headers["cache-control"] == "max-age=60"
    assert answer.headers["last-modified"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert answer.headers["x-amz-version-id"] == "v7"
    assert answer.headers["x-amz-meta-release"] == "v1.0.0"
    assert answer.headers["server"] == "AmazonS3"
    assert answer.headers["x-cache"] == "Miss from cloudfront"
    assert "(CloudFront)" in answer.headers["via"]
    assert answer.headers["x-amz-cf-pop"]


def test_each_answer_has_an_id_of_its_own(world: World) -> None:
    assert world.get().headers["x-amz-cf-id"] != world.get().headers["x-amz-cf-id"]


def test_the_default_root_object_is_for_the_root_only(world: World) -> None:
    world.put("docs/index.html", "docs")
    assert world.get("/").text == "<h1>one</h1>"
    assert world.get("/docs/").status_code == 404


def test_without_a_default_root_object_the_root_is_the_bucket(world: World) -> None:
    world.reconfigure(DefaultRootObject="")
    listing = world.get("/")
    assert listing.status_code == 200
    assert "<Key>index.html</Key>" in listing.text
    assert listing.headers["content-type"] == "application/xml"
    world.bucket.policy = oac_policy(listing=False)
    world.invalidate("I1", "/*")
    assert world.get("/").status_code == 403


def test_paths_are_percent_decoded_for_the_bucket(world: World) -> None:
    world.put("a b/ü.html", "found")
    assert world.get("/a%20b/%C3%BC.html").text == "found"


def test_an_origin_path_goes_before_the_key(world: World) -> None:
    world.put("v2/index.html", "two")
    world.reconfigure(origins=[origin(OriginPath="/v2")])
    assert world.get("/").text == "two"


def test_behaviours_choose_the_origin(world: World) -> None:
    world.put("old/a.css", "old")
    world.put("a.css", "new")
    world.reconfigure(
        origins=[origin(), origin(Id="old", OriginPath="/old")],
        CacheBehaviors=items(behaviour(PathPattern="*.css", TargetOriginId="old")),
    )
    assert world.get("/a.css").text == "old"
    assert world.get("/").text == "<h1>one</h1>"


@pytest.mark.parametrize(
    ("host", "port", "status"),
    [
        ("", PORT, 200),
        (ALIAS, 1, 200),
        (ALIAS.upper(), 1, 200),
        (f"{ALIAS}:{PORT}", 1, 200),
        ("e1.cloudfront.net", 1, 200),
        ("other.example.test", 1, 403),
        ("", 1, 403),
    ],
)
def test_host_or_port_chooses_the_distribution(
    world: World, host: str, port: int, status: int
) -> None:
    assert world.get("/", host=host, port=port).status_code == status


def test_the_host_goes_before_the_port(world: World) -> None:
    world.reconfigure("E2", Aliases=items("prod.example.test"), Enabled=False)
    assert world.get("/", host="prod.example.test").status_code == 403


def test_a_wildcard_alias_stands_for_one_label_and_exact_names_go_first(world: World) -> None:
    world.reconfigure("E0", Aliases=items("*.example.test"), Enabled=False)
    assert world.get("/", host=ALIAS, port=1).status_code == 200
    world.reconfigure("E1", Aliases=items("*.drill.test"))
    assert world.get("/", host="a.drill.test", port=1).status_code == 200
    assert world.get("/", host="a.b.drill.test", port=1).status_code == 403


def test_no_distribution_is_cloudfronts_own_403(world: World) -> None:
    answer = world.get("/", port=1)
    assert "The request could not be satisfied" in answer.text
    assert answer.headers["x-cache"] == "Error from cloudfront"
    assert answer.headers["server"] == "CloudFront"


def test_a_disabled_distribution_serves_nothing_though_it_is_cached(world: World) -> None:
    world.get("/")
    world.reconfigure(Enabled=False)
    assert world.get("/").status_code == 403
    world.reconfigure()
    assert world.get("/").headers["x-cache"] == "Hit from cloudfront"


def test_methods_that_are_not_allowed_are_refused(world: World) -> None:
    answer = world.get("/", method="POST")
    assert answer.status_code == 403
    assert "HTTP request method" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert world.s3.fetched == []


def test_methods_that_are_allowed_but_not_imitated_say_so(world: World) -> None:
    methods = items("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
    world.reconfigure(DefaultCacheBehavior=behaviour(AllowedMethods=methods))
    assert world.get("/a", method="DELETE").status_code == 501
    assert any("DELETE /a" in finding for finding in world.edge.findings)


def test_head_is_get_without_the_body(world: World) -> None:
    assert world.raw("HEAD")[1]["body"] == b""
    answer = world.get("/", method="HEAD")
    assert answer.headers["content-length"] == "12"
    assert world.get("/").headers["x-cache"] == "Hit from cloudfront"


def test_what_the_viewer_has_is_not_sent_again(world: World) -> None:
    etag = world.get("/").headers["etag"]
    same = world.get("/", headers={"if-none-match": f'"x", W/{etag}'})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == etag
    assert same.headers["x-frame-options"] == "SAMEORIGIN"
    assert "content-length" not in same.headers
    assert world.get("/", headers={"if-none-match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Thu, 01 Jan 2026 00:00:00 GMT", 304),
        ("Wed, 31 Dec 2025 23:59:59 GMT", 200),
        ("yesterday", 200),
    ],
)
def test_if_modified_since(world: World, since: str, status: int) -> None:
    assert world.get("/", headers={"if-modified-since": since}).status_code == status


def test_if_none_match_goes_before_if_modified_since(world: World) -> None:
    both = {"if-none-match": '"x"', "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert world.get("/", headers=both).status_code == 200


def test_security_headers_go_into_every_answer(world: World) -> None:
    for path in ("/", "/", "/missing"):
        assert world.get(path).headers["strict-transport-security"] == "max-age=31536000"


def test_a_changed_response_headers_policy_counts_for_what_is_cached(world: World) -> None:
    world.get("/")
    world.reconfigure(DefaultCacheBehavior=behaviour(ResponseHeadersPolicyId=""))
    answer = world.get("/")
    assert answer.headers["x-cache"] == "Hit from cloudfront"
    assert "x-frame-options" not in answer.headers


def test_viewers_count_as_https(world: World) -> None:
    world.reconfigure(DefaultCacheBehavior=behaviour(ViewerProtocolPolicy="https-only"))
    assert world.get("/").status_code == 200


# --- through the bucket policy -------------------------------------------------------------------


def test_a_distribution_that_the_policy_does_not_admit_gets_the_origins_403(world: World) -> None:
    world.bucket.policy = oac_policy("E2")
    world.refresh()
    answer = world.get("/")
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text
    assert answer.headers["server"] == "AmazonS3"
    assert answer.headers["x-cache"] == "Error from cloudfront"
    assert world.s3.fetched == []


def test_a_bucket_without_policy_admits_nobody(world: World) -> None:
    world.bucket.policy = None
    world.refresh()
    assert world.get("/").status_code == 403


@pytest.mark.parametrize(
    ("listing", "status", "code"), [(True, 404, "NoSuchKey"), (False, 403, "AccessDenied")]
)
def test_a_missing_object_is_told_only_to_who_may_list(
    world: World, listing: bool, status: int, code: str
) -> None:
    world.bucket.policy = oac_policy(listing=listing)
    world.refresh()
    answer = world.get("/missing.html")
    assert answer.status_code == status
    assert f"<Code>{code}</Code>" in answer.text
    assert answer.headers["content-type"] == "application/xml"


def test_a_bucket_that_is_not_there(world: World) -> None:
    world.reconfigure(origins=[origin(DomainName="gone.s3.us-east-1.amazonaws.com")])
    answer = world.get("/")
    assert answer.status_code == 404
    assert "<Code>NoSuchBucket</Code>" in answer.text


PUBLIC = json.dumps(
    {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
            }
        ]
    }
)


def test_without_access_control_the_origin_is_asked_as_anybody(world: World) -> None:
    world.reconfigure(origins=[origin(OriginAccessControlId="")])
    assert world.get("/").status_code == 403
    world.bucket.policy = PUBLIC
    world.refresh()
    assert world.get("/").status_code == 200


@pytest.mark.parametrize("setting", ["RestrictPublicBuckets", "BlockPublicPolicy"])
def test_a_public_access_block_refuses_anybody_but_not_cloudfront(
    world: World, setting: str
) -> None:
    world.bucket.policy = PUBLIC
    world.bucket.public_access_block = {setting: True}
    world.reconfigure(origins=[origin(OriginAccessControlId="")])
    assert world.get("/").status_code == 403
    world.reconfigure()
    assert world.get("/").status_code == 200


def test_an_access_control_that_never_signs_is_none(world: World) -> None:
    world.cloudfront.access_controls["OAC1"] = "never"
    world.refresh()
    assert world.get("/").status_code == 403


def test_an_access_control_that_does_not_exist_is_none_and_is_found(world: World) -> None:
    world.reconfigure(origins=[origin(OriginAccessControlId="OAC9")])
    assert world.get("/").status_code == 403
    assert "origin access control OAC9 does not exist" in world.edge.findings


def test_an_access_identity_is_found_and_not_imitated(world: World) -> None:
    identity = {"OriginAccessIdentity": "origin-access-identity/cloudfront/OLD"}
    world.reconfigure(origins=[origin(OriginAccessControlId="", S3OriginConfig=identity)])
    assert world.get("/").status_code == 403
    assert any("origin access identity" in finding for finding in world.edge.findings)


def test_what_the_policy_says_and_we_do_not_understand_is_found(world: World) -> None:
    policy = json.loads(oac_policy())
    policy["Statement"][0]["Condition"] = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    world.bucket.policy = json.dumps(policy)
    world.refresh()
    assert world.get("/").status_code == 403
    assert any("IpAddress" in finding for finding in world.edge.findings)


def test_an_origin_that_is_no_bucket_is_a_502_that_explains_itself(world: World) -> None:
    world.reconfigure(origins=[origin(DomainName="api.example.test")])
    answer = world.get("/")
    assert answer.status_code == 502
    assert "api.example.test" in answer.text
    assert any("api.example.test" in finding for finding in world.edge.findings)


# --- policies that nobody knows ------------------------------------------------------------------


@pytest.mark.parametrize("member", ["CachePolicyId", "ResponseHeadersPolicyId"])
def test_an_unknown_policy_is_an_error_page_and_a_finding(world: World, member: str) -> None:
    world.reconfigure(DefaultCacheBehavior=behaviour(**{member: "0000-unknown"}))
    answer = world.get("/")
    assert answer.status_code == 500
    assert "0000-unknown" in answer.text
    assert any("0000-unknown" in finding for finding in world.edge.findings)


def test_policies_of_ones_own_are_read_through_the_api(world: World) -> None:
    world.cloudfront.cache_policies["mine"] = {"Name": "m", "MinTTL": 0, "DefaultTTL": 5}
    world.cloudfront.response_headers["mine"] = {
        "Name": "m",
        "CustomHeadersConfig": {"Items": [{"Header": "X-A", "Value": "b", "Override": True}]},
    }
    world.reconfigure(
        DefaultCacheBehavior=behaviour(CachePolicyId="mine", ResponseHeadersPolicyId="mine")
    )
    assert world.get("/").headers["x-a"] == "b"
    world.clock.sleep(4)
    assert world.get("/").headers["x-cache"] == "Hit from cloudfront"
    world.clock.sleep(1)
    assert world.get("/").headers["x-cache"] == "RefreshHit from cloudfront"


# --- custom error responses ----------------------------------------------------------------------


def test_a_custom_error_page_takes_the_place_of_the_error(world: World) -> None:
    world.reconfigure(CustomErrorResponses=ERRORS_404)
    answer = world.get("/missing")
    assert (answer.status_code, answer.text) == (404, "<h1>lost</h1>")
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["x-cache"] == "Error from cloudfront"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_the_code_of_a_custom_error_page_may_be_another(world: World) -> None:
    page = {"ErrorCode": 404, "ResponsePagePath": "/index.html", "ResponseCode": "200"}
    world.reconfigure(CustomErrorResponses=items(page))
    answer = world.get("/app/route", headers={"if-none-match": world.get("/").headers["etag"]})
    assert (answer.status_code, answer.text) == (200, "<h1>one</h1>")
    assert answer.headers["x-cache"] == "Error from cloudfront"


def test_a_custom_error_page_without_page_only_sets_the_caching_time(world: World) -> None:
    world.reconfigure(CustomErrorResponses=items({"ErrorCode": 404, "ErrorCachingMinTTL": 2}))
    assert "NoSuchKey" in world.get("/missing").text


def test_a_custom_error_page_goes_through_the_behaviours(world: World) -> None:
    world.put("pages/404.html", "elsewhere")
    world.reconfigure(
        origins=[origin(), origin(Id="pages", OriginPath="/pages")],
        CacheBehaviors=items(behaviour(PathPattern="/404.html", TargetOriginId="pages")),
        CustomErrorResponses=ERRORS_404,
    )
    assert world.get("/missing").text == "elsewhere"


def test_a_custom_error_page_that_is_not_there_leaves_its_own_error(world: World) -> None:
    del world.bucket.objects["404.html"]
    errors = items({"ErrorCode": 403, "ResponsePagePath": "/404.html", "ResponseCode": "200"})
    policy = json.loads(oac_policy())
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject"}
    policy["Statement"].append({**denied, "Resource": f"arn:aws:s3:::{BUCKET}/private/*"})
    world.bucket.policy = json.dumps(policy)
    world.reconfigure(CustomErrorResponses=errors)
    answer = world.get("/private/a")
    assert answer.status_code == 404
    assert "<Key>404.html</Key>" in answer.text


def test_asking_for_a_missing_error_page_itself_ends(world: World) -> None:
    del world.bucket.objects["404.html"]
    world.reconfigure(CustomErrorResponses=ERRORS_404)
    assert "NoSuchKey" in world.get("/404.html").text


def test_cross_origin_requests_get_cors_headers(world: World) -> None:
    cors = behaviour(ResponseHeadersPolicyId="e61eb60c-9c35-4d20-a928-2b84e02af89c")
    world.reconfigure(DefaultCacheBehavior=cors)
    assert "access-control-allow-origin" not in world.get("/").headers
    crossing = world.get("/", headers={"origin": "https://other.example.test"})
    assert crossing.headers["access-control-allow-origin"] == "*"


def test_managed_policies_are_not_asked_of_the_api(world: World) -> None:
    assert not {"get_cache_policy", "get_response_headers_policy"} & set(world.cloudfront.asked)
