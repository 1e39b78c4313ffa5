"""Asks the edge for many paths over a few kept-alive connections, and keeps every answer.

Redirects are not followed and proxies are the client's business (`trust_env=False`): what counts is
what the edge itself says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

#: An edge that did not answer this often in a row is not asked again: more timeouts say no more.
GIVE_UP_AFTER = 3


@dataclass(frozen=True)
class Answer:
    """What the edge said; `status` 0 means that it did not, `error` then says why."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sha256: str = ""
    error: str = ""

    @property
    def cache(self) -> str:
        """How the answer came out of the cache, for a message: `X-Cache: Hit from cloudfront`."""
        said = [f"{n}: {self.headers[n]}" for n in ("X-Cache", "Age") if n in self.headers]
        return ", ".join(said)

    @property
    def says(self) -> str:
        """The answer in a few words: `answers 403`, or why there was none."""
        return f"answers {self.status}" if self.status else f"does not answer: {self.error}"


class Fetcher:
    """Fetches paths of one edge, each at most once."""

    def __init__(self, edge_url: str, http: httpx.Client, *, workers: int = 2) -> None:
        """`workers` bounds the requests under way at once."""
        self.edge_url = edge_url.rstrip("/")
        self._http = http
        self._workers = workers
        self._answers: dict[str, Answer] = {}
        self._failures = 0

    def fetch(self, paths: Iterable[str]) -> None:
        """Ask for these paths (with their query, if any), those not asked for yet."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._answers]
        if not wanted:
            return
        with ThreadPoolExecutor(self._workers, thread_name_prefix="checks") as pool:
            self._answers.update(zip(wanted, pool.map(self._ask, wanted), strict=True))

    def __getitem__(self, path: str) -> Answer:
        """The answer for `path`, asked for now if it was not before."""
        self.fetch([path])
        return self._answers[path]

    def __contains__(self, path: str) -> bool:
        """Whether `path` was asked for already."""
        return path in self._answers

    def _ask(self, path: str) -> Answer:
        if self._failures >= GIVE_UP_AFTER:
            return Answer(status=0, error="not asked, the requests before it had no answer")
        answer = ask(self._http, self.edge_url + path)
        # Workers may count each other's failures twice or not at all; a request more does no harm.
        self._failures = 0 if answer.status else self._failures + 1
        return answer


def ask(http: httpx.Client, url: str) -> Answer:
    """One GET, its answer read to the end; failing to connect is an answer too."""
    try:
        response = http.get(url, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(status=0, error=f"{type(error).__name__}: {error}".rstrip(": "))
    body = response.content
    return Answer(
        status=response.status_code,
        headers=response.headers,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
    )


def header_faults(answer: Answer, required: Mapping[str, str]) -> list[str]:
    """Which required headers are missing or differ; an empty value takes any."""
    found = []
    for name, value in required.items():
        served = answer.headers.get(name)
        if served is None:
            found.append(f"header {name} is missing")
        elif value and served != value:
            found.append(f"header {name} is {served!r}, expected {value!r}")
    return found
