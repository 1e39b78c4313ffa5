"""Where a world's runs meet the proxy: a port of the world's own, behind which the proxy is.

The proxy is the session's and starts with the first connection, so a drill that asks nothing of the
world outside pays for no more than this port. Where it cannot be had, the door itself refuses every
request, by the name that stands in it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import socket
from collections.abc import Callable

from harness.egress.egress import Egress
from harness.errors import SitedrillError

#: Bytes passed on at a time, and at most read of a request that is refused here.
CHUNK = 1 << 16


class Door:
    """Relays connections to the proxy."""

    def __init__(self, egress: Egress, proxy_port: Callable[[], int]) -> None:
        """`proxy_port` says where the proxy listens and may take a while, or raises."""
        self._egress = egress
        self._proxy_port = proxy_port
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self, sock: socket.socket) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._meet, sock=sock, limit=CHUNK)

    async def close(self) -> None:
        """Listen no more, and end what is being said."""
        if self._server is not None:
            self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                port = await asyncio.to_thread(self._proxy_port)
                theirs = await asyncio.open_connection("127.0.0.1", port)
            except (SitedrillError, OSError) as error:
                await self._refuse(reader, writer, str(error))
            else:
                await _relay((reader, writer), theirs)
        await _close(writer)

    async def _refuse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, why: str
    ) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        first, *fields = head.split("\r\n")
        method, _, rest = first.partition(" ")
        target = rest.partition(" ")[0]
        url = f"https://{target.removesuffix(':443')}/" if method == "CONNECT" else target
        run, token = _credentials(fields)
        if not self._egress.knows(run, token):
            status, said = "407 Proxy Authentication Required", ""
        else:
            status, said = "403 Forbidden", self._egress.refuse_unread(run, method, url, why)
        body = said.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f'Proxy-Authenticate: Basic realm="sitedrill"\r\nContent-Length: {len(body)}\r\n'
            "Connection: close\r\n\r\n".encode("latin-1")
            + body
        )
        await writer.drain()


def _credentials(fields: list[str]) -> tuple[str, str]:
    """The run and its token, as `RUN.PORT:TOKEN` in the proxy's credentials."""
    for field in fields:
        name, _, value = field.partition(":")
        if name.strip().lower() == "proxy-authorization":
            try:
                said = base64.b64decode(value.strip().partition(" ")[2]).decode()
            except (ValueError, binascii.Error):
                return "", ""
            user, _, token = said.partition(":")
            return user.rpartition(".")[0], token
    return "", ""


Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _relay(ours: Talk, theirs: Talk) -> None:
    """Both ways, until both have said all."""
    try:
        await asyncio.gather(_pass_on(ours[0], theirs[1]), _pass_on(theirs[0], ours[1]))
    finally:
        await _close(theirs[1])


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(CHUNK):
            writer.write(part)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()
