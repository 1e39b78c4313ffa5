"""Samples the edge all through a drill: availability, and the moment of recovery.

    with Prober(edge_url, healthy, headers, journal=journal, clock=clock) as prober:
        ...
        sample = prober.wait_for(healthy=True, within=30)

One sample asks for each of a few paths, one after the other over one kept-alive connection, and is
healthy when every one answers 200 with an accepted body and the required headers. Each sample is
one `probe` record in the journal; the numbers are made from those records afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import TracebackType

import httpx

from harness.checks.fetching import Answer, ask, header_faults
from harness.clock import Clock
from harness.journal import Journal, Record


@dataclass(frozen=True)
class Sample:
    """One look at the site: `path` is the first that failed, or the first of all when healthy.

    `status` is 0 when there was no answer; `seconds` is what the whole sample took.
    """

    healthy: bool
    path: str
    status: int
    reason: str
    seconds: float
    x_cache: str


class Prober:
    """Samples on a fixed schedule in a thread of its own, for the length of a `with`."""

    def __init__(
        self,
        edge_url: str,
        healthy: Mapping[str, frozenset[str]],
        required_headers: Mapping[str, str],
        *,
        journal: Journal,
        clock: Clock,
        interval: float = 0.2,
        timeout: float = 2.0,
        ask: Callable[[str], Answer] | None = None,
        told: Callable[[Sample], None] = lambda _: None,
    ) -> None:
        """Nothing is asked before `__enter__`.

        Args:
            edge_url: the site as a viewer types it, without a path.
            healthy: path -> the SHA-256 sums that are fine there (those of every good release).
            required_headers: name -> value, an empty value takes any.
            journal: gets one `probe` record a sample.
            clock: keeps the schedule.
            interval: seconds from the start of one sample to the start of the next. A sample that
                takes longer leaves out the ones it ran over; it never causes a burst.
            timeout: seconds for one request.
            ask: asks for a path, in place of a client of our own.
            told: hears of each sample, once it is journaled, in the prober's thread.
        """
        if not healthy:
            raise ValueError("a prober needs at least one path")
        self._edge_url = edge_url.rstrip("/")
        self._accepted = dict(healthy)
        self._required_headers = dict(required_headers)
        self._journal = journal
        self._clock = clock
        self._interval = interval
        self._ask = ask or self._ask_over_http
        self._told = told
        self._http = httpx.Client(trust_env=False, timeout=timeout)
        self._thread = threading.Thread(target=self._run, name="prober", daemon=True)
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._begun = 0
        self._latest: tuple[int, Sample] | None = None

    def __enter__(self) -> Prober:
        """Start sampling at once."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop: no sample is begun after this, the one under way is finished and journaled."""
        self._stop.set()
        self._thread.join()
        self._http.close()
        with self._news:
            self._news.notify_all()

    @property
    def latest(self) -> Sample | None:
        """The last sample, None before the first."""
        with self._news:
            return self._latest[1] if self._latest else None

    def wait_for(self, *, healthy: bool, within: float) -> Sample | None:
        """Wait for a sample of this kind, begun after this call; None when none came in time."""
        deadline = self._clock.monotonic() + within
        with self._news:
            before = self._begun
            while True:
                if self._latest and self._latest[0] > before and self._latest[1].healthy is healthy:
                    return self._latest[1]
                left = deadline - self._clock.monotonic()
                if left <= 0 or not self._thread.is_alive():
                    return None
                self._news.wait(left)

    def _run(self) -> None:
        due = self._clock.monotonic()
        while not self._stop.wait(max(0.0, due - self._clock.monotonic())):
            with self._news:
                self._begun += 1
                number = self._begun
            sample = self._sample()
            self._journal.write("probe", **asdict(sample))
            with self._news:
                self._latest = (number, sample)
                self._news.notify_all()
            self._told(sample)
            # Counted from the first, not from now: the schedule does not drift.
            missed = int(max(0.0, self._clock.monotonic() - due) // self._interval)
            due += (missed + 1) * self._interval

    def _sample(self) -> Sample:
        start = self._clock.monotonic()
        samples: list[Sample] = []
        for path, accepted in self._accepted.items():
            samples.append(self._probe(path, accepted, start))
            # The first failure settles it; asking on would only make a slow edge slower.
            if not samples[-1].healthy:
                return samples[-1]
        return replace(samples[0], seconds=self._since(start))

    def _probe(self, path: str, accepted: frozenset[str], start: float) -> Sample:
        try:
            answer = self._ask(path)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, a viewer saw no page
            reason = f"{type(error).__name__}: {error}"
            return Sample(False, path, 0, reason, self._since(start), "")
        faults = header_faults(answer, self._required_headers)
        if answer.status != 200:
            reason = answer.says
        elif answer.sha256 not in accepted:
            reason = f"serves none of the accepted bodies but {answer.sha256[:12]}"
        else:
            reason = "; ".join(faults)
        x_cache = answer.headers.get("X-Cache", "")
        return Sample(not reason, path, answer.status, reason, self._since(start), x_cache)

    def _ask_over_http(self, path: str) -> Answer:
        return ask(self._http, self._edge_url + path)

    def _since(self, start: float) -> float:
        return round(self._clock.monotonic() - start, 4)


def availability(records: Sequence[Record], since: float, until: float) -> float | None:
    """The share (0 to 1) of healthy samples with `since <= t <= until`; None without samples."""
    samples = [bool(r.data["healthy"]) for r in records if _is_probe(r) and since <= r.t <= until]
    return sum(samples) / len(samples) if samples else None


def recovered_at(records: Sequence[Record], since: float) -> float | None:
    """When the site became healthy for good: `t` of the first sample of the last healthy stretch.

    Only samples from `since` on count. None when the last one is unhealthy, or there are none: a
    site that was healthy in between and broke again has not recovered.
    """
    moment: float | None = None
    for record in records:
        if _is_probe(record) and record.t >= since:
            if not record.data["healthy"]:
                moment = None
            elif moment is None:
                moment = record.t
    return moment


def _is_probe(record: Record) -> bool:
    return record.kind == "probe"
