"""The emulator's own process: moto behind a single-threaded HTTP server that can fork itself.

    python -m harness.cloud.moto.process --owner-pid PID --port-file FILE [--plain]

Serves AWS on 127.0.0.1, on a port the system chooses and `FILE` then holds (as JSON, with the pid).
Beside AWS it answers:

    POST /_sitedrill/fork {"owner": PID}         a clone of this process: {"pid": ..., "port": ...}
    GET  /_sitedrill/operations?service=NAME     the operations moto has of it, a JSON list
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
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import psutil

# Objects above moto's buffer size go to temporary files, and a fork would share their offsets: keep
# them in memory. moto reads this when it is imported.
os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(1 << 30)

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer
from werkzeug.test import Client

from harness.cloud.moto import fixes
from harness.cloud.moto.coverage import implemented

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Asked once before anybody else asks, so that no clone has to load their models: service to a
#: request that changes nothing.
WARM_UP: Mapping[str, tuple[str, str]] = {
    "s3": ("GET", "/"),
    "cloudfront": ("GET", "/2020-05-31/distribution"),
    "sts": ("POST", "/?Action=GetCallerIdentity"),
    "iam": ("POST", "/?Action=ListRoles"),
}
#: Seconds between two looks at the owner.
OWNER_CHECK_INTERVAL = 1.0
#: Seconds a connection may say nothing before it is dropped, for it keeps everybody else waiting.
SILENCE_ALLOWED = 60


class Owner:
    """The process this one must not outlive, told from a later one that got the same pid."""

    def __init__(self, pid: int) -> None:
        """`pid` must be alive now, else the owner counts as gone."""
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.Error:
            self._process = None

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


class QuietHandler(MotoRequestHandler):
    """Moto's request handler, without a line on stderr for each request."""

    timeout = SILENCE_ALLOWED

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the gateway journals every call."""


class Server(BaseWSGIServer):
    """Serves one request at a time, and ends the process when its owner has gone."""

    def __init__(self, app: Emulation, sock: socket.socket, owner: Owner) -> None:
        """Takes over the listening socket `sock`."""
        host, port = sock.getsockname()[:2]
        super().__init__(host, port, app, QuietHandler, fd=sock.fileno())
        sock.close()  # the base class made a duplicate of its own
        self._owner = owner
        self._looked = time.monotonic()

    def service_actions(self) -> None:
        """Called by the serve loop every half second at least."""
        if time.monotonic() - self._looked >= OWNER_CHECK_INTERVAL:
            if not self._owner.is_alive():
                os._exit(0)
            self._looked = time.monotonic()


class Emulation:
    """The WSGI app: moto, and the few requests that are about the process itself."""

    def __init__(self) -> None:
        """Warm moto up."""
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._operations: dict[str, list[str]] = {}
        client = Client(self._moto)
        for service, (method, path) in WARM_UP.items():
            scope = f"AWS4-HMAC-SHA256 Credential=WARM/20260101/us-east-1/{service}/aws4_request"
            client.open(path, method=method, headers={"Authorization": scope}).close()
            self._operations_of(service)
        self._server: Server | None = None

    def serve(self, sock: socket.socket, owner: Owner) -> None:
        """Answer requests on `sock` until the process is ended."""
        self._server = Server(self, sock, owner)
        self._server.serve_forever()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_sitedrill/"):
            return self._control(path.removeprefix("/_sitedrill/"), environ, start_response)
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer

    def _control(
        self, name: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        headers = [("Content-Type", "application/json")]
        known: dict[tuple[str, str], Callable[[], Any]] = {
            ("POST", "fork"): lambda: self._fork(environ),
            ("POST", "stop"): lambda: {"pid": os.getpid()},
            ("GET", "process"): lambda: {"pid": os.getpid()},
            ("GET", "operations"): lambda: self._operations_of(
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

    def _operations_of(self, service: str) -> list[str]:
        if service not in self._operations:
            self._operations[service] = implemented(service, self._moto)
        return self._operations[service]

    def _fork(self, environ: WSGIEnvironment) -> dict[str, int]:
        size = int(environ.get("CONTENT_LENGTH") or 0)
        owner_pid = int(json.loads(environ["wsgi.input"].read(size))["owner"])
        sock = _listen()
        port: int = sock.getsockname()[1]
        pid = os.fork()
        if pid == 0:
            self._become_clone(sock, owner_pid, environ["werkzeug.socket"])
        sock.close()
        return {"pid": pid, "port": port}

    def _become_clone(self, sock: socket.socket, owner_pid: int, client: socket.socket) -> None:
        """Serve on `sock` from inside the request that asked for the clone; never returns.

        The frames below belong to the parent's request and must not be returned to: they would
        answer it a second time.
        """
        try:
            if self._server is not None:
                self._server.socket.close()
            client.close()
            _close_others(keep=sock.fileno())
            self.serve(sock, Owner(owner_pid))
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


def main(arguments: list[str] | None = None) -> None:
    """Run the process until it is stopped or its owner is gone."""
    parser = argparse.ArgumentParser(prog="harness.cloud.moto.process", description=__doc__)
    parser.add_argument("--owner-pid", type=int, required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--plain", action="store_true", help="moto as it is, without our fixes")
    options = parser.parse_args(arguments)

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # clones leave no zombies
    if not options.plain:
        fixes.apply()
    owner = Owner(options.owner_pid)
    emulation = Emulation()
    sock = _listen()
    # What is there now stays: keep the collector from touching, and so copying, clones' pages.
    gc.collect()
    gc.freeze()
    written = options.port_file.with_suffix(".new")
    written.write_text(json.dumps({"pid": os.getpid(), "port": sock.getsockname()[1]}))
    written.replace(options.port_file)
    emulation.serve(sock, owner)


if __name__ == "__main__":
    main()
