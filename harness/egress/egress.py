"""A world's own answer to whatever its runs ask of the world outside.

    api.github.com, about the site's repository   -> the world's GitHub
    *.amazonaws.com                               -> the world's AWS, whatever endpoint was meant
    an address that the site names a double for   -> that file
    anything else                                 -> refused, and it says why

Each is journaled as `egress`. The requests come from the session's proxy, which says in headers which
address was meant and which run asked.
"""

from __future__ import annotations

import hmac
import mimetypes
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import FileResponse, PlainTextResponse, Response

from harness.egress.downloads import Downloads
from harness.journal import Journal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

#: The hosts of GitHub's API.
GITHUB_HOSTS = frozenset({"api.github.com", "uploads.github.com"})
_AWS = (".amazonaws.com", ".amazonaws.com.cn")
_OURS = ("x-sitedrill-url", "x-sitedrill-run", "x-sitedrill-token")
#: Where a site names what may be fetched.
SETTINGS_KEY = "[doubles.downloads]"


class Egress:
    """An ASGI app that stands in for everything outside."""

    def __init__(
        self, *, repository: str, github: App, aws: App, downloads: Downloads, journal: Journal
    ) -> None:
        """Nobody may ask yet.

        Args:
            repository: the site's, `owner/name`.
            github: answers for api.github.com.
            aws: answers for AWS, by the signature of each call.
            downloads: the files that the site names.
            journal: each request is written to it as `egress`.
        """
        self._repository = repository.lower()
        self._apps: Mapping[str, App] = {"github": github, "aws": aws}
        self._downloads = downloads
        self._journal = journal
        self._tokens: dict[str, str] = {}

    def admit(
        self, run: str, *, new_secret: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> str:
        """The token by which a run is known from now on."""
        return self._tokens.setdefault(run, new_secret())

    def dismiss(self, run: str) -> None:
        """The run is over."""
        self._tokens.pop(run, None)

    def knows(self, run: str, token: str) -> bool:
        """Whether this is what the run was given."""
        return hmac.compare_digest(self._tokens.get(run, "").encode(), token.encode()) and bool(
            token
        )

    def refuse_unread(self, run: str, method: str, url: str, why: str) -> str:
        """Refuse what cannot be looked into, for want of a proxy; returns what is to be said."""
        self._tell(run, method, url, "refused", 403)
        return f"{_refusal(method, url)}\n{why}\n"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request of the proxy."""
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        url, run, token = (headers.get(name, "") for name in _OURS)
        if not self.knows(run, token):
            await PlainTextResponse("sitedrill: this run is over\n", 403)(scope, receive, send)
            return
        answer = self._answer_for(url)
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                # First written, then said: whoever has the answer finds it in the journal.
                begun = True
                self._tell(run, scope["method"], url, answer, int(message["status"]))
            await send(message)

        kept = [(name, value) for name, value in scope["headers"] if name.decode() not in _OURS]
        inner = {**scope, "headers": kept, "scheme": urlsplit(url).scheme}
        try:
            if answer in self._apps:
                await self._apps[answer](inner, receive, told)
            else:
                await self._response(answer, scope["method"], url)(inner, receive, told)
        finally:
            if not begun:
                self._tell(run, scope["method"], url, answer, 0)

    def _answer_for(self, url: str) -> str:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if self._downloads.find(url) is not None:
            return "double"
        if host.endswith(_AWS):
            return "aws"
        if host in GITHUB_HOSTS and self._is_about_the_site(parts.path):
            return "github"
        return "refused"

    def _is_about_the_site(self, path: str) -> bool:
        """Of another repository the world's GitHub knows nothing, and a 404 would not say so."""
        words = path.lower().split("/")
        return words[1:2] != ["repos"] or "/".join(words[2:4]) == self._repository

    def _response(self, answer: str, method: str, url: str) -> Response:
        file = self._downloads.find(url) if answer == "double" else None
        if file is None:
            return PlainTextResponse(
                f"{_refusal(method, url)}\n", 403, headers={"X-Sitedrill": "refused"}
            )
        kind = mimetypes.guess_type(urlsplit(url).path)[0] or "application/octet-stream"
        return FileResponse(file, media_type=kind, headers={"X-Sitedrill": "double"})

    def _tell(self, run: str, method: str, url: str, answer: str, status: int) -> None:
        # A query may hold a signature or a token, and says little.
        address, mark, _ = url.partition("?")
        shown = address + ("?..." if mark else "")
        self._journal.write(
            "egress",
            run=run.partition(".")[0],
            method=method,
            url=shown,
            answer=answer,
            status=status,
        )


def _refusal(method: str, url: str) -> str:
    bare = url.partition("?")[0]
    return (
        f"sitedrill refused {method} {bare}: a drill reaches nothing outside of its world. If this is "
        f"needed, name a double in sitedrill.toml under {SETTINGS_KEY}: "
        f'"{bare}" = "drill/files/..."'
    )
