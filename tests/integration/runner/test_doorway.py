"""The doorway, with real sockets and real network namespaces: the ports it names, and nothing else."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.polling import poll
from harness.runner.doorway import Doorway

pytestmark = pytest.mark.integration

#: A network namespace of our own; a user namespace makes it possible for anybody.
ALONE = ("unshare", "--user", "--map-root-user", "--net")
Handler = Callable[[socket.socket], None]
#: Opens connections, says so, and holds them until it is told something.
HOLD = """
import socket
held = [socket.create_connection(("127.0.0.1", {port})) for _ in range(9)]
print("held", flush=True)
input()
"""


@contextmanager
def listening(handle: Handler) -> Iterator[int]:
    """A server of this machine's loopback."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as server:

        def serve() -> None:
            with ThreadPoolExecutor(64) as pool:
                while True:
                    try:
                        one, _ = server.accept()
                    except OSError:
                        return
                    pool.submit(answer, one)

        def answer(one: socket.socket) -> None:
            with one:
                handle(one)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def say_all_back(one: socket.socket) -> None:
    """Read to the end, then answer: what only works when half of a connection can be closed."""
    said = b""
    while data := one.recv(65536):
        said += data
    one.sendall(b"heard " + said)


def inside(door: Doorway, code: str, **more: object) -> str:
    """Run Python in a network namespace of its own, behind the door."""
    command = [*ALONE, *door.through([sys.executable, "-c", code], **more)]  # type: ignore[arg-type]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() or done.stderr.strip()


def ask(port: int, number: int = 1, size: int = 10) -> str:
    """Code that says something on many connections at once, and checks what comes back."""
    return f"""
import socket, concurrent.futures
def one(n):
    with socket.create_connection(("127.0.0.1", {port})) as s:
        said = str(n % 10).encode() * {size}
        s.sendall(said)
        s.shutdown(socket.SHUT_WR)
        heard = b""
        while data := s.recv(65536):
            heard += data
        return heard == b"heard " + said
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(sum(pool.map(one, range({number}))))
"""


def files() -> int:
    """How many files this process has open."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_port_is_reached_at_its_own_address(tmp_path: Path) -> None:
    with listening(say_all_back) as port, Doorway([port], directory=tmp_path) as door:
        assert inside(door, ask(port)) == "1"


def test_without_the_door_nothing_is_reached(tmp_path: Path) -> None:
    with listening(say_all_back) as port:
        done = subprocess.run(
            [*ALONE, sys.executable, "-c", ask(port)], capture_output=True, timeout=60, check=False
        )
    assert b"OSError" in done.stderr or b"ConnectionRefusedError" in done.stderr


def test_a_port_that_is_not_named_is_not_reached(tmp_path: Path) -> None:
    with (
        listening(say_all_back) as named,
        listening(say_all_back) as other,
        Doorway([named], directory=tmp_path) as door,
    ):
        assert "ConnectionRefusedError" in inside(door, ask(other))


def test_many_connections_and_much_data(tmp_path: Path) -> None:
    with (
        listening(say_all_back) as first,
        listening(say_all_back) as second,
        Doorway([first, second], directory=tmp_path) as door,
    ):
        assert inside(door, ask(first, 500) + ask(second, 20, 3_000_000)) == "500\n20"


def test_a_server_that_closes_first(tmp_path: Path) -> None:
    def bye(one: socket.socket) -> None:
        one.sendall(b"bye")

    code = "import socket; s = socket.create_connection(('127.0.0.1', {}))\n"
    code += "print(s.recv(9), s.recv(9)); s.close()"
    with listening(bye) as port, Doorway([port], directory=tmp_path) as door:
        assert inside(door, code.format(port)) == "b'bye' b''"


def test_a_server_that_is_gone_ends_the_connection(tmp_path: Path) -> None:
    with listening(say_all_back) as port:
        pass
    code = f"import socket; print(socket.create_connection(('127.0.0.1', {port})).recv(9))"
    with Doorway([port], directory=tmp_path) as door:
        assert inside(door, code) in {"b''"} or "reset" in inside(door, code)


def test_the_door_opens_once(tmp_path: Path) -> None:
    with listening(say_all_back) as port, Doorway([port], directory=tmp_path) as door:
        assert inside(door, "print('first')") == "first"
        assert not door.path.exists()
        assert "inside:" in inside(door, "print('second')")


def test_what_is_not_a_listening_socket_is_refused_and_the_door_stays(tmp_path: Path) -> None:
    def knock(what: object, files: list[int]) -> str:
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.connect(str(door.path))
            socket.send_fds(knocking, [json.dumps(what).encode()], files)
            return knocking.recv(1024).decode()

    with listening(say_all_back) as port, Doorway([port], directory=tmp_path) as door:
        before = files()
        with socket.socket() as idle, (tmp_path / "file").open("w") as file:
            for what, passed in (
                ([port], [idle.fileno()]),
                ([port], [file.fileno()]),
                ([port], [idle.fileno(), file.fileno()]),
                ([port + 1], [idle.fileno()]),
                ({}, [idle.fileno()]),
                ([port], []),
            ):
                assert "expected a listening socket" in knock(what, passed)
        assert files() == before
        assert inside(door, ask(port)) == "1"


def test_nothing_is_left_open(tmp_path: Path) -> None:
    threads = threading.active_count()
    with listening(say_all_back) as port:
        before = files()
        for _ in range(3):
            with Doorway([port], directory=tmp_path) as door:
                held = subprocess.Popen(
                    [*ALONE, *door.through([sys.executable, "-c", HOLD.format(port=port)])],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
                assert held.stdout is not None
                assert held.stdout.readline() == b"held\n"
            held.communicate(b"\n", timeout=30)
        # The server's own ends of these connections close in its own time.
        left = poll(
            lambda: True if files() <= before else None,
            within=10,
            waiting_for="the files to be closed",
            clock=SystemClock(),
        )
        assert left
        assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_a_door_in_a_folder_with_a_long_name(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 40)
    deep.mkdir()
    with listening(say_all_back) as port, Doorway([port], directory=deep) as door:
        assert inside(door, ask(port)) == "1"


def test_limits_hold_for_the_command(tmp_path: Path) -> None:
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_FSIZE))"
    with Doorway([], directory=tmp_path) as door:
        assert inside(door, code, limits=("fsize=4096",)) == "(4096, 4096)"
        assert inside(door, code, limits=("nonsense=1",)) == "inside: no limit is called 'nonsense'"


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with Doorway([], directory=tmp_path) as door:
        done = subprocess.run(
            door.through(["no-such-command"]), capture_output=True, text=True, check=False
        )
    assert done.returncode == 127
    assert done.stderr == "inside: no-such-command: No such file or directory\n"


def test_the_script_needs_nothing_of_ours_and_an_old_python(tmp_path: Path) -> None:
    system = "/usr/bin/python3"
    if not os.access(system, os.X_OK):
        pytest.skip("no Python of the system's here")
    with listening(say_all_back) as port, Doorway([port], directory=tmp_path) as door:
        done = subprocess.run(
            [*ALONE, *door.through(["echo", "came through"], python=system)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout == "came through\n"
