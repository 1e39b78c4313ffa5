"""A bucket's website endpoint, asked without CloudFront."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from edge_world import ALIAS, BUCKET, WEBSITE_PORT, World, public_policy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.edge.website import parse_website
from harness.errors import ConfigError

pytestmark = pytest.mark.unit

SITE: dict[str, Any] = {
    "IndexDocument": {"Suffix": "index.html"},
    "ErrorDocument": {"Key": "404.html"},
}


@pytest.fixture
def site(world: World) -> World:
    world.bucket.policy = public_policy()
    serve(world)
    return world


def serve(world: World, **changes: Any) -> None:
    world.bucket.website = {**SITE, **changes}
    world.refresh()


def ask(site: World, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    return site.get(path, port=WEBSITE_PORT, method=method, headers=headers)


def test_the_root_is_the_index_document_without_cloudfront(site: World) -> None:
    answer = ask(site, "/")
    assert (answer.status_code, answer.text) == (200, "<h1>one</h1>")
    assert answer.headers["server"] == "AmazonS3"
    assert answer.headers["x-amz-request-id"]
    assert not {"x-cache", "via", "x-amz-cf-id", "age"} & set(answer.headers)


def test_nothing_is_cached(site: World) -> None:
    ask(site, "/")
    site.put("index.html", "<h1>two</h1>", CacheControl="max-age=600")
    assert ask(site, "/").text == "<h1>two</h1>"


def test_the_host_header_does_not_lead_to_a_distribution(site: World) -> None:
    assert "x-cache" not in ask(site, "/", host=ALIAS).headers


def test_a_folder_has_its_own_index_document(site: World) -> None:
    site.put("docs/index.html", "docs")
    assert ask(site, "/docs/").text == "docs"


@pytest.mark.parametrize("listing", [True, False])
def test_a_folder_without_its_slash_is_redirected_to_it(site: World, listing: bool) -> None:
    site.bucket.policy = public_policy(listing=listing)
    site.refresh()
    site.put("a b/index.html", "docs")
    answer = ask(site, "/a%20b")
    assert (answer.status_code, answer.headers["location"]) == (302, "/a%20b/")


def test_an_object_goes_before_the_folder_of_its_name(site: World) -> None:
    site.put("docs/index.html", "folder")
    site.put("docs", "object")
    assert ask(site, "/docs").text == "object"


def test_a_missing_page_is_the_error_document_under_404(site: World) -> None:
    answer = ask(site, "/missing")
    assert (answer.status_code, answer.text) == (404, "<h1>lost</h1>")
    assert answer.headers["x-amz-error-code"] == "NoSuchKey"


def test_without_an_error_document_s3_says_it_in_html(site: World) -> None:
    site.bucket.website = {"IndexDocument": {"Suffix": "index.html"}}
    site.refresh()
    answer = ask(site, "/<b>")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>404 Not Found</title>" in answer.text
    assert "<li>Code: NoSuchKey</li>" in answer.text
    assert "<li>Key: &lt;b&gt;</li>" in answer.text


def test_an_error_document_that_is_missing_is_told_of(site: World) -> None:
    del site.bucket.objects["404.html"]
    answer = ask(site, "/missing")
    assert answer.status_code == 404
    assert "Retrieve a Custom Error Document" in answer.text
    assert "<li>Key: 404.html</li>" in answer.text


def test_who_may_not_list_gets_403_for_what_is_missing(site: World) -> None:
    site.bucket.policy = public_policy(listing=False)
    site.refresh()
    answer = ask(site, "/missing")
    assert (answer.status_code, answer.text) == (403, "<h1>lost</h1>")
    assert ask(site, "/").status_code == 200


def test_a_bucket_that_is_not_public_is_refused_in_html(site: World) -> None:
    site.bucket.policy = None
    site.refresh()
    answer = ask(site, "/")
    assert answer.status_code == 403
    assert "<li>Code: AccessDenied</li>" in answer.text


@pytest.mark.parametrize("setting", ["BlockPublicPolicy", "RestrictPublicBuckets"])
def test_the_public_access_block_closes_the_website(site: World, setting: str) -> None:
    site.bucket.public_access_block = {setting: True}
    site.refresh()
    assert ask(site, "/").status_code == 403


def test_a_policy_that_asks_for_https_closes_the_website(site: World) -> None:
    site.bucket.policy = public_policy(Bool={"aws:SecureTransport": "true"})
    site.refresh()
    assert ask(site, "/").status_code == 403


def test_a_policy_may_ask_for_a_referer(site: World) -> None:
    site.bucket.policy = public_policy(StringEquals={"aws:Referer": "let-me-in"})
    site.refresh()
    assert ask(site, "/").status_code == 403
    assert ask(site, "/", referer="let-me-in").status_code == 200


def test_a_bucket_without_a_website_is_not_one(site: World) -> None:
    site.bucket.website = None
    site.refresh()
    answer = ask(site, "/")
    assert answer.status_code == 404
    assert "<li>Code: NoSuchWebsiteConfiguration</li>" in answer.text
    assert f"<li>BucketName: {BUCKET}</li>" in answer.text


def test_a_bucket_that_is_gone_is_said_to_be(site: World) -> None:
    del site.s3.buckets[BUCKET]
    site.refresh()
    answer = ask(site, "/")
    assert answer.status_code == 404
    assert "<li>Code: NoSuchBucket</li>" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_and_head_are_allowed(site: World, method: str) -> None:
    answer = ask(site, "/", method=method)
    assert answer.status_code == 405
    assert "MethodNotAllowed" in answer.text


def test_what_the_viewer_has_already_is_not_sent_again(site: World) -> None:
    etag = ask(site, "/").headers["etag"]
    again = ask(site, "/", **{"if-none-match": etag})
    assert (again.status_code, again.text) == (304, "")


def test_everything_can_be_redirected_to_another_host(site: World) -> None:
    site.bucket.website = {"RedirectAllRequestsTo": {"HostName": "new.test", "Protocol": "https"}}
    site.refresh()
    answer = ask(site, "/a%20b?x=1")
    assert (answer.status_code, answer.headers["location"]) == (301, "https://new.test/a%20b")


def test_a_routing_rule_for_a_prefix_goes_before_the_object(site: World) -> None:
    site.put("docs/a.html", "still here")
    rule = {
        "Condition": {"KeyPrefixEquals": "docs/"},
        "Redirect": {"ReplaceKeyPrefixWith": "documents/", "HttpRedirectCode": "302"},
    }
    serve(site, RoutingRules=[rule])
    answer = ask(site, "/docs/a.html")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"http://127.0.0.1:{WEBSITE_PORT}/documents/a.html"
    assert ask(site, "/").status_code == 200


def test_a_routing_rule_for_an_error_waits_for_it(site: World) -> None:
    rule = {
        "Condition": {"HttpErrorCodeReturnedEquals": "404"},
        "Redirect": {"HostName": "old.test", "ReplaceKeyWith": "gone.html", "Protocol": "https"},
    }
    serve(site, RoutingRules=[rule])
    assert ask(site, "/").status_code == 200
    answer = ask(site, "/missing")
    assert (answer.status_code, answer.headers["location"]) == (301, "https://old.test/gone.html")


def test_the_first_routing_rule_that_fits_wins(site: World) -> None:
    rules = [
        {"Condition": {"KeyPrefixEquals": "a/"}, "Redirect": {"HostName": "one.test"}},
        {"Condition": {"KeyPrefixEquals": "a"}, "Redirect": {"HostName": "two.test"}},
    ]
    serve(site, RoutingRules=rules)
    assert ask(site, "/a/b").headers["location"] == "http://one.test/a/b"
    assert ask(site, "/ab").headers["location"] == "http://two.test/ab"


def test_an_object_can_be_a_redirect(site: World) -> None:
    site.put("old.html", "", WebsiteRedirectLocation="/new.html")
    answer = ask(site, "/old.html")
    assert (answer.status_code, answer.headers["location"]) == (301, "/new.html")
    assert "x-amz-website-redirect-location" not in answer.headers


def test_a_status_that_is_none_is_named() -> None:
    rule = {"Redirect": {"HttpRedirectCode": "moved"}}
    with pytest.raises(ConfigError, match=r"RoutingRules\[0\].Redirect.HttpRedirectCode"):
        parse_website(BUCKET, {"RoutingRules": [rule]})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet="ab/.é ", max_size=8))
def test_no_address_is_answered_with_a_server_error(site: World, path: str) -> None:
    answer = ask(site, f"/{quote(path.lstrip('/'))}")
    assert answer.status_code in {200, 302, 404}
