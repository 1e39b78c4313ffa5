"""Runs inside mitmproxy, in its own environment: hands every request to the world it came from.

Nothing of sitedrill can be imported here. Who asks stands in the proxy's credentials, which runs have in
their HTTP_PROXY: the user is `RUN.PORT`, PORT being where the world's own application listens, the
password is the run's token. https://docs.mitmproxy.org/stable/api/events.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import os
from pathlib import Path

from mitmproxy import ctx, http
from mitmproxy.connection import Client

#: Seconds between two looks whether the session's owner is still there.
OWNER_CHECK_INTERVAL = 2.0


class ToTheWorld:
    """Every request of a client that says whose it is goes to that world, and nowhere else."""

    def __init__(self, port_file: Path, owner: int) -> None:
        """`port_file` is told the port; the process ends when `owner` has gone."""
        self._port_file = port_file
        self._owner = owner
        self._known: dict[str, tuple[str, str, int]] = {}

    async def running(self) -> None:
        """The proxy listens: say where, then watch the owner."""
        addresses = ctx.master.addons.get("proxyserver").listen_addrs()
        scratch = self._port_file.with_suffix(".new")
        scratch.write_text(json.dumps({"port": addresses[0][1], "pid": os.getpid()}))
        scratch.rename(self._port_file)
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(OWNER_CHECK_INTERVAL)
            try:
                os.kill(self._owner, 0)
            except ProcessLookupError:
                os._exit(0)

    def client_disconnected(self, client: Client) -> None:
        """Whoever it was has gone."""
        self._known.pop(client.id, None)

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """A tunnel is asked for: by whom?"""
        self._identify(flow)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Turn a request to the world outside into one to the world's own application."""
        if flow.client_conn.id not in self._known and not self._identify(flow):
            return
        run, token, port = self._known[flow.client_conn.id]
        request = flow.request
        flow.request.stream = True
        host = request.headers.get("Host", request.host_header or request.host)
        request.headers.pop("Proxy-Authorization", None)
        request.headers["X-Sitedrill-Url"] = request.pretty_url
        request.headers["X-Sitedrill-Run"] = run
        request.headers["X-Sitedrill-Token"] = token
        request.scheme, request.host, request.port = "http", "127.0.0.1", port
        request.headers["Host"] = host

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Downloads may be large: pass them on as they come."""
        if flow.response is not None:
            flow.response.stream = True

    def _identify(self, flow: http.HTTPFlow) -> bool:
        known = _asker(flow.request.headers.get("Proxy-Authorization", ""))
        if known is None:
            again = {"Proxy-Authenticate": 'Basic realm="sitedrill"'}
            flow.response = http.Response.make(407, b"", again)
            return False
        self._known[flow.client_conn.id] = known
        return True


def _asker(header: str) -> tuple[str, str, int] | None:
    """Run, token and port in the proxy's credentials."""
    scheme, _, value = header.partition(" ")
    try:
        user, _, token = base64.b64decode(value).decode().partition(":")
        run, _, port = user.rpartition(".")
        return (run, token, int(port)) if scheme.lower() == "basic" else None
    except (ValueError, binascii.Error):
        return None


addons = [ToTheWorld(Path(os.environ["SITEDRILL_PORT_FILE"]), int(os.environ["SITEDRILL_OWNER"]))]
