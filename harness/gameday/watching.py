"""Watches a site through an emergency: availability, the moment it broke, the moment it was back.

    watch = Watch(url, accepted, headers, journal=journal, clock=clock, every=0.25)
    watch.until_recovered(within=900, confirmed=3, say=print, stop=threading.Event())

The same samples and the same marks as in a drill, made by the same prober.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.checks.asking import Asker
from harness.checks.prober import Prober, Sample
from harness.clock import Clock
from harness.journal import Journal

#: Seconds for one request.
TIMEOUT = 2.0


@dataclass(frozen=True)
class Watched:
    """What came of it: `seconds` until the site was well for good, None when it never was.

    `availability` is the share of healthy samples (0 to 1), None without any.
    """

    seconds: float | None
    availability: float | None
    samples: int


@dataclass
class _Count:
    samples: int = 0
    healthy: int = 0
    row: int = 0
    since: float | None = None
    was: bool | None = None


class Watch:
    """One site, watched for one release."""

    def __init__(
        self,
        url: str,
        accepted: Mapping[str, frozenset[str]],
        headers: Mapping[str, str],
        *,
        journal: Journal,
        clock: Clock,
        every: float,
    ) -> None:
        """Nothing is asked yet.

        Args:
            url: what viewers type.
            accepted: path -> the SHA-256 sums that are fine there.
            headers: that every answer must carry.
            journal: told each sample, and each mark.
            clock: whose time counts.
            every: seconds from one sample to the next.
        """
        self._url = url
        self._accepted = accepted
        self._headers = headers
        self._journal = journal
        self._clock = clock
        self._every = every

    def until_recovered(
        self,
        *,
        within: float,
        confirmed: int,
        say: Callable[[str], None],
        stop: threading.Event,
    ) -> Watched:
        """Watch until so many samples in a row were healthy, or the time is over.

        Args:
            within: seconds; the time box.
            confirmed: healthy samples in a row; recovery counts from the first of them.
            say: told whatever changes, in one line.
            stop: ends the watch early.
        """
        begun = self._clock.monotonic()
        count, over = _Count(), threading.Event()

        def seen(sample: Sample) -> None:
            at = round(self._clock.monotonic() - begun, 3)
            self._take(count, sample, at, say)
            if count.row >= confirmed or stop.is_set() or at >= within:
                over.set()

        asker = Asker(self._url, timeout=TIMEOUT)
        with Prober(
            self._url,
            self._accepted,
            self._headers,
            journal=self._journal,
            clock=self._clock,
            interval=self._every,
            timeout=TIMEOUT,
            ask=asker,
            told=seen,
        ):
            while not over.wait(max(0.0, min(0.5, begun + within - self._clock.monotonic()))):
                if stop.is_set() or self._clock.monotonic() - begun >= within:
                    break
        asker.close()
        recovered = count.since if count.row >= confirmed else None
        share = count.healthy / count.samples if count.samples else None
        return Watched(recovered, share, count.samples)

    def _take(self, count: _Count, sample: Sample, at: float, say: Callable[[str], None]) -> None:
        count.samples += 1
        count.healthy += sample.healthy
        if sample.healthy != count.was:
            if sample.healthy:
                count.since = at
                mark, text = "recovered", f"{at:7.1f} s  good: {sample.path} answers as it should"
            else:
                mark, text = "broken", f"{at:7.1f} s  broken: {sample.path} {sample.reason}"
            self._journal.write("mark", mark=mark, seconds=at, path=sample.path, by="evidence")
            say(text)
        count.row = count.row + 1 if sample.healthy else 0
        count.was = sample.healthy
