"""What a release looks like to a viewer: every file with its hash, content type and headers.

expected = expected_release("v1.1.0", commit, checkout / "src", SECURITY_HEADERS)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote, unquote

#: What may be written in a path as it is: https://www.rfc-editor.org/rfc/rfc3986#section-3.3
_SAFE_IN_PATH = "/~!$&'()*+,;=:@"

#: Which content types browsers take for a file's extension, the preferred one first. Where two are
#: named, both are in use: https://www.rfc-editor.org/rfc/rfc9239 (JavaScript),
#: https://www.rfc-editor.org/rfc/rfc7303 (XML), https://www.w3.org/TR/appmanifest/#media-type-registration
CONTENT_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ".html": ("text/html",),
        ".htm": ("text/html",),
        ".css": ("text/css",),
        ".js": ("text/javascript", "application/javascript"),
        ".mjs": ("text/javascript", "application/javascript"),
        ".json": ("application/json",),
        ".map": ("application/json",),
        ".webmanifest": ("application/manifest+json", "application/json"),
        ".xml": ("application/xml", "text/xml"),
        ".txt": ("text/plain",),
        ".md": ("text/markdown", "text/plain"),
        ".svg": ("image/svg+xml",),
        ".png": ("image/png",),
        ".jpg": ("image/jpeg",),
        ".jpeg": ("image/jpeg",),
        ".gif": ("image/gif",),
        ".webp": ("image/webp",),
        ".avif": ("image/avif",),
        ".ico": ("image/x-icon", "image/vnd.microsoft.icon"),
        ".woff": ("font/woff", "application/font-woff"),
        ".woff2": ("font/woff2", "application/font-woff2"),
        ".ttf": ("font/ttf",),
        ".pdf": ("application/pdf",),
        ".wasm": ("application/wasm",),
    }
)


@dataclass(frozen=True)
class ExpectedFile:
    """One file as the edge must serve it.

    `path` is the URL's path, percent-encoded, with its leading slash; `size` counts bytes. An empty
    `content_types` takes any; a required header with an empty value must only be there.
    """

    path: str
    sha256: str
    content_types: tuple[str, ...]
    size: int
    required_headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        """The preferred content type, empty when any will do."""
        return self.content_types[0] if self.content_types else ""

    @property
    def is_html(self) -> bool:
        """Whether this is a page, to be parsed and its links followed."""
        return "text/html" in self.content_types

    @property
    def key(self) -> str:
        """The S3 key the file is stored under, with the bucket's root as the site's root."""
        return unquote(self.path).removeprefix("/")

    def takes(self, content_type: str) -> bool:
        """Whether this `Content-Type` is right; parameters such as `charset` do not matter."""
        essence = content_type.partition(";")[0].strip().lower()
        return not self.content_types or essence in self.content_types


@dataclass(frozen=True)
class ExpectedRelease:
    """All of a release: `name` is its tag, `error_page` what a missing path answers with."""

    name: str
    commit: str
    files: tuple[ExpectedFile, ...]
    error_page: ExpectedFile | None

    def file(self, path: str) -> ExpectedFile | None:
        """The file at this URL path, or None."""
        return next((file for file in self.files if file.path == path), None)


def url_path(path: str) -> str:
    """A URL path or a file's relative name in the one spelling used for comparing."""
    return quote("/" + unquote(path).removeprefix("/"), safe=_SAFE_IN_PATH)


def expected_release(
    name: str,
    commit: str,
    directory: Path,
    required_headers: Mapping[str, str],
    *,
    error_page: str = "/404.html",
) -> ExpectedRelease:
    """Read a release's content from the directory that is uploaded as the site's root.

    Args:
        name: the release's tag.
        commit: its full SHA.
        directory: the content; every regular file below it is part of the release.
        required_headers: name -> value that every answer must carry.
        error_page: URL path of the page for what does not exist; None in the result when there is
            no such file.
    """
    files = tuple(
        _expected_file(path, path.relative_to(directory).as_posix(), required_headers)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    )
    page = next((file for file in files if file.path == url_path(error_page)), None)
    return ExpectedRelease(name=name, commit=commit, files=files, error_page=page)


def known_hashes(releases: Iterable[ExpectedRelease]) -> dict[str, tuple[str, ...]]:
    """SHA-256 -> names of the releases that have a file with it, to tell what is served instead."""
    known: dict[str, tuple[str, ...]] = {}
    for release in releases:
        for sha256 in sorted({file.sha256 for file in release.files}):
            known[sha256] = (*known.get(sha256, ()), release.name)
    return known


def _expected_file(path: Path, name: str, required_headers: Mapping[str, str]) -> ExpectedFile:
    body = path.read_bytes()
    return ExpectedFile(
        path=url_path(name),
        sha256=hashlib.sha256(body).hexdigest(),
        content_types=CONTENT_TYPES.get(path.suffix.lower(), ()),
        size=len(body),
        required_headers=MappingProxyType(
            {header.lower(): value for header, value in required_headers.items()}
        ),
    )
