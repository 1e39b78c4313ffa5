"""What is answered from the cache, for how long, and what a refresh changes."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from edge_world import (
    ALIAS,
    CACHING_DISABLED,
    PORT,
    World,
    ask_raw,
    behaviour,
    client_error,
    items,
    oac_policy,
    origin,
)

from harness.edge import Edge
from harness.errors import ConfigError, EmulatorError

pytestmark = pytest.mark.unit

DAY = 86_400
QUERY_STRINGS = "4cc15a8a-d715-48a4-82b8-cc0b614638fe"


def seen(world: World, path: str = "/") -> tuple[str, str]:
    answer = world.get(path)
    return answer.text, answer.headers["x-cache"].removesuffix(" from cloudfront")


def test_a_replaced_object_stays_stale_until_it_is_invalidated(world: World) -> None:
    assert seen(world) == ("<h1>one</h1>", "Miss")
    world.put("index.html", "<h1>two</h1>")
    world.refresh()
    assert seen(world) == ("<h1>one</h1>", "Hit")
    world.invalidate("I1", "/index.html")
    assert seen(world) == ("<h1>two</h1>", "Miss")
    assert seen(world) == ("<h1>two</h1>", "Hit")


def test_the_root_and_its_object_are_one(world: World) -> None:
    world.get("/")
    assert seen(world, "/index.html")[1] == "Hit"


def test_age_counts_the_seconds_in_the_cache(world: World) -> None:
    assert "age" not in world.get("/").headers
    world.clock.sleep(42.7)
    assert world.get("/").headers["age"] == "42"


def test_an_expired_object_that_has_not_changed_is_refreshed(world: World) -> None:
    world.get("/")
    world.clock.sleep(DAY)
    answer = world.get("/")
    assert answer.headers["x-cache"] == "RefreshHit from cloudfront"
    assert answer.text == "<h1>one</h1>"
    assert seen(world)[1] == "Hit"


def test_an_expired_object_that_has_changed_is_fetched(world: World) -> None:
    world.get("/")
    world.put("index.html", "<h1>two</h1>")
    world.clock.sleep(DAY - 1)
    assert seen(world) == ("<h1>one</h1>", "Hit")
    world.clock.sleep(1)
    assert seen(world) == ("<h1>two</h1>", "Miss")


def test_cache_control_shortens_the_time(world: World) -> None:
    world.put("index.html", "<h1>one</h1>", CacheControl="max-age=60")
    world.get("/")
    world.clock.sleep(59)
    assert seen(world)[1] == "Hit"
    world.clock.sleep(1)
    assert seen(world)[1] == "RefreshHit"


def test_expires_is_honoured(world: World) -> None:
    # The manual clock starts 1000 s after midnight.
    world.put("index.html", "<h1>one</h1>", ExpiresString="Mon, 05 Jan 2026 00:17:40 GMT")
    world.get("/")
    world.clock.sleep(59)
    assert seen(world)[1] == "Hit"
    world.clock.sleep(1)
    assert seen(world)[1] == "RefreshHit"


def test_caching_disabled_asks_the_origin_each_time(world: World) -> None:
    world.reconfigure(DefaultCacheBehavior=behaviour(CachePolicyId=CACHING_DISABLED))
    assert [seen(world)[1] for _ in range(3)] == ["Miss"] * 3


def test_the_query_string_counts_only_where_the_policy_says_so(world: World) -> None:
    world.get("/?a=1")
    assert seen(world, "/?a=2")[1] == "Hit"
    world.put("index.html", "<h1>one</h1>", CacheControl="max-age=60")
    world.reconfigure(DefaultCacheBehavior=behaviour(CachePolicyId=QUERY_STRINGS))
    world.edge.clear_cache()
    world.get("/index.html?a=1")
    assert seen(world, "/index.html?a=2")[1] == "Miss"
    world.invalidate("I1", "/index.html?a=1")
    assert seen(world, "/index.html?a=2")[1] == "Hit"
    assert seen(world, "/index.html?a=1")[1] == "Miss"


def test_a_changed_origin_leaves_what_is_cached(world: World) -> None:
    world.get("/")
    world.reconfigure(origins=[origin(DomainName="gone.s3.us-east-1.amazonaws.com")])
    assert seen(world) == ("<h1>one</h1>", "Hit")
    world.invalidate("I1", "/*")
    assert seen(world)[1] == "Error"


def test_clearing_the_cache_forgets_everything(world: World) -> None:
    world.get("/")
    world.edge.clear_cache()
    assert seen(world)[1] == "Miss"


# --- errors --------------------------------------------------------------------------------------


def test_a_404_is_cached_for_ten_seconds(world: World) -> None:
    assert world.get("/late.js").status_code == 404
    world.put("late.js", "here")
    world.clock.sleep(9)
    again = world.get("/late.js")
    assert (again.status_code, again.headers["x-cache"]) == (404, "Error from cloudfront")
    assert again.headers["age"] == "9"
    world.clock.sleep(1)
    assert seen(world, "/late.js") == ("here", "Miss")


def test_the_distribution_says_how_long_an_error_is_cached(world: World) -> None:
    page = {"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": "404"}
    world.reconfigure(CustomErrorResponses=items({**page, "ErrorCachingMinTTL": 60}))
    assert seen(world, "/late.js") == ("<h1>lost</h1>", "Error")
    world.put("late.js", "here")
    world.clock.sleep(59)
    assert seen(world, "/late.js") == ("<h1>lost</h1>", "Error")
    world.clock.sleep(1)
    assert seen(world, "/late.js") == ("here", "Miss")


def test_an_invalidation_removes_cached_errors_too(world: World) -> None:
    world.get("/late.js")
    world.put("late.js", "here")
    world.invalidate("I1", "/late.js")
    assert seen(world, "/late.js") == ("here", "Miss")


def test_a_403_is_not_cached_unless_the_distribution_says_so(world: World) -> None:
    world.bucket.policy = oac_policy("E2")
    world.reconfigure()
    assert world.get("/").status_code == 403
    world.bucket.policy = oac_policy()
    world.refresh()
    assert world.get("/").status_code == 200

    world.edge.clear_cache()
    world.bucket.policy = oac_policy("E2")
    world.reconfigure(CustomErrorResponses=items({"ErrorCode": 403, "ErrorCachingMinTTL": 5}))
    assert world.get("/").status_code == 403
    world.bucket.policy = oac_policy()
    world.refresh()
    assert world.get("/").status_code == 403
    world.clock.sleep(5)
    assert world.get("/").status_code == 200


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (client_error(503, "SlowDown", "GetObject"), 503),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 502),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), 504),
    ],
)
def test_an_origin_that_fails(world: World, failure: Exception, status: int) -> None:
    world.s3.failing = failure
    assert world.get("/").status_code == status
    world.s3.failing = None
    assert world.get("/").status_code == status
    world.clock.sleep(10)
    assert world.get("/").status_code == 200


def test_while_the_origin_fails_viewers_get_what_there_is(world: World) -> None:
    world.get("/")
    world.clock.sleep(DAY)
    world.s3.failing = client_error(503, "SlowDown", "GetObject")
    assert seen(world) == ("<h1>one</h1>", "Hit")
    asked = len(world.s3.fetched)
    world.clock.sleep(9)
    assert seen(world) == ("<h1>one</h1>", "Hit")
    assert len(world.s3.fetched) == asked
    world.s3.failing = None
    world.clock.sleep(1)
    assert seen(world)[1] == "RefreshHit"


def test_a_stale_object_does_not_hide_that_the_origin_refuses(world: World) -> None:
    world.get("/")
    world.bucket.policy = oac_policy("E2")
    world.refresh()
    world.clock.sleep(DAY)
    assert world.get("/").status_code == 403


def test_an_object_deleted_at_the_origin_is_gone_once_expired(world: World) -> None:
    world.get("/")
    del world.bucket.objects["index.html"]
    world.clock.sleep(DAY)
    assert world.get("/").status_code == 404


# --- refresh -------------------------------------------------------------------------------------


def test_an_invalidation_is_applied_once(world: World) -> None:
    world.invalidate("I1", "/*")
    world.get("/")
    world.put("index.html", "<h1>two</h1>")
    world.refresh()
    assert seen(world) == ("<h1>one</h1>", "Hit")


def test_invalidations_from_before_the_first_refresh_are_not_read(world: World) -> None:
    world.cloudfront.invalidations["E1"] = {"I0": ["/*"]}
    world.edge = Edge(world, world.clock, listeners={PORT: ALIAS})  # type: ignore[arg-type]
    world.cloudfront.asked.clear()
    world.refresh()
    assert "get_invalidation" not in world.cloudfront.asked
    world.get("/")
    world.refresh()
    assert seen(world)[1] == "Hit"


def test_all_pages_of_invalidations_are_read(world: World) -> None:
    world.put("a.css", "one")
    world.get("/")
    world.get("/a.css")
    world.cloudfront.invalidations["E1"] = {"I1": ["/index.html"], "I2": ["/a.css"]}
    world.refresh()
    assert (seen(world)[1], seen(world, "/a.css")[1]) == ("Miss", "Miss")


def test_another_distributions_invalidation_is_not_ours(world: World) -> None:
    world.reconfigure("E2", Aliases=items("prod.example.test"))
    world.get("/")
    world.invalidate("I1", "/*", name="E2")
    assert seen(world)[1] == "Hit"


def test_a_relative_invalidation_path_names_nothing_and_is_found(world: World) -> None:
    world.get("/")
    world.invalidate("I1", "index.html")
    assert seen(world)[1] == "Hit"
    assert any("'index.html'" in finding for finding in world.edge.findings)


@pytest.mark.parametrize(
    "operation",
    ["list_distributions", "get_distribution", "list_invalidations", "get_invalidation"],
)
def test_a_refresh_that_fails_leaves_everything_as_it_was(world: World, operation: str) -> None:
    world.get("/")
    world.configure(Enabled=False)
    world.cloudfront.invalidations["E1"] = {"I1": ["/*"]}
    world.cloudfront.failing[operation] = client_error(503, "ServiceUnavailable", operation)
    with pytest.raises(EmulatorError, match="ServiceUnavailable"):
        world.refresh()
    assert seen(world) == ("<h1>one</h1>", "Hit")
    world.cloudfront.failing.clear()
    world.configure()
    world.refresh()
    assert seen(world)[1] == "Miss"


def test_a_distribution_without_sense_leaves_everything_as_it_was(world: World) -> None:
    world.configure(DefaultCacheBehavior=behaviour(TargetOriginId="gone"))
    with pytest.raises(ConfigError, match=r"distribution E1: DefaultCacheBehavior\.TargetOriginId"):
        world.refresh()
    assert world.get("/").status_code == 200


def test_a_deleted_distribution_is_gone(world: World) -> None:
    world.get("/")
    del world.cloudfront.distributions["E1"]
    world.refresh()
    assert world.get("/").status_code == 403


# --- one at a time, and not in the way -----------------------------------------------------------


def test_viewers_who_want_the_same_at_once_cost_one_fetch(world: World) -> None:
    answers = world.get_all(*["/"] * 20)
    assert {a.text for a in answers} == {"<h1>one</h1>"}
    assert world.s3.fetched == ["index.html"]


def test_the_origin_is_asked_off_the_event_loops_thread(world: World) -> None:
    world.get("/")
    assert threading.get_ident() not in world.s3.threads


def test_what_is_fetched_while_an_invalidation_comes_is_not_kept(world: World) -> None:
    """The fetch reads the old object, a deployment replaces and invalidates it, the fetch ends."""
    reading, deployed = threading.Event(), threading.Event()

    def hold() -> None:
        reading.set()
        assert deployed.wait(5)

    async def deploy() -> None:
        await asyncio.to_thread(reading.wait, 5)
        world.s3.before_get = lambda: None
        world.put("index.html", "<h1>two</h1>")
        world.cloudfront.invalidations["E1"] = {"I1": ["/*"]}
        await world.edge.refresh()
        deployed.set()

    async def both() -> None:
        await asyncio.gather(deploy(), ask())

    async def ask() -> None:
        assert b"one" in (await ask_raw(world.edge))[1]["body"]

    world.s3.before_get = hold
    world._run(both())
    assert seen(world) == ("<h1>two</h1>", "Miss")


def test_a_hit_costs_well_under_a_millisecond(world: World) -> None:
    world.get("/")

    async def hits(count: int) -> float:
        start = time.process_time()
        for _ in range(count):
            await ask_raw(world.edge)
        return (time.process_time() - start) / count

    assert min(world._run(hits(200)) for _ in range(5)) < 0.001
    assert world.s3.fetched == ["index.html"]
