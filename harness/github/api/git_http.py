"""The repository itself, as git reaches it on github.com: https://git-scm.com/docs/http-protocol

A run fetches and pushes here, and never touches the origin's files: hooks and configuration in a
repository are programs for whoever runs git in it next, and that is us, outside of every sandbox.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import zlib
from contextlib import ExitStack
from typing import IO

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from harness.github.api.desk import Desk
from harness.github.git import CLEAN
from harness.github.pushes import Pusher

#: Where the repositories stand on our server.
PLACE = "/git"
PUSH = "git-receive-pack"
SERVICES = ("git-upload-pack", PUSH)
#: Bytes of a request that are kept in memory, and at most: what GitHub lets somebody push at once.
#: https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits
IN_MEMORY, LARGEST = 8 << 20, 2 << 30
_CHUNK = 1 << 16
#: Nothing is started that would go on after the answer.
_QUIETLY = ("-c", "receive.autogc=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false")


class TooLargeError(Exception):
    """A request holds more than `LARGEST` bytes."""


def routes(desk: Desk) -> list[Route]:
    """The three addresses that git asks of a repository."""

    async def advertise(request: Request) -> Response:
        service = request.query_params.get("service", "")
        if refused := _refusal(desk, request, service):
            return refused
        if service not in SERVICES:
            # As GitHub: the protocol without a service, of git before 1.6.6, is not spoken.
            return PlainTextResponse("Please upgrade your git client.", 403)
        return await _advertise(desk, request, service)

    async def serve(request: Request) -> Response:
        service = request.url.path.rpartition("/")[2]
        if refused := _refusal(desk, request, service):
            return refused
        if service == PUSH:
            return await _receive_push(desk, request)
        return await _serve(desk, request, service)

    found = []
    # On github.com a repository stands at the root.
    for repository in (PLACE + "/{owner}/{repo}", "/{owner}/{repo}"):
        found.append(Route(f"{repository}/info/refs", advertise))
        found += [Route(f"{repository}/{name}", serve, methods=["POST"]) for name in SERVICES]
    return found


def _is_ours(desk: Desk, request: Request) -> bool:
    asked = f"{request.path_params['owner']}/{request.path_params['repo'].removesuffix('.git')}"
    return asked.lower() == desk.control.repository.lower()


def _refusal(desk: Desk, request: Request, service: str) -> Response | None:
    """Why somebody may not; a job needs `contents`, to write when it pushes, a person a role.

    https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
    """
    asker = desk.tokens.asker(request)
    if asker is None:
        # git asks again, with a password, when it has one.
        headers = {"WWW-Authenticate": 'Basic realm="GitHub"'}
        return PlainTextResponse("Repository not found.", 401, headers)
    if not _is_ours(desk, request) or not asker.may("contents", "read"):
        return PlainTextResponse("Repository not found.", 404)
    if service == PUSH and not asker.may("contents", "write"):
        return PlainTextResponse(
            f"Permission to {desk.control.repository}.git denied to {asker.handle}.", 403
        )
    return None


async def _receive_push(desk: Desk, request: Request) -> Response:
    """A push, and what it starts."""
    asker = desk.tokens.asker(request)
    if asker is None:
        return PlainTextResponse("Repository not found.", 401)
    run = asker.run
    pusher = Pusher(run.actor if run else asker.handle, run)
    await asyncio.to_thread(desk.control.pushes.announce, pusher)
    answer = await _serve(desk, request, PUSH)
    await asyncio.to_thread(desk.control.pushes.pushed, pusher)
    return answer


async def _advertise(desk: Desk, request: Request, service: str) -> Response:
    with tempfile.TemporaryFile() as answer:
        if await _git(desk, request, service, "--advertise-refs", stdin=None, stdout=answer) != 0:
            return PlainTextResponse("git cannot read the repository", 500)
        answer.seek(0)
        said = answer.read()
    first = f"# service={service}\n".encode()
    head = b"" if _protocol(request) == "version=2" else b"%04x%s0000" % (len(first) + 4, first)
    return Response(
        head + said, media_type=f"application/x-{service}-advertisement", headers=_UNCACHED
    )


async def _serve(desk: Desk, request: Request, service: str) -> Response:
    with ExitStack() as files:
        answer = files.enter_context(tempfile.TemporaryFile())
        try:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
                await _receive(request, body)
                body.seek(0)
                # git reads a file; what is small is in none until somebody asks for its number.
                await _git(desk, request, service, stdin=body.fileno(), stdout=answer)
        except (TooLargeError, zlib.error) as error:
            return PlainTextResponse(str(error), 413)
        answer.seek(0)
        kept = files.pop_all()
    return _Answer(answer, kept, media_type=f"application/x-{service}-result")


class _Answer(StreamingResponse):
    """What git said, from its file, which is closed whether or not somebody still listens."""

    def __init__(self, answer: IO[bytes], files: ExitStack, *, media_type: str) -> None:
        chunks = iter(lambda: answer.read(_CHUNK), b"")
        super().__init__(chunks, media_type=media_type, headers=_UNCACHED)
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._files:
            await super().__call__(scope, receive, send)


async def _receive(request: Request, body: IO[bytes]) -> None:
    packed = request.headers.get("content-encoding", "") in {"gzip", "x-gzip"}
    unpack = zlib.decompressobj(wbits=31) if packed else None
    size = 0
    async for chunk in request.stream():
        rest = chunk
        while rest:
            part = unpack.decompress(rest, _CHUNK) if unpack else rest
            rest = unpack.unconsumed_tail if unpack else b""
            size += len(part)
            if size > LARGEST:
                raise TooLargeError(f"more than {LARGEST} bytes in one request")
            body.write(part)


async def _git(
    desk: Desk,
    request: Request,
    service: str,
    *options: str,
    stdin: int | None,
    stdout: IO[bytes],
) -> int:
    """Run git to its end, and say how it ended.

    From file to file, so that no reader that is gone can hold it; in a thread, so that it is waited
    for even where the server stops meanwhile.
    """
    command = ["git", *_QUIETLY, service.removeprefix("git-"), "--stateless-rpc", *options]
    done = await asyncio.to_thread(
        subprocess.run,
        [*command, str(desk.control.origin.path)],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            **CLEAN,
            "GIT_PROTOCOL": _protocol(request),
        },
        check=False,
    )
    return done.returncode


def _protocol(request: Request) -> str:
    """The version that is asked for; no others are passed on to git's environment."""
    asked = request.headers.get("git-protocol", "")
    return asked if asked in {"version=0", "version=1", "version=2"} else ""


_UNCACHED = {"Cache-Control": "no-cache, max-age=0, must-revalidate"}
