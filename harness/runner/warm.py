"""Starts the AWS CLI by a fork of a process that has already imported it; runs where the steps run.

    aws ARGUMENTS...        ->   warm.py PROGRAM ARGUMENTS...     (what a step calls)
                                     └── warm_server.py           (one a run, begun by the first call)
                                             └── fork: PROGRAM    (with the caller's everything)

Nearly all of what the AWS CLI costs is its own start, which is the same each time, and an emergency
workflow calls it some twenty times. The first call of a run starts a server that imports the CLI once;
each call is a child of it with the caller's arguments, environment, working directory, umask and open
files, and ends as the caller does: it gets the caller's signals and dies with it. The code that runs is
the program's own file. Where any of this cannot be had (no Linux, another kind of program, an
environment that Python itself would read differently) the caller becomes the program, as without us.

Only the standard library, and of ours only what lies beside it: it is copied into the run.
https://man7.org/linux/man-pages/man7/unix.7.html (SCM_RIGHTS, SO_PEERCRED)
"""

import fcntl
import hashlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
from contextlib import suppress

#: Seconds that it may take to begin.
BEGIN_WITHIN = 30.0
#: A message has at most so many open files: SCM_MAX_FD of Linux.
MOST_FILES = 253
#: pathlib costs a third of our own start.
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
LENGTH = struct.Struct("!I")
STATUS = struct.Struct("!i")
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)
#: Variables that the imports themselves look at.
_READ_AT_IMPORT = ("PYTHON", "LC_", "LANG", "AWS_DATA_PATH", "LD_")


def main(arguments: "list[str]") -> int:
    """Run the program; its exit code."""
    program, *rest = arguments
    python = interpreter_of(program)
    # Whatever is wrong with it here, the program itself can still be started.
    with suppress(OSError, ValueError):
        if python and sys.platform == "linux":
            return call(python, program, rest)
    return os.execv(program, [program, *rest])  # noqa: S606 - becoming the program is the point


def interpreter_of(program: str) -> str:
    """The Python that a script names in its first line; empty for any other program."""
    with open(program, "rb") as file:  # noqa: PTH123 - pathlib costs a third of our own start
        first = file.readline(512).decode(errors="replace").strip()
    named = first.removeprefix("#!").strip()
    plain = first.startswith("#!") and " " not in named and "python" in named.rpartition("/")[2]
    return named if plain else ""


def call(python: str, program: str, arguments: "list[str]") -> int:
    """Have the server run the program with all that is ours; its exit code.

    Raises:
        OSError: there is no server and none could be started.
        ValueError: we have more open files than can be passed.
    """
    files = sorted(_open_files())
    if len(files) + 1 > MOST_FILES:
        raise ValueError("too many open files")
    folder = os.open(_HERE, os.O_RDONLY | os.O_DIRECTORY)
    server = _reach(folder, python, program)
    umask = os.umask(0)
    os.umask(umask)
    told = {"argv": [program, *arguments], "env": dict(os.environ), "umask": umask, "files": files}
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    passed: list[int] = []
    for number in PASSED_ON:
        signal.signal(number, lambda got, _: passed.append(got))
    data = json.dumps(told).encode()
    socket.send_fds(server, [LENGTH.pack(len(data))], [here, *files])
    server.sendall(data)
    # From here on the program may have begun: nothing may start it a second time.
    try:
        return _follow(server, passed)
    except OSError as error:
        sys.stderr.write(f"aws: lost its process: {error}\n")
        return 255


def _follow(server: socket.socket, passed: "list[int]") -> int:
    child = STATUS.unpack(_received(server, STATUS.size, passed, 0))[0]
    status = STATUS.unpack(_received(server, STATUS.size, passed, child))[0]
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        # End as it has ended, so that whoever waits for us sees the same.
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def _received(sock: socket.socket, size: int, passed: "list[int]", child: int) -> bytes:
    """So many bytes; meanwhile the child, once there is one, gets the signals that we get."""
    data = b""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    before = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    try:
        with selectors.DefaultSelector() as both:
            both.register(sock, selectors.EVENT_READ)
            both.register(wake, selectors.EVENT_READ)
            while len(data) < size:
                while child and passed:
                    os.kill(child, passed.pop(0))
                for key, _ in both.select():
                    if key.fileobj == wake:
                        os.read(wake, 64)
                        continue
                    more = sock.recv(size - len(data))
                    if not more:
                        raise ConnectionError("its server has ended")
                    data += more
    finally:
        signal.set_wakeup_fd(before)
        os.close(wake)
        os.close(woken)
    return data


def _open_files() -> "list[int]":
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            if os.get_inheritable(int(name)):
                found.append(int(name))
        except OSError:
            # The listing's own is gone by now.
            continue
    return found


def _reach(folder: int, python: str, program: str) -> socket.socket:
    name = f"/proc/self/fd/{folder}/.warm-{_kind(program)}"
    server = _connected(name)
    if server is None:
        with open(f"{name}.lock", "w") as lock:  # noqa: PTH123
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Somebody else may have started it while we waited.
            server = _connected(name)
            if server is None:
                _start(name, folder, python, program)
                server = _connected(name)
    if server is None:
        raise OSError("no server")
    return server


def _kind(program: str) -> str:
    """Callers whose imports would come out the same share a server."""
    read = sorted(item for item in os.environ.items() if item[0].startswith(_READ_AT_IMPORT))
    return hashlib.sha256(json.dumps([program, os.getuid(), read]).encode()).hexdigest()[:16]


def _connected(name: str) -> "socket.socket | None":
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        one.connect(name)
    except OSError:
        one.close()
        return None
    return one


def _start(name: str, folder: int, python: str, program: str) -> None:
    """Start the server, and wait until it serves.

    Raises:
        OSError: it did not begin.
    """
    import subprocess  # noqa: PLC0415 - only the first caller may pay for it

    with suppress(FileNotFoundError):
        os.unlink(name)  # noqa: PTH108
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(name)
        listening.listen(64)
        ready, said = os.pipe()
        subprocess.Popen(
            [
                *(python, os.path.join(_HERE, "warm_server.py")),  # noqa: PTH118
                *(program, str(listening.fileno()), str(said)),
            ],
            pass_fds=(listening.fileno(), said),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        ).returncode = 0
        os.close(said)
        with selectors.DefaultSelector() as one:
            one.register(ready, selectors.EVENT_READ)
            began = one.select(BEGIN_WITHIN) and os.read(ready, 1)
        os.close(ready)
        if not began:
            raise OSError("the server did not begin")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
