"""What a viewer sees at one address while an incident lasts: is the fault visible?"""

from __future__ import annotations

import fnmatch
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import httpx

from harness.checks.fetching import ask
from harness.checks.page import parse_page
from harness.checks.release import ExpectedRelease


class Symptom(Protocol):
    """What is to be seen; every condition that is given must hold."""

    @property
    def path(self) -> str:
        """The address, below the site's."""
        ...

    @property
    def status(self) -> int | None:
        """The status answered."""
        ...

    @property
    def contains(self) -> str | None:
        """A text in the body."""
        ...

    @property
    def lacks(self) -> str | None:
        """A text that is not in the body."""
        ...

    @property
    def broken_links(self) -> bool:
        """Whether something the page refers to does not answer 200."""
        ...


def page_meant(path: str, live: ExpectedRelease) -> str | None:
    """A symptom's address at this site: `*` stands for any page but the front and the error page.

    None where the site has no such page.
    """
    if "*" not in path:
        return path
    pages = (file.path for file in live.files if file.is_html and file != live.error_page)
    others = [page for page in pages if page != "/index.html"]
    return next((page for page in others if fnmatch.fnmatchcase(page, path)), None)


def why_not_visible(symptom: Symptom, edge_url: str, http: httpx.Client) -> str:
    """Why the symptom does not show through the edge, in one line; empty when it does."""
    url = edge_url.rstrip("/") + symptom.path
    answer = ask(http, url)
    body = answer.body.decode(errors="replace")
    if symptom.status is not None and answer.status != symptom.status:
        return f"{symptom.path} {answer.says}, the symptom is {symptom.status}"
    if symptom.contains and symptom.contains not in body:
        return f"{symptom.path} does not contain {symptom.contains!r}"
    if symptom.lacks and symptom.lacks in body:
        return f"{symptom.path} still contains {symptom.lacks!r}"
    if symptom.broken_links and not _has_broken_link(url, body, http):
        return f"{symptom.path}: everything that it refers to answers 200"
    return ""


def _has_broken_link(url: str, body: str, http: httpx.Client) -> bool:
    here = urlsplit(url).netloc
    targets = {urljoin(url, reference.address) for reference in parse_page(body).references}
    internal = sorted(target for target in targets if urlsplit(target).netloc == here)
    return any(ask(http, target.partition("#")[0]).status != 200 for target in internal)
