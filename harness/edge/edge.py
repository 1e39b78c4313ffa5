"""The edge: an ASGI app that answers viewers as CloudFront would, or as S3's website endpoint.

Each port it is served on belongs to an environment. There answers either the distribution that has
the environment's alias (the Host header may name another), or a bucket's website endpoint:

    Edge(clients, clock, {40001: "staging.example.test", 40002: WebsiteBucket("staging-site")})

`refresh` reads the configuration anew. It is due after any CloudFront call that changes something,
and after `BUCKET_CHANGES`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from harness.clock import Clock
from harness.edge import configuration, website_endpoint
from harness.edge.cache import Cache
from harness.edge.clients import AwsClients
from harness.edge.configuration import Configuration
from harness.edge.requests import Request, Scope, request_of
from harness.edge.responses import (
    NO_DISTRIBUTION,
    Answer,
    XCache,
    edge_page,
    is_unchanged,
    viewer_headers,
)
from harness.edge.viewers import Viewers

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: The S3 operations that change what the edge knows; an answer to one makes a `refresh` due.
BUCKET_CHANGES = frozenset(
    {
        "CreateBucket",
        "DeleteBucket",
        "DeleteBucketPolicy",
        "DeleteBucketWebsite",
        "DeletePublicAccessBlock",
        "PutBucketPolicy",
        "PutBucketWebsite",
        "PutPublicAccessBlock",
    }
)


@dataclass(frozen=True)
class WebsiteBucket:
    """A listener that is the website endpoint of this bucket: no CloudFront, no cache."""

    name: str


class Edge:
    """Serves every distribution of the world; all of its life is on one event loop."""

    def __init__(
        self, clients: AwsClients, clock: Clock, listeners: Mapping[int, str | WebsiteBucket]
    ) -> None:
        """Know nothing until `refresh`.

        Args:
            clients: the AWS API, read for configuration and objects; never written to.
            clock: whose monotonic time ages the cache.
            listeners: for each port that this app is served on, who answers there: the distribution
                of this alias, unless the Host header names another, or a bucket's website endpoint.
        """
        self._clients = clients
        self._clock = clock
        self._aliases = {p: n.lower() for p, n in listeners.items() if isinstance(n, str)}
        self._websites = {p: b.name for p, b in listeners.items() if isinstance(b, WebsiteBucket)}
        self._configuration = Configuration()
        self._cache = Cache(clock)
        self._applied: frozenset[tuple[str, str]] = frozenset()
        self._refreshed = False
        self._refreshing = asyncio.Lock()
        self._noticed: dict[str, None] = {}
        self._viewers = Viewers(clients, clock, self._cache, self._notice)
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
                configuration.read,
                self._clients,
                self._applied,
                websites=frozenset(self._websites.values()),
                with_paths=self._refreshed,
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
        request = request_of(scope)
        self._answered += 1
        bucket = self._websites.get(request.port)
        answer = await (self._of_website(bucket, request) if bucket else self._answer(request))
        raw = viewer_headers(answer, self._answered)
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        body = b"" if request.method == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, request: Request) -> Answer:
        config = self._configuration
        distribution = config.find(request.host) or config.find(self._aliases.get(request.port, ""))
        # What a disabled distribution answers is not documented: it is as if it were not there.
        if distribution is None or not distribution.enabled:
            return edge_page(403, NO_DISTRIBUTION)
        return await self._viewers.answer(config, distribution, request)

    async def _of_website(self, name: str, request: Request) -> Answer:
        """What the bucket's website endpoint answers; boto3 blocks, so on a thread."""
        bucket = self._configuration.buckets[name]
        visit = website_endpoint.Visit(
            path=request.path,
            host=request.headers.get("host", ""),
            method=request.method,
            referer=request.headers.get("referer", ""),
            agent=request.headers.get("user-agent", ""),
        )
        found = await asyncio.to_thread(website_endpoint.answer, self._clients, bucket, visit)
        for note in found.notes:
            self._notice(f"bucket {name}: policy: {note}")
        headers = {**found.headers, "date": format_datetime(self._clock.now(), usegmt=True)}
        if found.status == 200 and is_unchanged(request.headers, headers):
            return Answer(304, headers, b"", XCache.NONE)
        return Answer(found.status, headers, found.body, XCache.NONE)

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


async def _lifespan(receive: Receive, send: Send) -> None:
    """Agree to start and to stop; the edge has nothing to do for either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
