"""Asks the origin for what is not fresh in the cache, and settles what is cached for how long.

Revalidation, stale objects while the origin fails, cached errors and custom error pages, as in
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html and
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import format_datetime

from harness.clock import Clock
from harness.edge.behaviours import choose
from harness.edge.cache import Cache, Stored
from harness.edge.clients import AwsClients
from harness.edge.configuration import Configuration
from harness.edge.distribution import Behaviour, Distribution
from harness.edge.freshness import of_error, of_object
from harness.edge.origin import OriginAnswer
from harness.edge.origin_requests import ask
from harness.edge.policies import CacheKey, CachePolicy
from harness.edge.responses import Answer, XCache, edge_page


@dataclass(frozen=True)
class Wanted:
    """What a viewer asked for, and how the distribution wants it handled."""

    distribution: Distribution
    behaviour: Behaviour
    policy: CachePolicy
    key: CacheKey
    path: str
    headers: Mapping[str, str]


class Retrieval:
    """One request to the origin under one configuration; begun in one epoch of the cache."""

    def __init__(
        self,
        clients: AwsClients,
        clock: Clock,
        cache: Cache,
        config: Configuration,
        notice: Callable[[str], None],
    ) -> None:
        """`notice` is told, in one line, what could not be imitated."""
        self._clients = clients
        self._clock = clock
        self._cache = cache
        self._config = config
        self._notice = notice
        self._epoch = cache.epoch

    async def retrieve(self, wanted: Wanted) -> Answer:
        """The origin's answer as the viewer gets it, cached for as long as it may be."""
        found = self._cache.get(wanted.key)
        stale = found[0] if found is not None and not found[0].is_error else None
        answer = await self._ask(wanted, stale.headers.get("etag", "") if stale else "")
        if answer.status == 304 and stale is not None:
            return self._renewed(wanted, stale)
        if answer.status >= 400:
            return await self._error(wanted, answer, stale)
        return self._object(wanted, answer)

    async def _ask(self, wanted: Wanted, etag: str) -> OriginAnswer:
        """Ask the behaviour's origin, on a thread: boto3 blocks."""
        answer = await asyncio.to_thread(
            ask,
            self._clients,
            self._config,
            wanted.distribution,
            wanted.behaviour,
            wanted.path,
            wanted.headers,
            etag=etag,
        )
        for note in answer.notes:
            self._notice(note)
        date = format_datetime(self._clock.now(), usegmt=True)
        return replace(answer, headers={**answer.headers, "date": date})

    def _object(self, wanted: Wanted, answer: OriginAnswer) -> Answer:
        fresh = of_object(answer.headers, wanted.policy, self._clock.now())
        self._keep(wanted, answer, fresh.seconds, keep=fresh.keep, is_error=False)
        return Answer(answer.status, answer.headers, answer.body, XCache.MISS)

    def _renewed(self, wanted: Wanted, stale: Stored) -> Answer:
        """The origin still has what we hold: it is fresh once more."""
        fresh = of_object(stale.headers, wanted.policy, self._clock.now())
        self._cache.extend(wanted.key, stale, fresh.seconds, renewed=True, epoch=self._epoch)
        return Answer(stale.status, stale.headers, stale.body, XCache.REFRESH_HIT, age=0)

    async def _error(self, wanted: Wanted, answer: OriginAnswer, stale: Stored | None) -> Answer:
        custom = wanted.distribution.custom_errors.get(answer.status)
        fresh = of_error(answer.status, answer.headers, custom, self._clock.now())
        if answer.status >= 500 and stale is not None:
            # While the origin fails, viewers get what there is.
            self._cache.extend(wanted.key, stale, fresh.seconds, renewed=False, epoch=self._epoch)
            age = int(self._clock.monotonic() - stale.stored_at)
            return Answer(stale.status, stale.headers, stale.body, XCache.HIT, age)
        shown = answer
        if custom is not None and custom.page:
            page = await self._error_page(wanted.distribution, custom.page)
            shown = page if page.status >= 400 else replace(page, status=custom.response_code)
        self._keep(wanted, shown, fresh.seconds, keep=fresh.keep, is_error=True)
        return Answer(shown.status, shown.headers, shown.body, XCache.ERROR)

    async def _error_page(self, distribution: Distribution, path: str) -> OriginAnswer:
        """A custom error page, through the behaviours and the cache like any other object.

        When it cannot be had, the viewer gets the error that asking for *it* ended in:
        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-unavailable.html
        """
        behaviour = choose(distribution, path)
        policy = behaviour.legacy or self._config.cache_policies.get(behaviour.cache_policy_id)
        if policy is None:
            page = edge_page(500, self._config.unresolved[behaviour.cache_policy_id])
            return OriginAnswer(page.status, page.headers, page.body)
        wanted = Wanted(
            distribution, behaviour, policy, policy.key(distribution.id, path, "", {}), path, {}
        )
        found = self._cache.get(wanted.key)
        if found is not None and found[1] and not found[0].is_error:
            return OriginAnswer(found[0].status, found[0].headers, found[0].body)
        answer = await self._ask(wanted, "")
        if answer.status < 400:
            self._object(wanted, answer)
        return answer

    def _keep(
        self, wanted: Wanted, answer: OriginAnswer, seconds: float, *, keep: bool, is_error: bool
    ) -> None:
        if not keep:
            self._cache.drop(wanted.key)
            return
        self._cache.put(
            wanted.key,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            seconds=seconds,
            is_error=is_error,
            epoch=self._epoch,
        )
