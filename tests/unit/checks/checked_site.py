"""A small good site on disk, and a plain web server that stands in for the edge."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

HEADERS = {"x-content-type-options": "nosniff", "strict-transport-security": "max-age=31536000"}
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/css/site.css"><script src="/js/site.js" defer></script></head>
<body>
<header><nav><a href="/index.html">Home</a> <a href="/about/index.html#team">Team</a></nav></header>
<main><h1 id="top-of-{name}">{title} &amp; more</h1>
<p>{text}<br><img src="/img/logo.svg" alt=""></p>
<ul><li>one<li>two</ul><table><tr><td>cell</td></tr></table></main>
</body>
</html>
"""


def page(name: str, text: str = "Hello.") -> str:
    return PAGE.format(name=name, title=name.title(), text=text)


def write_content(root: Path) -> Path:
    """Write the content of a good release below `root`."""
    files = {
        "index.html": page("home", '<a href="about/index.html?from=home">relative</a>'),
        "about/index.html": page("about", '<b id="team">Team</b> <a href="../a%20b.html">up</a>'),
        "a b.html": page("space", '<a href="#top">top</a> <a href="mailto:a@example.test">m</a>'),
        "404.html": page("missing"),
        "css/site.css": "body { color: black }\n",
        "js/site.js": "'use strict';\n",
        "img/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
        "robots.txt": "User-agent: *\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@dataclass
class StandIn:
    """Answers like a healthy edge over a directory, until told otherwise.

    `replies` overrides single paths; `headers` are added to every answer.
    """

    directory: Path
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    replies: dict[str, Callable[[], Response]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        if path in self.replies:
            return self.replies[path]()
        file = self.directory / (path.removeprefix("/") or "index.html")
        if not file.is_file():
            return self.reply((self.directory / "404.html").read_bytes(), "text/html", 404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return self.reply(file.read_bytes(), kind)

    def reply(
        self, body: bytes, kind: str = "text/html", status: int = 200, **headers: str
    ) -> Response:
        return Response(body, status, headers={**self.headers, **headers, "content-type": kind})

    def says(
        self,
        path: str,
        body: bytes = b"",
        kind: str = "text/html",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """From now on, `path` answers this."""
        self.replies[path] = lambda: self.reply(body, kind, status, **(headers or {}))
