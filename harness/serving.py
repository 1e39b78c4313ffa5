"""Runs the world's HTTP servers (gateway, edge, GitHub) on one background event loop.

    with Serving() as serving:
        port = serving.serve(app)          # on 127.0.0.1, a port of the system's choosing

All apps of one `Serving` share a thread and a loop; leaving the `with` closes every port.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

T = TypeVar("T")

ASGIApp = Callable[..., Coroutine[Any, Any, None]]


class Serving:
    """One event loop in a thread of its own, and the servers on it."""

    def __init__(self, *, host: str = "127.0.0.1") -> None:
        """Nothing runs before `__enter__`."""
        self.host = host
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="serving", daemon=True)
        self._servers: list[tuple[uvicorn.Server, Any]] = []
        self._sockets: list[socket.socket] = []
        self._running = False

    def __enter__(self) -> Serving:
        """Start the loop."""
        self._thread.start()
        self._running = True
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every server, close every port, end the thread; may be called again."""
        self.close()

    def bind(self, port: int = 0) -> socket.socket:
        """A listening socket on this host; with port 0 the system chooses a free one."""
        # asyncio turns Nagle's algorithm off only for sockets that say they are TCP: without it each
        # kept-alive request waits some 40 ms for a delayed acknowledgement.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self.host, port))
            sock.listen(1024)
        except OSError:
            sock.close()
            raise
        sock.setblocking(False)
        self._sockets.append(sock)
        return sock

    def serve(self, app: Any, *sockets: socket.socket, certificate: Path | None = None) -> int:
        """Serve an ASGI app on these sockets (or on one new one); returns the first port.

        With a `certificate`, a file that holds its key as well, it is served by HTTPS.
        """
        socks = list(sockets) or [self.bind()]
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            http="h11",
            ws="none",
            timeout_graceful_shutdown=1,
            server_header=False,
            date_header=False,
            ssl_certfile=certificate,
        )
        server = uvicorn.Server(config)
        task = asyncio.run_coroutine_threadsafe(server.serve(sockets=socks), self._loop)
        self._servers.append((server, task))
        port: int = socks[0].getsockname()[1]
        return port

    def run(self, work: Coroutine[Any, Any, T], *, timeout: float | None = 30) -> T:
        """Run a coroutine on the loop and wait for its result (from any other thread)."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def close(self) -> None:
        """Stop every server and the loop; the ports are free afterwards."""
        if not self._running:
            return
        self._running = False
        for server, _ in self._servers:
            server.should_exit = True
            server.force_exit = True
        for _, task in self._servers:
            task.result(timeout=10)
        for sock in self._sockets:
            sock.close()
        self.run(self._finish(), timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _finish(self) -> None:
        """Let connections that are still open end, so that nothing is reported as left over."""
        others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
