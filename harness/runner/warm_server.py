"""The other half of `warm.py`: has imported the AWS CLI, and forks for every caller.

    warm_server.py PROGRAM LISTENING READY      two open files: the socket, the pipe that says it serves

A caller sends its arguments, environment, umask and open files, gets the child's process id and, at the
end, its wait status. Only the standard library, and the CLI.
"""

import atexit
import fcntl
import gc
import io
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
import time
from typing import Any

# Where this runs it lies beside us, and there is no `harness`.
from warm import LENGTH, MOST_FILES, PASSED_ON, STATUS  # type: ignore[import-not-found]

#: Seconds without a call after which it goes.
IDLE = 60.0


def serve(program: str, listening: int, ready: int) -> int:
    """Import what the program imports, then fork for every caller until nobody has called for a while."""
    sys.path[0] = os.path.dirname(program)  # noqa: PTH120 - as it would be in the program
    before = dict(os.environ)
    import awscli.clidriver  # noqa: PLC0415 - only the server may pay for it

    awscli.clidriver.create_clidriver()
    # Importing the CLI sets variables of its own, which the program will not do a second time.
    set_by_import = {name: text for name, text in os.environ.items() if before.get(name) != text}
    # What was made until now is shared with every child; the collector must not touch it there.
    gc.collect()
    gc.freeze()
    door = socket.socket(fileno=listening)
    door.setblocking(False)
    wake, woken = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    os.write(ready, b"1")
    os.close(ready)
    children: dict[int, socket.socket] = {}
    last = time.monotonic()
    with selectors.DefaultSelector() as events:
        events.register(door, selectors.EVENT_READ)
        events.register(wake, selectors.EVENT_READ)
        while children or time.monotonic() - last < IDLE:
            for key, _ in events.select(None if children else IDLE):
                last = time.monotonic()
                if key.fileobj is door:
                    _accept(program, set_by_import, door, events, children)
                elif key.fileobj == wake:
                    os.read(wake, 4096)
                else:
                    # A caller says nothing more: it is gone, and what it called goes with it.
                    _forget(key.fileobj, events, children)
            _reap(events, children)
    return 0


def _accept(
    program: str,
    variables: dict[str, str],
    door: socket.socket,
    events: selectors.BaseSelector,
    children: dict[int, socket.socket],
) -> None:
    try:
        caller, _ = door.accept()
    except OSError:
        return
    caller.settimeout(10)
    files: list[int] = []
    try:
        _, user, _ = struct.unpack(
            "3i", caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        )
        if user != os.getuid():
            raise PermissionError("another user's")
        head, files, _, _ = socket.recv_fds(caller, LENGTH.size, MOST_FILES)
        told = json.loads(_all(caller, LENGTH.unpack(head)[0]))
        child = os.fork()
    except (OSError, ValueError, struct.error):
        caller.close()
        _close(files)
        return
    if child == 0:
        # A child must never come back into the server's loop.
        try:
            told["env"].update(variables)
            _become(program, told, files)
        finally:
            os._exit(255)
    _close(files)
    children[child] = caller
    events.register(caller, selectors.EVENT_READ)
    try:
        caller.sendall(STATUS.pack(child))
    except OSError:
        _forget(caller, events, children)


def _all(caller: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = caller.recv(size - len(data))
        if not more:
            raise ConnectionError("cut off")
        data += more
    return data


def _close(files: list[int]) -> None:
    for number in files:
        os.close(number)


def _forget(
    caller: object, events: selectors.BaseSelector, children: dict[int, socket.socket]
) -> None:
    for child, whose in list(children.items()):
        if whose is caller:
            os.kill(child, signal.SIGKILL)
            events.unregister(whose)
            whose.close()
            # Reaped like the others, with nobody to tell.
            children[child] = socket.socket(socket.AF_UNIX)


def _reap(events: selectors.BaseSelector, children: dict[int, socket.socket]) -> None:
    while children:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        caller = children.pop(child)
        try:
            events.unregister(caller)
            caller.sendall(STATUS.pack(status))
        except (KeyError, OSError):
            # It is gone.
            pass
        caller.close()


def _become(program: str, told: dict[str, Any], files: list[int]) -> None:
    """Be what the caller would have become; does not return."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, *PASSED_ON):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    here, *theirs = files
    os.fchdir(here)
    _take_over(theirs, told["files"])
    os.environ.clear()
    os.environ.update(told["env"])
    time.tzset()
    os.umask(told["umask"])
    sys.argv = told["argv"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(number)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os._exit(_ended(program))


def _take_over(files: list[int], numbers: list[int]) -> None:
    """Have the caller's open files under the caller's numbers, and no others."""
    above = max([2, *numbers, *files]) + 1
    safe = [fcntl.fcntl(file, fcntl.F_DUPFD, above) for file in files]
    os.closerange(0, above)
    for file, number in zip(safe, numbers, strict=True):
        os.dup2(file, number)
    os.closerange(above, 1 << 20)


def _stream(number: int) -> io.TextIOWrapper | None:
    """As the interpreter makes them: https://docs.python.org/3/library/sys.html#sys.__stdin__

    None where the caller has the file closed.
    """
    try:
        os.fstat(number)
    except OSError:
        return None
    raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw),
        encoding=sys.getfilesystemencoding(),
        errors="backslashreplace" if number == 2 else "surrogateescape",
        line_buffering=number == 2 or raw.isatty(),
    )


def _ended(program: str) -> int:
    """Run the program's file to its end, as the interpreter does; its exit code."""
    code = 0
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, int):
            code = end.code
        elif end.code is not None:
            sys.stderr.write(f"{end.code}\n")
            code = 1
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001 - whatever it is, the interpreter would print it
        sys.excepthook(*sys.exc_info())
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = code or 120
    return code & 0xFF


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
