"""The edge: an ASGI app that answers viewers as CloudFront would.

A viewer's way: host or port chooses the distribution, the path its behaviour, the behaviour's cache
policy the cache key; what is fresh is answered from the cache, anything else is asked of the origin
once.

The world speaks plain HTTP on loopback, so every viewer counts as one that came over HTTPS: a
behaviour that redirects to HTTPS, or insists on it, serves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from harness.clock import Clock
from harness.edge import configuration
from harness.edge.behaviours import choose
from harness.edge.cache import Cache
from harness.edge.clients import AwsClients
from harness.edge.configuration import Configuration
from harness.edge.distribution import Behaviour, Distribution
from harness.edge.policies import CacheKey, CachePolicy
from harness.edge.responses import (
    METHOD_REFUSED,
    NO_DISTRIBUTION,
    Answer,
    XCache,
    edge_page,
    is_unchanged,
    viewer_headers,
)
from harness.edge.retrieval import Retrieval, Wanted

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """What of a request matters; `path` is percent-decoded, header names are lower-case."""

    method: str
    port: int
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        """The Host header without its port."""
        return self.headers.get("host", "").rpartition("@")[2].partition(":")[0].lower()


class Edge:
    """Serves every distribution of the world; all of its life is on one event loop."""

    def __init__(self, clients: AwsClients, clock: Clock, listeners: Mapping[int, str]) -> None:
        """Know nothing until `refresh`.

        Args:
            clients: the AWS API, read for configuration and objects; never written to.
            clock: whose monotonic time ages the cache.
            listeners: for each port that this app is served on, the alias of the distribution that
                answers there when the Host header names none.
        """
        self._clients = clients
        self._clock = clock
        self._listeners = {port: alias.lower() for port, alias in listeners.items()}
        self._configuration = Configuration()
        self._cache = Cache(clock)
        self._applied: frozenset[tuple[str, str]] = frozenset()
        self._refreshed = False
        self._refreshing = asyncio.Lock()
        self._in_flight: dict[tuple[CacheKey, int], asyncio.Task[Answer]] = {}
        self._noticed: dict[str, None] = {}
        self._answered = 0

    @property
    def findings(self) -> tuple[str, ...]:
        """What could not be imitated or understood, one line each."""
        return tuple(dict.fromkeys((*self._configuration.findings, *self._noticed)))

    async def refresh(self) -> None:
        """Read distributions, policies, bucket policies and new invalidations, and act on them.

        The cache stays as it is but for what new invalidations name. Invalidations found by the
        first refresh were made before anything was cached.

        Raises:
            SitedrillError: something could not be read; everything stays as it was.
        """
        async with self._refreshing:
            reading = await asyncio.to_thread(
                configuration.read, self._clients, self._applied, with_paths=self._refreshed
            )
            self._configuration = reading.configuration
            if self._refreshed:
                for invalidation in reading.invalidations:
                    self._invalidate(invalidation)
            self._applied |= {(i.distribution, i.id) for i in reading.invalidations}
            self._refreshed = True

    def clear_cache(self) -> None:
        """Forget everything cached, as an edge location that has just been started."""
        self._cache.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one viewer."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = _request(scope)
        answer, headers = await self._answer(request)
        self._answered += 1
        raw = viewer_headers(answer, headers, self._answered)
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        body = b"" if request.method == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, request: Request) -> tuple[Answer, dict[str, str]]:
        """The answer, and its headers after the response-headers policy."""
        config = self._configuration
        distribution = config.find(request.host) or config.find(
            self._listeners.get(request.port, "")
        )
        # What a disabled distribution answers is not documented: it is as if it were not there.
        if distribution is None or not distribution.enabled:
            return _bare(edge_page(403, NO_DISTRIBUTION))
        path = request.path
        if path == "/" and distribution.default_root_object:
            path = f"/{distribution.default_root_object}"
        behaviour = choose(distribution, path)
        missing = config.unresolved.get(behaviour.cache_policy_id) or config.unresolved.get(
            behaviour.response_headers_policy_id
        )
        if missing:
            return _bare(edge_page(500, missing))
        answer = await self._of_behaviour(config, distribution, behaviour, path, request)
        if answer.x_cache is not XCache.ERROR and is_unchanged(request.headers, answer.headers):
            answer = replace(answer, status=304, body=b"")
        headers = dict(answer.headers)
        policy = config.response_headers.get(behaviour.response_headers_policy_id)
        if policy is not None:
            policy.apply(headers, cross_origin="origin" in request.headers)
        return answer, headers

    async def _of_behaviour(
        self,
        config: Configuration,
        distribution: Distribution,
        behaviour: Behaviour,
        path: str,
        request: Request,
    ) -> Answer:
        if request.method not in behaviour.allowed_methods:
            return edge_page(403, METHOD_REFUSED)
        if request.method not in {"GET", "HEAD"}:
            self._notice(f"{request.method} {path}: only GET and HEAD reach the origin")
            return edge_page(
                501, "Only GET and HEAD are imitated, though this behaviour allows more."
            )
        policy = policy_of(config, behaviour)
        key = policy.key(distribution.id, path, request.query, request.headers)
        found = self._cache.get(key)
        if found is not None and found[1]:
            stored = found[0]
            age = int(self._clock.monotonic() - stored.stored_at)
            x_cache = XCache.ERROR if stored.is_error else XCache.HIT
            return Answer(stored.status, stored.headers, stored.body, x_cache, age)
        return await self._retrieve(config, Wanted(distribution, behaviour, policy, key, path))

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

    def _invalidate(self, invalidation: configuration.Invalidation) -> None:
        for path in invalidation.paths:
            if not path.startswith("/"):
                self._notice(
                    f"invalidation {invalidation.id} of {invalidation.distribution}: path {path!r}"
                    " does not begin with / and names nothing"
                )
        self._cache.invalidate(invalidation.distribution, invalidation.paths)

    def _notice(self, finding: str) -> None:
        self._noticed[finding] = None


def policy_of(config: Configuration, behaviour: Behaviour) -> CachePolicy:
    """The behaviour's cache policy, or its own settings when it names none."""
    return behaviour.legacy or config.cache_policies[behaviour.cache_policy_id]


def _bare(answer: Answer) -> tuple[Answer, dict[str, str]]:
    return answer, dict(answer.headers)


def _request(scope: Scope) -> Request:
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    server = scope.get("server") or ("", 0)
    return Request(
        method=scope["method"],
        port=server[1] or 0,
        path=unquote(raw_path.partition(b"?")[0].decode("latin-1")) or "/",
        query=scope.get("query_string", b"").decode("latin-1"),
        headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
    )


async def _lifespan(receive: Receive, send: Send) -> None:
    """Agree to start and to stop; the edge has nothing to do for either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
