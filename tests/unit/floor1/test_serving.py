"""Servers run beside us, and nothing of them is left afterwards."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from harness.serving import Serving

pytestmark = pytest.mark.unit


def saying(text: str) -> Starlette:
    async def say(request: Request) -> PlainTextResponse:
        server: Any = request.scope["server"]
        return PlainTextResponse(f"{text} {server[1]}")

    return Starlette(routes=[Route("/", say)])


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_apps_side_by_side() -> None:
    with Serving() as serving:
        ports = [serving.serve(saying(name)) for name in ("one", "two")]
        answers = [httpx.get(f"http://127.0.0.1:{port}/").text for port in ports]
    assert answers == [f"one {ports[0]}", f"two {ports[1]}"]


def test_one_app_on_several_ports() -> None:
    with Serving() as serving:
        sockets = [serving.bind(), serving.bind()]
        ports = [sock.getsockname()[1] for sock in sockets]
        assert serving.serve(saying("both"), *sockets) == ports[0]
        answers = [httpx.get(f"http://127.0.0.1:{port}/").text for port in ports]
    assert answers == [f"both {port}" for port in ports]


def test_an_answer_says_nothing_of_the_server() -> None:
    with Serving() as serving:
        headers = httpx.get(f"http://127.0.0.1:{serving.serve(saying('it'))}/").headers
    assert not {"server", "date"} & set(headers)


def test_ports_and_thread_are_gone_afterwards() -> None:
    before = set(threading.enumerate())
    with Serving() as serving:
        port, unused = serving.serve(saying("it")), serving.bind()
        number = unused.getsockname()[1]
        assert taken(port)
        assert set(threading.enumerate()) - before
    assert not taken(port)
    assert not taken(number)
    assert set(threading.enumerate()) == before
    serving.close()


def test_a_port_can_be_had_again() -> None:
    with Serving() as first:
        port = first.serve(saying("first"))
    with Serving() as second:
        assert second.serve(saying("second"), second.bind(port)) == port
        assert httpx.get(f"http://127.0.0.1:{port}/").text == f"second {port}"


def test_an_answer_that_never_ends_does_not_keep_us() -> None:
    async def forever(_: Request) -> StreamingResponse:
        async def pieces() -> Any:
            yield b"first"
            await asyncio.Event().wait()

        return StreamingResponse(pieces())

    with Serving() as serving:
        port = serving.serve(Starlette(routes=[Route("/", forever)]))
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in client.recv(4096)
    client.close()
    assert not taken(port)


def test_what_fails_within_still_closes_everything() -> None:
    with pytest.raises(ValueError, match="no"), Serving() as serving:  # noqa: PT012
        port = serving.serve(saying("it"))
        raise ValueError("no")
    assert not taken(port)


def test_coroutines_run_on_the_loop_and_give_their_result() -> None:
    async def name() -> str:
        return threading.current_thread().name

    async def fail() -> None:
        raise ValueError("no")

    async def never() -> None:
        await asyncio.Event().wait()

    with Serving() as serving:
        assert serving.run(name()) == "serving"
        with pytest.raises(ValueError, match="no"):
            serving.run(fail())
        with pytest.raises(TimeoutError):
            serving.run(never(), timeout=0.01)
