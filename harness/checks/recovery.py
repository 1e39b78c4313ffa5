"""Does the edge serve exactly the expected release? Every file, every link, the error page.

    with httpx.Client(trust_env=False) as http:
        recovery = check_recovery(edge_url, expected, http=http, known=known_hashes(releases))
    recovery.recovered, recovery.findings

Directory URLs have nothing special about them: a distribution in front of S3's REST origin has a
default root object for `/` alone.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DefaultRootObject.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from harness.checks.fetching import Answer, Fetcher, header_faults
from harness.checks.page import Page, Reference, parse_page
from harness.checks.release import ExpectedFile, ExpectedRelease, url_path

#: Nobody has a page of this name; pass another one when its answer may still be cached.
MISSING_PATH = "/sitedrill/there-is-no-such-page.html"
#: More findings than a person reads.
MOST_FINDINGS = 50


@dataclass(frozen=True)
class Recovery:
    """`findings` say in one line each what differs; `files` and `links` count what was compared."""

    recovered: bool
    findings: tuple[str, ...]
    files: int
    links: int


def check_recovery(
    edge_url: str,
    expected: ExpectedRelease,
    *,
    http: httpx.Client,
    known: Mapping[str, Sequence[str]] | None = None,
    hosts: Collection[str] = (),
    root: str = "/index.html",
    missing_path: str = MISSING_PATH,
    workers: int = 2,
    most: int = MOST_FINDINGS,
) -> Recovery:
    """Compare everything of a release with what the edge serves.

    Args:
        edge_url: the site as a viewer types it, without a path.
        expected: the release that should be live.
        http: made with `trust_env=False`; its timeouts hold for each request.
        known: SHA-256 -> release names, to say what is served instead (see `known_hashes`).
        hosts: other host names of the same site, so that absolute links to them are internal.
        root: the path whose file `/` must equal, when the release has it.
        missing_path: a path that does not exist, to see the error page.
        workers: requests under way at once.
        most: findings to list before `... and N more`.
    """
    check = _Check(Fetcher(edge_url, http, workers=workers), expected, known or {}, hosts)
    findings = list(dict.fromkeys(check.findings(root, missing_path)))
    listed = findings[:most]
    if len(findings) > most:
        listed.append(f"... and {len(findings) - most} more")
    return Recovery(not findings, tuple(listed), len(expected.files), check.links)


class _Check:
    """One comparison under way."""

    def __init__(
        self,
        fetcher: Fetcher,
        expected: ExpectedRelease,
        known: Mapping[str, Sequence[str]],
        hosts: Collection[str],
    ) -> None:
        self.links = 0
        self._fetcher = fetcher
        self._expected = expected
        self._known = known
        self._hosts = {host.lower() for host in hosts} | {urlsplit(fetcher.edge_url).netloc.lower()}
        self._pages: dict[str, Page] = {}

    def findings(self, root: str, missing_path: str) -> Iterator[str]:
        """Everything that differs, in the order a person would look."""
        files = self._expected.files
        root_file = self._expected.file(root)
        self._fetcher.fetch(["/", *(file.path for file in files), missing_path])
        if root_file:
            yield from self._compare("/", root_file)
        for file in files:
            yield from self._compare(file.path, file)
        if page := self._expected.error_page:
            yield from self._compare(missing_path, page, status=404)
        for path in self._parse(files):
            if faults := self._pages[path].faults:
                yield f"{path}: broken HTML: {'; '.join(faults)}"
        yield from self._check_links()

    def _compare(self, path: str, file: ExpectedFile, *, status: int = 200) -> Iterator[str]:
        answer = self._fetcher[path]
        if answer.status != status:
            yield f"{path}: {answer.says}, expected {status}{_why(answer.cache)}"
            if answer.status != 200:
                return
        if answer.sha256 != file.sha256:
            yield f"{path}: sha256 differs: {self._served_instead(answer, file)}"
        content_type = answer.headers.get("Content-Type", "")
        if not file.takes(content_type):
            wanted = " or ".join(file.content_types)
            yield f"{path}: content type is {content_type or 'missing'}, expected {wanted}"
        for fault in header_faults(answer, file.required_headers):
            yield f"{path}: {fault}"

    def _served_instead(self, answer: Answer, file: ExpectedFile) -> str:
        same = next((f.path for f in self._expected.files if f.sha256 == answer.sha256), None)
        if same:
            return f"served is {same}{_why(answer.cache)}"
        others = self._known.get(answer.sha256, ())
        if others:
            stale = "stale? " if "hit" in answer.headers.get("X-Cache", "").lower() else ""
            return f"served is release {', '.join(others)}{_why(answer.cache, stale)}"
        size = f"{len(answer.body)} bytes instead of {file.size}"
        return f"served is no known release, {size}{_why(answer.cache)}"

    def _parse(self, files: Sequence[ExpectedFile]) -> list[str]:
        for file in files:
            answer = self._fetcher[file.path]
            if file.is_html and answer.status == 200:
                self._pages[file.path] = parse_page(answer.body.decode(errors="replace"))
        return list(self._pages)

    def _check_links(self) -> Iterator[str]:
        links = [
            (path, reference, *resolved)
            for path, page in self._pages.items()
            for reference in page.references
            if (resolved := self._target(path, page, reference))
        ]
        self.links = len(links)
        self._fetcher.fetch(target for _, _, target, _ in links)
        for path, reference, target, fragment in links:
            where = f"{path}: {reference.place} {reference.address}"
            answer = self._fetcher[target]
            if answer.status != 200:
                yield f"{where} {answer.says}"
            elif fragment and not self._has_anchor(target, fragment):
                yield f"{where}: there is no #{fragment} in {target}"

    def _target(self, path: str, page: Page, reference: Reference) -> tuple[str, str] | None:
        """What to fetch and the anchor that must be in it; None for what lies outside the site."""
        try:
            base = urljoin(self._fetcher.edge_url + path, page.base)
            url = urlsplit(urljoin(base, reference.address))
        except ValueError:
            # Such as "http://[": no browser can follow it, so it resolves to nothing.
            return f"{path}/{url_path(reference.address)}", ""
        if url.scheme not in {"http", "https"} or url.netloc.lower() not in self._hosts:
            return None
        target = url_path(url.path)
        if url.query and target not in self._fetcher:
            target = f"{target}?{url.query}"
        return target, unquote(url.fragment)

    def _has_anchor(self, target: str, fragment: str) -> bool:
        """See https://html.spec.whatwg.org/multipage/browsing-the-web.html#scrolling-to-a-fragment."""
        if target not in self._pages:
            answer = self._fetcher[target]
            if not answer.headers.get("Content-Type", "").startswith("text/html"):
                return True
            self._pages[target] = parse_page(answer.body.decode(errors="replace"))
        name = fragment.partition(":~:")[0]
        return not name or name.lower() == "top" or name in self._pages[target].anchors


def _why(cache: str, prefix: str = "") -> str:
    return f" ({prefix}{cache})" if cache else ""
