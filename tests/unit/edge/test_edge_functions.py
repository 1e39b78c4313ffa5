"""CloudFront Functions: the published code, run for each viewer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from edge_world import ACCOUNT, CACHING_DISABLED, World, behaviour, client_error, items

from harness.edge.functions import Function, FunctionFault, run

pytestmark = pytest.mark.unit

ARN = f"arn:aws:cloudfront::{ACCOUNT}:function/routing"
INDEX = """
function handler(event) {
  var request = event.request;
  if (request.uri.endsWith('/')) request.uri += 'index.html';
  else if (!request.uri.includes('.')) request.uri += '/index.html';
  return request;
}
"""


def attach(world: World, code: str, event: str = "viewer-request", **changes: Any) -> None:
    """Publish the code and let the default behaviour run it."""
    world.cloudfront.functions["routing"] = {"LIVE": code, "DEVELOPMENT": "not javascript"}
    associated = items({"EventType": event, "FunctionARN": ARN})
    world.reconfigure(
        DefaultCacheBehavior=behaviour(FunctionAssociations=associated, **changes),
    )


def returning(expression: str) -> str:
    return f"function handler(event) {{ return {expression}; }}"


@pytest.mark.parametrize("path", ["/docs/", "/docs"])
def test_a_function_can_find_index_documents(world: World, path: str) -> None:
    world.put("docs/index.html", "docs")
    assert world.get(path).status_code == 404
    attach(world, INDEX)
    assert world.get(path).text == "docs"
    assert world.edge.findings == ()


def test_only_what_is_published_runs(world: World) -> None:
    attach(world, INDEX)
    world.cloudfront.functions["routing"]["DEVELOPMENT"] = "throw new Error('untested')"
    world.refresh()
    assert world.get("/").status_code == 200


def test_a_function_that_is_not_published_stops_its_behaviour(world: World) -> None:
    attach(world, INDEX)
    del world.cloudfront.functions["routing"]["LIVE"]
    world.refresh()
    answer = world.get("/")
    assert answer.status_code == 500
    assert "routing" in answer.text
    assert any("routing" in finding for finding in world.edge.findings)


def test_an_api_that_has_only_the_development_stage_is_told_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = {"FunctionConfig": {"Runtime": ""}, "FunctionMetadata": {"Stage": "DEVELOPMENT"}}
    monkeypatch.setattr(
        world.cloudfront, "describe_function", lambda **_: {"FunctionSummary": summary}
    )
    attach(world, INDEX)
    assert "not LIVE" in world.get("/").text


def test_an_emulator_without_functions_is_told_of(world: World) -> None:
    world.cloudfront.failing["describe_function"] = client_error(501, "NotImplemented", "any")
    attach(world, INDEX)
    assert world.get("/").status_code == 500
    assert any("the API does not have it" in finding for finding in world.edge.findings)


def test_a_function_is_read_once_a_refresh(world: World) -> None:
    attach(world, INDEX)
    world.cloudfront.asked.clear()
    world.refresh()
    world.get("/")
    assert world.cloudfront.asked.count("get_function") == 1


@pytest.mark.parametrize(
    "code",
    [
        "function handler(event) { throw new Error('no'); }",
        "function handler(event) { return event.request.headers.nobody.value; }",
        "function handler(event) {",
        "function other(event) { return event.request; }",
        "function handler(event) { while (true) {} }",
        "function handler(event) { let all = []; while (true) all.push(new Array(999).fill(1)); }",
        "function handler(event) { return handler(event); }",
        "async function handler(event) { throw new Error('no'); }",
        "async function handler(event) { return await new Promise(() => {}); }",
        "var http = require('http'); function handler(event) { return event.request; }",
    ],
)
def test_a_function_that_fails_is_a_503(world: World, code: str) -> None:
    attach(world, code)
    answer = world.get("/")
    assert answer.status_code == 503
    assert answer.headers["x-cache"] == "FunctionExecutionError from cloudfront"
    assert "could not run" in answer.text
    assert any("function routing" in finding for finding in world.edge.findings)
    assert world.s3.fetched == []


@pytest.mark.parametrize(
    "expression",
    [
        "null",
        "'text'",
        "{}",
        "{...event.request, uri: 'index.html'}",
        "{...event.request, headers: {'X-Upper': {value: 'a'}}}",
        "{...event.request, headers: {...event.request.headers, host: {value: 'other'}}}",
        "{...event.request, headers: {...event.request.headers, 'x-real-ip': {value: '1'}}}",
        "{...event.request, headers: {...event.request.headers, a: 'text'}}",
        "{...event.request, cookies: 'text'}",
        "{statusCode: 99}",
        "{statusCode: '200'}",
        "{statusCode: 200, body: {encoding: 'base64', data: '!'}}",
    ],
)
def test_what_cloudfront_does_not_accept_is_a_502(world: World, expression: str) -> None:
    attach(world, returning(expression))
    assert world.get("/").status_code == 502


def test_a_function_can_answer_by_itself(world: World) -> None:
    attach(
        world,
        returning(
            "{statusCode: 302, headers: {location: {value: '/new'}}, body: 'moved',"
            " cookies: {a: {value: '1', attributes: 'Path=/'}, b: {value: '2'}}}"
        ),
    )
    answer = world.get("/")
    assert (answer.status_code, answer.text) == (302, "moved")
    assert answer.headers["location"] == "/new"
    assert answer.headers["x-cache"] == "FunctionGeneratedResponse from cloudfront"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert world.s3.fetched == []


def test_a_body_may_be_base64(world: World) -> None:
    attach(world, returning("{statusCode: 200, body: {encoding: 'base64', data: 'aGk='}}"))
    assert world.get("/").text == "hi"


def test_the_event_tells_what_was_asked(world: World) -> None:
    attach(world, returning("{statusCode: 200, body: JSON.stringify(event)}"))
    cookies = {"cookie": "a=1; b=2; a=3", "x-more": "yes", "connection": "close"}
    event = json.loads(world.get("/a%20b?x=1&y=2&x=3&flag", headers=cookies).text)
    assert event["version"] == "1.0"
    assert event["context"]["eventType"] == "viewer-request"
    assert event["context"]["distributionId"] == "E1"
    assert event["viewer"]["ip"]
    request = event["request"]
    assert (request["method"], request["uri"]) == ("GET", "/a%20b")
    assert request["querystring"]["x"] == {
        "value": "1",
        "multiValue": [{"value": "1"}, {"value": "3"}],
    }
    assert request["querystring"]["flag"] == {"value": ""}
    assert request["cookies"]["b"] == {"value": "2"}
    assert len(request["cookies"]["a"]["multiValue"]) == 2
    assert request["headers"]["x-more"] == {"value": "yes"}
    assert not {"cookie", "connection"} & set(request["headers"])


def test_a_function_changes_the_cache_key(world: World) -> None:
    world.put("a.html", "a")
    attach(world, returning("{...event.request, uri: '/a.html', querystring: {}}"))
    assert world.get("/one?x=1").headers["x-cache"] == "Miss from cloudfront"
    assert world.get("/two?x=2").headers["x-cache"] == "Hit from cloudfront"


def test_the_behaviour_is_chosen_before_the_function(world: World) -> None:
    world.put("assets/a.css", "a")
    associated = items({"EventType": "viewer-request", "FunctionARN": ARN})
    world.cloudfront.functions["routing"] = {
        "LIVE": returning("{...event.request, uri: '/assets/a.css'}")
    }
    world.reconfigure(
        CacheBehaviors=items(behaviour(PathPattern="/assets/*", CachePolicyId=CACHING_DISABLED)),
        DefaultCacheBehavior=behaviour(FunctionAssociations=associated),
    )
    world.get("/b.css")
    assert world.get("/b.css").headers["x-cache"] == "Hit from cloudfront"


def test_a_function_may_change_the_answer_but_not_its_status(world: World) -> None:
    attach(
        world,
        """
        function handler(event) {
          var response = event.response;
          response.statusCode = 418;
          response.headers['x-uri'] = {value: event.request.uri};
          delete response.headers.server;
          response.cookies = {seen: {value: 'yes', attributes: 'Secure'}};
          return response;
        }""",
        "viewer-response",
    )
    for _ in range(2):  # from the origin, then from the cache
        answer = world.get("/")
        assert (answer.status_code, answer.text) == (200, "<h1>one</h1>")
        assert answer.headers["x-uri"] == "/"
        assert answer.headers["set-cookie"] == "seen=yes; Secure"
        assert "server" not in answer.headers


def test_errors_are_not_shown_to_the_last_function(world: World) -> None:
    attach(world, "function handler(event) { throw new Error('no'); }", "viewer-response")
    assert world.get("/missing").status_code == 404
    assert world.get("/").status_code == 503


def test_lambda_at_edge_is_a_finding(world: World) -> None:
    lambdas = items({"EventType": "origin-request", "LambdaFunctionARN": "arn:aws:lambda:::f"})
    world.reconfigure(DefaultCacheBehavior=behaviour(LambdaFunctionAssociations=lambdas))
    assert world.get("/").status_code == 200
    assert any("Lambda@Edge" in finding for finding in world.edge.findings)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("require('querystring').stringify({a: '1 2'})", "a=1%202"),
        ("require('querystring').parse('a=1%202').a", "1 2"),
        ("typeof console.log", "function"),
    ],
)
def test_what_the_runtimes_offer(expression: str, expected: str) -> None:
    code = f"function handler(event) {{ return {{found: {expression}}}; }}"
    assert run(Function("f", "cloudfront-js-2.0", code), {}) == {"found": expected}


def test_a_key_value_store_is_said_not_to_be_there() -> None:
    code = (
        "import cf from 'cloudfront';\nconst store = cf.kvs();\nfunction handler(e) { return e; }"
    )
    with pytest.raises(FunctionFault, match="key value stores are not imitated"):
        run(Function("f", "cloudfront-js-2.0", code), {})


def test_runs_share_nothing() -> None:
    function = Function("f", "cloudfront-js-1.0", "var n = 0;" + returning("{n: ++n}"))
    assert [run(function, {}) for _ in range(2)] == [{"n": 1}, {"n": 1}]
