"""The emulator's own process: MiniStack behind the server that can fork itself.

    python -m harness.cloud.ministack.process --owner-pid PID --port-file FILE

MiniStack is an ASGI app that gives long work to threads. A process with threads must not fork, so
each request gets an event loop of its own here, and what would go to a thread is done at once.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from ministack.app import app
from werkzeug.test import Client

from harness.cloud.forking import RAW_HEADERS, run

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Asked once before anybody else asks, so that no clone has to load their modules.
WARM_UP = (
    ("s3", "GET", "/"),
    ("cloudfront", "GET", "/2020-05-31/distribution"),
    ("sts", "POST", "/?Action=GetCallerIdentity&Version=2011-06-15"),
    ("iam", "POST", "/?Action=ListRoles&Version=2010-05-08"),
)


class AtOnce(ThreadPoolExecutor):
    """An executor without threads: work is done when it is handed in."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it now."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            future.set_exception(error)
        return future


class MiniStack:
    """MiniStack as one WSGI app."""

    def __init__(self) -> None:
        """Warm MiniStack up."""
        client = Client(self)
        for service, method, path in WARM_UP:
            scope = f"AWS4-HMAC-SHA256 Credential=WARM/20260101/us-east-1/{service}/aws4_request"
            client.open(path, method=method, headers={"Authorization": scope}).close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        loop = asyncio.new_event_loop()
        loop.set_default_executor(AtOnce())
        try:
            status, headers, body = loop.run_until_complete(_answer(environ))
            loop.run_until_complete(_finish())
        finally:
            loop.close()
        start_response(f"{status} {_reason(status)}", headers)
        return [body]

    def operations(self, service: str) -> list[str] | None:
        """MiniStack does not tell."""
        del service
        return None


async def _answer(environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
    content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    sent: list[Any] = []
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:  # the client stays until it has its answer
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(_scope(environ), receive, send)
    start = sent[0]
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]
    ]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return int(start["status"]), headers, body


def _scope(environ: WSGIEnvironment) -> dict[str, Any]:
    """https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope."""
    raw, _, query = str(environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")
    headers = environ.get(RAW_HEADERS)
    if headers is None:  # asked by werkzeug's client, not over a socket
        headers = [(b"authorization", str(environ.get("HTTP_AUTHORIZATION", "")).encode())]
        query = environ.get("QUERY_STRING", "")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": "http",
        "path": unquote_to_bytes(raw).decode("utf-8", "replace"),
        "raw_path": raw.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", int(environ.get("SERVER_PORT") or 0)),
    }


async def _finish() -> None:
    """Nothing of a request goes on after it."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def main(arguments: list[str] | None = None) -> None:
    """Run the process until it is stopped or its owner is gone."""
    parser = argparse.ArgumentParser(prog="harness.cloud.ministack.process", description=__doc__)
    run(lambda _: MiniStack(), parser=parser, arguments=arguments)


if __name__ == "__main__":
    main()
