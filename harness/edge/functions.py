"""Runs CloudFront Functions: the published JavaScript, in an engine of its own for each run.

A function sees nothing but its event; memory, stack and time are limited. What the two runtimes
offer beyond the language is as far there as functions of websites need it: `console` and
`querystring`. A function that asks for `crypto` or a key value store fails, and is told why.

Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-features.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-function-restrictions.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-503-service-unavailable.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import quickjs

#: Bytes. CloudFront gives functions 2 MB, of which this engine needs more for itself.
MEMORY = 8 * 1024 * 1024
STACK = 256 * 1024
#: Seconds of CPU time; CloudFront gives functions under one millisecond, on other machines.
TIME = 0.5

# The one module of runtime 2.0 that is imported. An import needs a module, whose `handler` nobody
# outside could call.
_IMPORT = re.compile(r"^\s*import\s+(\w+)\s+from\s+['\"]cloudfront['\"]\s*;?", re.MULTILINE)

_PRELUDE = """
var console = {log() {}, error() {}, warn() {}, info() {}, debug() {}};
var __cloudfront = {kvs() { throw new Error("key value stores are not imitated"); }};
function require(name) {
  if (name === "querystring") {
    return {
      escape: encodeURIComponent,
      unescape: decodeURIComponent,
      parse: (text) => Object.fromEntries(text.split("&").filter(Boolean).map((pair) => {
        const [name, ...rest] = pair.split("=");
        return [decodeURIComponent(name), decodeURIComponent(rest.join("="))];
      })),
      stringify: (values) => Object.entries(values).map(
        ([name, value]) => encodeURIComponent(name) + "=" + encodeURIComponent(value)).join("&"),
    };
  }
  throw new Error("module " + name + " is not imitated");
}
"""

_CALL = """
var __result, __failure;
(async () => handler(JSON.parse(__event)))().then(
  (value) => { __result = JSON.stringify(value === undefined ? null : value); },
  (error) => { __failure = String(error); });
"""


@dataclass(frozen=True)
class Function:
    """A published function."""

    name: str
    runtime: str
    code: str


class FunctionFault(Exception):  # noqa: N818 - what CloudFront answers, no error of ours
    """The function could not be run (503), or what it returned is not valid (502)."""

    def __init__(self, function: str, reason: str, *, status: int = 503) -> None:
        """`reason` is one line."""
        super().__init__(f"function {function}: {reason}")
        self.status = status


def run(function: Function, event: Mapping[str, Any]) -> dict[str, Any]:
    """What the function makes of `event`: a request or a response, still to be checked.

    Raises:
        FunctionFault: it throws, does not end in time, needs too much memory, has no `handler`, or
            returns no object.
    """
    engine = quickjs.Context()
    engine.set_memory_limit(MEMORY)
    engine.set_max_stack_size(STACK)
    engine.set_time_limit(TIME)
    try:
        engine.eval(_PRELUDE)
        engine.eval(_IMPORT.sub(r"var \1 = __cloudfront;", function.code))
        engine.set("__event", json.dumps(event))
        engine.eval(_CALL)
        while engine.execute_pending_job():
            pass
        failure, result = engine.get("__failure"), engine.get("__result")
    except (quickjs.JSException, quickjs.StackOverflow) as error:
        raise FunctionFault(function.name, _one_line(error)) from None
    if failure is not None:
        raise FunctionFault(function.name, _one_line(failure))
    if result is None:
        raise FunctionFault(function.name, "it waits for something that never comes")
    returned = json.loads(result)
    if not isinstance(returned, dict):
        raise FunctionFault(function.name, "it returns no object", status=502)
    return returned


def _one_line(error: object) -> str:
    return next(iter(str(error).strip().splitlines()), "it failed")
