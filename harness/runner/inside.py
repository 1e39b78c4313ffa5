"""Brings the world's ports into a network namespace that has no network; runs inside it.

    python3 inside.py --door SOCKET --ports 1,2,3 [--limit NAME=NUMBER ...] -- COMMAND ...

It listens on 127.0.0.1 at each port, passes the listening sockets out through the door (SCM_RIGHTS,
https://man7.org/linux/man-pages/man7/unix.7.html), waits until they are accepted there, and becomes the
command. It imports nothing but the standard library and nothing of ours: it runs under whatever
Python 3.9 or newer there is inside.
"""

import argparse
import fcntl
import json
import os
import resource
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
BACKLOG = 128
#: What a shell answers for a command that is not there, and for one that cannot be run.
NOT_FOUND, CANNOT_RUN = 127, 126


def main() -> None:
    """Open the ports, pass them out, set the limits, become the command."""
    given = _arguments()
    ports = [int(port) for port in given.ports.split(",") if port]
    try:
        if ports:
            _raise_loopback()
            _pass_out(given.door, ports)
        for limit in given.limit:
            _set_limit(limit)
    except (OSError, ValueError) as error:
        sys.exit(f"inside: {error}")
    try:
        os.execvp(given.command[0], given.command)  # noqa: S606 - becoming the command is the point
    except OSError as error:
        print(f"inside: {given.command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_RUN)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="inside.py")
    parser.add_argument("--door", default="")
    parser.add_argument("--ports", default="")
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=NUMBER")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _raise_loopback() -> None:
    """A new network namespace has its loopback down, unless whoever made it has raised it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack("16xH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked))
        if not flags & IFF_UP:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def _pass_out(door: str, ports: "list[int]") -> None:
    listening = []
    for port in ports:
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", port))
        one.listen(BACKLOG)
        listening.append(one)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as out:
        out.settimeout(30)
        # A socket's name may have only some hundred bytes; a folder's number is short.
        parent, _, name = door.rpartition("/")
        folder = os.open(parent or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            out.connect(f"/proc/self/fd/{folder}/{name}")
        finally:
            os.close(folder)
        socket.send_fds(out, [json.dumps(ports).encode()], [one.fileno() for one in listening])
        answer = out.recv(1024).decode(errors="replace")
    if answer != "ok":
        raise OSError(f"the door does not open: {answer or 'closed'}")
    for one in listening:
        one.close()


def _set_limit(limit: str) -> None:
    name, _, number = limit.partition("=")
    which = getattr(resource, f"RLIMIT_{name.upper()}", None)
    if which is None:
        raise ValueError(f"no limit is called {name!r}")
    _, most = resource.getrlimit(which)
    wanted = int(number) if most == resource.RLIM_INFINITY else min(int(number), most)
    resource.setrlimit(which, (wanted, wanted))


if __name__ == "__main__":
    main()
