"""Distributions whose origin is asked as any web server is."""

from __future__ import annotations

from typing import Any

import pytest
from edge_world import (
    CACHING_OPTIMIZED,
    WEBSITE,
    World,
    behaviour,
    items,
    origin,
    public_policy,
)

pytestmark = pytest.mark.unit


def website_origin(**changes: Any) -> dict[str, Any]:
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    return {
        "Id": "bucket",
        "DomainName": WEBSITE,
        "OriginPath": "",
        "CustomOriginConfig": custom,
        **changes,
    }


@pytest.fixture
def site(world: World) -> World:
    world.bucket.policy = public_policy()
    world.bucket.website = {
        "IndexDocument": {"Suffix": "index.html"},
        "ErrorDocument": {"Key": "404.html"},
    }
    world.reconfigure(origins=[website_origin()], DefaultRootObject="")
    return world


def test_a_website_endpoint_is_an_origin_and_is_cached(site: World) -> None:
    site.put("docs/index.html", "docs")
    assert site.get("/").text == "<h1>one</h1>"
    assert site.get("/docs/").text == "docs"
    site.put("docs/index.html", "new")
    again = site.get("/docs/")
    assert (again.text, again.headers["x-cache"]) == ("docs", "Hit from cloudfront")
    assert site.edge.findings == ()


def test_its_redirects_and_its_error_document_reach_the_viewer(site: World) -> None:
    site.put("docs/index.html", "docs")
    moved = site.get("/docs")
    assert (moved.status_code, moved.headers["location"]) == (302, "/docs/")
    lost = site.get("/missing")
    assert (lost.status_code, lost.text) == (404, "<h1>lost</h1>")
    assert lost.headers["x-cache"] == "Error from cloudfront"


def test_a_change_of_the_website_is_known_after_a_refresh(site: World) -> None:
    site.bucket.website = None
    site.refresh()
    assert "NoSuchWebsiteConfiguration" in site.get("/").text


def test_its_unchanged_object_is_refreshed(site: World) -> None:
    site.put("now.html", "now", CacheControl="max-age=1")
    site.get("/now.html")
    site.clock.sleep(5)
    assert site.get("/now.html").headers["x-cache"] == "RefreshHit from cloudfront"


def test_an_origin_path_goes_before_the_folder(site: World) -> None:
    site.put("live/docs/index.html", "live docs")
    site.reconfigure(origins=[website_origin(OriginPath="/live")], DefaultRootObject="")
    assert site.get("/docs/").text == "live docs"


def test_a_secret_referer_can_keep_others_out(site: World) -> None:
    site.bucket.policy = public_policy(StringEquals={"aws:Referer": "secret"})
    site.refresh()
    assert site.get("/").status_code == 403
    headers = items({"HeaderName": "Referer", "HeaderValue": "secret"})
    site.reconfigure(origins=[website_origin(CustomHeaders=headers)], DefaultRootObject="")
    site.edge.clear_cache()
    assert site.get("/").status_code == 200


def test_a_website_endpoint_does_not_speak_https(site: World) -> None:
    secure = {"OriginProtocolPolicy": "https-only"}
    site.reconfigure(origins=[website_origin(CustomOriginConfig=secure)])
    answer = site.get("/")
    assert answer.status_code == 504
    assert "HTTPS" in answer.text
    assert any("HTTPS" in finding for finding in site.edge.findings)


def test_a_rest_endpoint_as_custom_origin_is_asked_by_anybody(site: World) -> None:
    rest = origin(CustomOriginConfig={"OriginProtocolPolicy": "https-only"})
    site.reconfigure(origins=[rest])
    assert site.get("/").status_code == 200
    site.bucket.policy = None
    site.refresh()
    site.edge.clear_cache()
    assert "AccessDenied" in site.get("/").text


def test_each_behaviour_asks_its_own_origin(site: World) -> None:
    site.put("assets/a.css", "from the website")
    other = origin(Id="rest", CustomOriginConfig={}, OriginPath="/rest")
    site.put("rest/assets/a.css", "from the other")
    site.reconfigure(
        origins=[website_origin(), other],
        CacheBehaviors=items(
            behaviour(
                PathPattern="/assets/*", TargetOriginId="rest", CachePolicyId=CACHING_OPTIMIZED
            )
        ),
        DefaultRootObject="",
    )
    assert site.get("/assets/a.css").text == "from the other"
    assert site.get("/").text == "<h1>one</h1>"
