"""What a viewer asks, taken from the ASGI server's scope."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

Scope = MutableMapping[str, Any]


@dataclass(frozen=True)
class Request:
    """What of a request matters; `uri` is percent-encoded as it came, header names are lower-case."""

    method: str
    port: int
    uri: str
    query: str
    headers: Mapping[str, str]
    viewer: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The address asked for, percent-decoded, without the query."""
        return unquote(self.uri) or "/"

    @property
    def host(self) -> str:
        """The Host header without its port."""
        return self.headers.get("host", "").rpartition("@")[2].partition(":")[0].lower()


def request_of(scope: Scope) -> Request:
    """The request of an ASGI scope of type `http`."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    server = scope.get("server") or ("", 0)
    viewer = scope.get("client") or ("127.0.0.1", 0)
    return Request(
        method=scope["method"],
        port=server[1] or 0,
        uri=raw_path.partition(b"?")[0].decode("latin-1") or "/",
        query=scope.get("query_string", b"").decode("latin-1"),
        headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
        viewer=str(viewer[0]),
    )
