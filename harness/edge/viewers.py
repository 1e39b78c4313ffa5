"""Answers the viewers of distributions.

A viewer's way: the path chooses the behaviour, a function of the behaviour may change the request
or answer it, the behaviour's cache policy makes the cache key; what is fresh is answered from the
cache, anything else is asked of the origin once; another function may change the answer.

The world speaks plain HTTP on loopback, so every viewer counts as one that came over HTTPS: a
behaviour that redirects to HTTPS, or insists on it, serves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from harness.clock import Clock
from harness.edge.behaviours import choose
from harness.edge.cache import Cache
from harness.edge.clients import AwsClients
from harness.edge.configuration import Configuration
from harness.edge.distribution import Behaviour, Distribution
from harness.edge.function_events import on_request, on_response
from harness.edge.functions import FunctionFault
from harness.edge.policies import CacheKey
from harness.edge.requests import Request
from harness.edge.responses import (
    FUNCTION_FAILED,
    METHOD_REFUSED,
    Answer,
    XCache,
    edge_page,
    is_unchanged,
)
from harness.edge.retrieval import Retrieval, Wanted

_CONDITIONAL = frozenset({XCache.HIT, XCache.MISS, XCache.REFRESH_HIT})


class Viewers:
    """Answers with what is cached, or with what the origin says; used from one event loop only."""

    def __init__(
        self, clients: AwsClients, clock: Clock, cache: Cache, notice: Callable[[str], None]
    ) -> None:
        """`notice` is told, in one line, what could not be imitated."""
        self._clients = clients
        self._clock = clock
        self._cache = cache
        self._notice = notice
        self._in_flight: dict[tuple[CacheKey, int], asyncio.Task[Answer]] = {}

    async def answer(
        self, config: Configuration, distribution: Distribution, request: Request
    ) -> Answer:
        """The answer, its headers after the response-headers policy.

        The viewer's own address chooses the behaviour, whatever a function makes of it.
        """
        behaviour = choose(distribution, _path(distribution, request))
        missing = next((config.unresolved[i] for i in behaviour.ids if i in config.unresolved), "")
        if missing:
            return edge_page(500, missing)
        answer = await self._with_functions(config, distribution, behaviour, request)
        if answer.x_cache in _CONDITIONAL and is_unchanged(request.headers, answer.headers):
            answer = replace(answer, status=304, body=b"")
        policy = config.response_headers.get(behaviour.response_headers_policy_id)
        if policy is None:
            return answer
        headers = dict(answer.headers)
        policy.apply(headers, origin=request.headers.get("origin", ""))
        return replace(answer, headers=headers)

    async def _with_functions(
        self,
        config: Configuration,
        distribution: Distribution,
        behaviour: Behaviour,
        request: Request,
    ) -> Answer:
        """The answer, with the behaviour's functions run before and after it."""
        first = config.functions.get(behaviour.functions.get("viewer-request", ""))
        last = config.functions.get(behaviour.functions.get("viewer-response", ""))
        try:
            if first is not None:
                changed = on_request(first, distribution, request)
                if isinstance(changed, Answer):
                    return changed
                request = changed
            answer = await self._of_behaviour(config, distribution, behaviour, request)
            # Not for errors, even if they are shown as something else.
            if last is not None and answer.x_cache is not XCache.ERROR:
                answer = on_response(last, distribution, request, answer)
        except FunctionFault as fault:
            self._notice(str(fault))
            page = edge_page(fault.status, FUNCTION_FAILED)
            return replace(page, x_cache=XCache.FUNCTION_ERROR) if fault.status == 503 else page
        return answer

    async def _of_behaviour(
        self,
        config: Configuration,
        distribution: Distribution,
        behaviour: Behaviour,
        request: Request,
    ) -> Answer:
        path = _path(distribution, request)
        if request.method not in behaviour.allowed_methods:
            return edge_page(403, METHOD_REFUSED)
        if request.method not in {"GET", "HEAD"}:
            self._notice(f"{request.method} {path}: only GET and HEAD reach the origin")
            return edge_page(
                501, "Only GET and HEAD are imitated, though this behaviour allows more."
            )
        policy = config.cache_policy(behaviour)
        key = policy.key(distribution.id, path, request.query, request.headers)
        found = self._cache.get(key)
        if found is not None and found[1]:
            stored = found[0]
            age = int(self._clock.monotonic() - stored.stored_at)
            x_cache = XCache.ERROR if stored.is_error else XCache.HIT
            return Answer(stored.status, stored.headers, stored.body, x_cache, age)
        wanted = Wanted(distribution, behaviour, policy, key, path, request.headers)
        return await self._retrieve(config, wanted)

    async def _retrieve(self, config: Configuration, wanted: Wanted) -> Answer:
        """Ask the origin, once for all viewers who want the same at the same time.

        Viewers who come after an invalidation do not join a request that was begun before it.
        """
        flight = (wanted.key, self._cache.epoch)
        task = self._in_flight.get(flight)
        if task is None:
            work = Retrieval(self._clients, self._clock, self._cache, config, self._notice)
            task = asyncio.create_task(work.retrieve(wanted))
            self._in_flight[flight] = task
            task.add_done_callback(lambda _: self._in_flight.pop(flight, None))
        return await asyncio.shield(task)


def _path(distribution: Distribution, request: Request) -> str:
    """The path of the object that is asked for: for `/`, the default root object's."""
    if request.path == "/" and distribution.default_root_object:
        return f"/{distribution.default_root_object}"
    return request.path
