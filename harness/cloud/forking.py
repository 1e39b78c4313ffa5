"""An emulator's own process: one WSGI app behind a single-threaded HTTP server that can fork itself.

Runs inside the emulators' processes, some of them with another interpreter and other packages than
ours: it needs psutil and werkzeug, and nothing of sitedrill.

Serves AWS on 127.0.0.1, on a port the system chooses and a file then holds (as JSON, with the pid).
Beside AWS it answers:

    POST /_sitedrill/fork {"owner": PID}         a clone of this process: {"pid": ..., "port": ...};
                                                 with "grace": SECONDS it may outlive its owner so long
    POST /_sitedrill/adopt {"owner": PID}        from now on this process is that one's
    GET  /_sitedrill/operations?service=NAME     the operations it has, a JSON list; null: unknown
    GET  /_sitedrill/process                     {"pid": ...}
    POST /_sitedrill/stop                        ends this process, not its clones

State is copied by os.fork(), copy-on-write, which is only safe without threads: one request is
served at a time. Each process ends by itself within about a second once its owner is gone.
Clones of one process continue the same sequence of random ids; that makes them alike, and they
never meet.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

import psutil
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Where a request's environment has its headers as they came, as ASGI has them.
RAW_HEADERS = "asgi.headers"
#: Seconds between two looks at the owner.
OWNER_CHECK_INTERVAL = 1.0
#: Seconds a connection may say nothing before it is dropped, for it keeps everybody else waiting.
SILENCE_ALLOWED = 60


class Emulated(Protocol):
    """An emulated AWS as a WSGI app; a request leaves no thread behind."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        ...

    def operations(self, service: str) -> list[str] | None:
        """The operations it has of a service, as botocore names both; None when it cannot tell."""
        ...


class Owner:
    """The process this one must not outlive, told from a later one that got the same pid."""

    def __init__(self, pid: int, *, grace: float = 0) -> None:
        """`pid` must be alive now, else the owner counts as gone; `grace` seconds it may be outlived."""
        self.grace = grace
        self._gone_since: float | None = None
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.Error:
            self._process = None

    def may_be_outlived(self) -> bool:
        """Whether this process may go on: its owner lives, or has not been gone for long."""
        if self.is_alive():
            self._gone_since = None
            return True
        now = time.monotonic()
        self._gone_since = now if self._gone_since is None else self._gone_since
        return now - self._gone_since < self.grace

    def is_alive(self) -> bool:
        """Whether that very process still runs.

        psutil tells it by its start on the monotonic clock. The start by the wall clock will not do:
        it moves when the clock is set, and a living owner would count as gone.
        """
        try:
            process = self._process
            return (
                process is not None
                and process.is_running()
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False


class QuietHandler(WSGIRequestHandler):
    """werkzeug's request handler, without a line on stderr for each request."""

    timeout = SILENCE_ALLOWED

    def make_environ(self) -> WSGIEnvironment:
        """With the headers as they came: WSGI's own form of them loses letters and repetitions."""
        environ: WSGIEnvironment = super().make_environ()
        environ[RAW_HEADERS] = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in self.headers.items()
        ]
        return environ

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the gateway journals every call."""


class Server(BaseWSGIServer):
    """Serves one request at a time, and ends the process when its owner has gone."""

    def __init__(
        self, app: Forking, sock: socket.socket, owner: Owner, handler: type[WSGIRequestHandler]
    ) -> None:
        """Takes over the listening socket `sock`."""
        host, port = sock.getsockname()[:2]
        super().__init__(host, port, app, handler, fd=sock.fileno())
        sock.close()  # the base class made a duplicate of its own
        self.owner = owner
        self._looked = time.monotonic()

    def service_actions(self) -> None:
        """Called by the serve loop every half second at least."""
        if time.monotonic() - self._looked >= OWNER_CHECK_INTERVAL:
            if not self.owner.may_be_outlived():
                os._exit(0)
            self._looked = time.monotonic()


class Forking:
    """The WSGI app: the emulated AWS, and the few requests that are about the process itself."""

    def __init__(
        self, emulated: Emulated, handler: type[WSGIRequestHandler] = QuietHandler
    ) -> None:
        """`handler` is how werkzeug reads requests for this one."""
        self._emulated = emulated
        self._handler = handler
        self._server: Server | None = None

    def serve(self, sock: socket.socket, owner: Owner) -> None:
        """Answer requests on `sock` until the process is ended."""
        self._server = Server(self, sock, owner, self._handler)
        self._server.serve_forever()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_sitedrill/"):
            return self._control(path.removeprefix("/_sitedrill/"), environ, start_response)
        return self._emulated(environ, start_response)

    def _control(
        self, name: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        headers = [("Content-Type", "application/json")]
        known: dict[tuple[str, str], Callable[[], Any]] = {
            ("POST", "fork"): lambda: self._fork(environ),
            ("POST", "adopt"): lambda: self._adopt(environ),
            ("POST", "stop"): lambda: {"pid": os.getpid()},
            ("GET", "process"): lambda: {"pid": os.getpid()},
            ("GET", "operations"): lambda: self._emulated.operations(
                parse_qs(environ.get("QUERY_STRING", ""))["service"][0]
            ),
        }
        found = known.get((environ["REQUEST_METHOD"], name))
        if found is None:
            start_response("404 Not Found", headers)
            return [b"{}"]
        body = json.dumps(found()).encode()
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return _EndAfter(body) if name == "stop" else [body]

    def _adopt(self, environ: WSGIEnvironment) -> dict[str, int]:
        told = _told(environ)
        if self._server is not None:
            self._server.owner = Owner(int(told["owner"]), grace=self._server.owner.grace)
        return {"pid": os.getpid()}

    def _fork(self, environ: WSGIEnvironment) -> dict[str, int]:
        told = _told(environ)
        owner_pid, grace = int(told["owner"]), float(told.get("grace", 0))
        sock = _listen()
        port: int = sock.getsockname()[1]
        # Python forgets, in a child, the signals that came before the fork was over for it: until
        # then the system keeps them.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        pid = os.fork()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        if pid == 0:
            self._become_clone(sock, (owner_pid, grace), environ["werkzeug.socket"])
        sock.close()
        return {"pid": pid, "port": port}

    def _become_clone(
        self, sock: socket.socket, owner: tuple[int, float], client: socket.socket
    ) -> None:
        """Serve on `sock` from inside the request that asked for the clone; never returns.

        The frames below belong to the parent's request and must not be returned to: they would
        answer it a second time.
        """
        try:
            if self._server is not None:
                self._server.socket.close()
            client.close()
            _close_others(keep=sock.fileno())
            self.serve(sock, Owner(owner[0], grace=owner[1]))
        finally:
            os._exit(1)


class _EndAfter:
    """A WSGI body after which the process ends: its answer is out by then."""

    def __init__(self, body: bytes) -> None:
        self._parts = iter([body])

    def __iter__(self) -> _EndAfter:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """Called by the server when the answer has been written."""
        os._exit(0)


def _told(environ: WSGIEnvironment) -> dict[str, Any]:
    """What a request says, in JSON."""
    size = int(environ.get("CONTENT_LENGTH") or 0)
    told: dict[str, Any] = json.loads(environ["wsgi.input"].read(size))
    return told


def _listen() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(128)
    return sock


def _close_others(*, keep: int) -> None:
    """Close every file but the standard ones and `keep`: whatever else came from the parent."""
    for path in list(Path("/dev/fd").iterdir()):
        if int(path.name) > sys.stderr.fileno() and int(path.name) != keep:
            with suppress(OSError):  # the listing's own is closed already
                os.close(int(path.name))


def run(
    make: Callable[[argparse.Namespace], Emulated],
    *,
    parser: argparse.ArgumentParser,
    handler: type[WSGIRequestHandler] = QuietHandler,
    arguments: list[str] | None = None,
) -> None:
    """Serve what `make` makes until the process is stopped or its owner is gone.

    Args:
        make: gets the options of the command line.
        parser: knows the emulator's own options.
        handler: how werkzeug reads requests for it.
        arguments: the command line, the process's own by default.
    """
    parser.add_argument("--owner-pid", type=int, required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    options = parser.parse_args(arguments)

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # clones leave no zombies
    owner = Owner(options.owner_pid)
    forking = Forking(make(options), handler)
    sock = _listen()
    # What is there now stays: keep the collector from touching, and so copying, clones' pages.
    gc.collect()
    gc.freeze()
    written = options.port_file.with_suffix(".new")
    written.write_text(json.dumps({"pid": os.getpid(), "port": sock.getsockname()[1]}))
    written.replace(options.port_file)
    forking.serve(sock, owner)
