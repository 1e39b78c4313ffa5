"""The only way out of a network namespace that has no network: to the world's own ports.

    outside (this process)                          inside (inside.py, then the run)

    127.0.0.1:PORT  <──  Doorway  <── accepts on ──  127.0.0.1:PORT, listening
                            └─────── passed through the door, a unix socket file

    with Doorway(ports, directory=folder) as door:
        subprocess.run([..., *door.through(["act", ...])])

`inside.py` makes the listening sockets where the run is and passes them out; we accept on them here and
relay to the same port of this machine's loopback. So the world's addresses hold inside as they do
outside, and nothing else can be reached. The door opens once: whatever runs afterwards cannot pass
anything through it.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
import threading
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

#: The script that opens the door from inside.
INSIDE = Path(__file__).with_name("inside.py")
#: Connections relayed at once; more wait in their port's queue.
MOST = 128
#: Seconds before accepting again when this process has run out of something.
AGAIN = 0.2
_CHUNK = 1 << 16
_HOST = "127.0.0.1"
_NAME = "door"


class Doorway:
    """A unix socket file in `directory`, and the relays of what is passed through it."""

    def __init__(self, ports: Iterable[int], *, directory: Path) -> None:
        """Nothing is open before `__enter__`.

        Args:
            ports: of this machine's loopback, the only ones that can be reached.
            directory: where the socket file is made; nobody else's.
        """
        self.ports = tuple(ports)
        self.path = directory / _NAME
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="doorway", daemon=True)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: dict[socket.socket, int] = {}
        self._open_now = 0

    def __enter__(self) -> Doorway:
        """Make the socket file, and wait for somebody to come through."""
        try:
            _bind(self._door, self.path)
        except OSError:
            self._door.close()
            self._loop.close()
            raise
        # Who runs inside may be another user there.
        self.path.chmod(0o666)
        self._door.listen(4)
        self._door.setblocking(False)
        self._thread.start()
        self._loop.call_soon_threadsafe(self._begin, self._open())
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection, every socket and the door."""
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()
        self._close_door()

    def through(
        self,
        command: Sequence[str],
        *,
        door: Path | None = None,
        python: str = sys.executable,
        script: Path = INSIDE,
        limits: Sequence[str] = (),
    ) -> list[str]:
        """The command to be started inside so that `command` finds the ports there.

        Args:
            command: what is to run.
            door: where the socket file is inside, if it is not where it is outside.
            python: the interpreter inside, 3.9 or newer.
            script: where `inside.py` is inside.
            limits: `NAME=NUMBER`, as setrlimit calls them.
        """
        ports = ",".join(map(str, self.ports))
        opened = [python, "-I", "-S", str(script), "--door", str(door or self.path)]
        bounds = [word for limit in limits for word in ("--limit", limit)]
        return [*opened, "--ports", ports, *bounds, "--", *command]

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _open(self) -> None:
        """Until somebody has passed the right sockets; then the door is gone."""
        while True:
            one, _ = await self._loop.sock_accept(self._door)
            with one:
                try:
                    listening = await asyncio.wait_for(self._received(one), timeout=30)
                    answer = b"ok"
                except (OSError, ValueError, TimeoutError) as error:
                    listening, answer = [], (str(error) or "too slow").encode()
                if listening:
                    self._close_door()
                self._listening = dict(zip(listening, self.ports, strict=False))
                for sock in listening:
                    sock.setblocking(False)
                self._listen()
                try:
                    await self._loop.sock_sendall(one, answer)
                except OSError:
                    continue
                if listening:
                    return

    async def _received(self, one: socket.socket) -> list[socket.socket]:
        """The listening sockets, one for each port, in the order of the ports."""
        one.setblocking(False)
        readable = asyncio.Event()
        self._loop.add_reader(one, readable.set)
        try:
            await readable.wait()
        finally:
            self._loop.remove_reader(one)
        said, numbers, _, _ = socket.recv_fds(one, 4096, 64, socket.MSG_CMSG_CLOEXEC)
        with ExitStack() as stack:
            for number in numbers:
                stack.callback(os.close, number)
            right = json.loads(said) == list(self.ports) and len(numbers) == len(self.ports)
            if right and all(map(_listens, numbers)):
                stack.pop_all()
                return [socket.socket(fileno=number) for number in numbers]
        raise ValueError(f"expected a listening socket for each of {list(self.ports)}")

    def _listen(self) -> None:
        for listening in self._listening:
            self._loop.add_reader(listening, self._accept, listening)

    def _pause(self) -> None:
        for listening in self._listening:
            self._loop.remove_reader(listening)

    def _accept(self, listening: socket.socket) -> None:
        try:
            inner, _ = listening.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            self._pause()
            self._loop.call_later(AGAIN, self._listen)
            return
        inner.setblocking(False)
        self._open_now += 1
        if self._open_now >= MOST:
            self._pause()

        def ended(_: object) -> None:
            inner.close()
            self._open_now -= 1
            if self._open_now == MOST - 1:
                self._listen()

        self._begin(self._relay(inner, self._listening[listening])).add_done_callback(ended)

    async def _relay(self, inner: socket.socket, port: int) -> None:
        """Both ways until both ends have said that they are done, or one is gone."""
        writers: list[asyncio.StreamWriter] = []
        try:
            near, to_near = await asyncio.open_connection(sock=inner)
            writers.append(to_near)
            far, to_far = await asyncio.open_connection(_HOST, port)
            writers.append(to_far)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(near, to_far))
                both.create_task(_pump(far, to_near))
            for writer in writers:
                writer.close()
                await writer.wait_closed()
        except* OSError:
            # One end is gone, or there was none: the other loses its connection too.
            pass
        finally:
            for writer in writers:
                writer.transport.abort()

    async def _finish(self) -> None:
        self._pause()
        listening, self._listening = self._listening, {}
        for sock in listening:
            sock.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Closed transports let go of their sockets in the loop's next rounds.
        for _ in range(2):
            await asyncio.sleep(0)

    def _close_door(self) -> None:
        self._door.close()
        self.path.unlink(missing_ok=True)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Everything that comes, then its end: the other direction may go on."""
    while data := await source.read(_CHUNK):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


def _listens(number: int) -> bool:
    """Whether this file is a listening TCP socket."""
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return False
    with socket.socket(fileno=os.dup(number)) as sock:
        return (
            sock.family == socket.AF_INET
            and sock.type == socket.SOCK_STREAM
            and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        )


def _bind(door: socket.socket, path: Path) -> None:
    # A socket's name may have only some hundred bytes; a folder's number is short.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        door.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
