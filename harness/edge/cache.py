"""The edge's cache, and what an invalidation takes out of it.

Time is the injected clock's monotonic time. A change of the distribution's configuration takes
nothing out: CloudFront goes on serving what is cached until it expires or is invalidated, even when
the origin changes. Sources:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from harness.clock import Clock
from harness.edge.policies import CacheKey


@dataclass(frozen=True)
class Stored:
    """An answer in the cache: `stored_at` and `fresh_until` are monotonic seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_error: bool
    stored_at: float
    fresh_until: float


class Cache:
    """Answers by cache key. Used from one event loop only.

    `epoch` grows with each invalidation. What was fetched in an earlier epoch is not stored: it may
    be what the invalidation was meant to remove.
    """

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self.epoch = 0
        self._clock = clock
        self._entries: dict[CacheKey, Stored] = {}

    def __len__(self) -> int:
        """How many answers are held, fresh or not."""
        return len(self._entries)

    def get(self, key: CacheKey) -> tuple[Stored, bool] | None:
        """What is stored under `key` and whether it is still fresh; None when nothing is."""
        stored = self._entries.get(key)
        if stored is None:
            return None
        return stored, self._clock.monotonic() < stored.fresh_until

    def put(
        self,
        key: CacheKey,
        *,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        seconds: float,
        is_error: bool,
        epoch: int,
    ) -> None:
        """Store an answer for `seconds`, unless an invalidation came after `epoch`."""
        if epoch == self.epoch:
            now = self._clock.monotonic()
            self._entries[key] = Stored(status, headers, body, is_error, now, now + seconds)

    def extend(
        self, key: CacheKey, stored: Stored, seconds: float, *, renewed: bool, epoch: int
    ) -> None:
        """Keep `stored` for `seconds` more; `renewed` when the origin said that it is unchanged."""
        if epoch == self.epoch:
            now = self._clock.monotonic()
            self._entries[key] = replace(
                stored, stored_at=now if renewed else stored.stored_at, fresh_until=now + seconds
            )

    def drop(self, key: CacheKey) -> None:
        """Forget one answer, if it is there."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self.epoch += 1
        self._entries.clear()

    def invalidate(self, distribution: str, paths: Iterable[str]) -> int:
        """Take out what the invalidation paths name; returns how many answers that were."""
        self.epoch += 1
        named = tuple(paths)
        gone = [
            key
            for key in self._entries
            if key[0] == distribution and any(invalidates(path, key[1], key[2]) for path in named)
        ]
        for key in gone:
            del self._entries[key]
        return len(gone)


def invalidates(invalidation: str, path: str, query: str = "") -> bool:
    """Whether an invalidation path names the object cached for `path` (percent-decoded).

    `*` is a wildcard as the last character and an ordinary character elsewhere; case counts;
    `query` is the part of the query string that is in the cache key, and the invalidation path must
    include it. An invalidation path is relative to the distribution and must begin with a slash.
    The default root object is cached, and invalidated, under its own path: `/index.html`, not `/`.
    """
    if not invalidation.startswith("/"):
        return False
    subject = f"{path}?{unquote(query)}" if query else path
    if invalidation.endswith("*"):
        return subject.startswith(unquote(invalidation[:-1]))
    return subject == unquote(invalidation)
