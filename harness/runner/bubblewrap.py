"""A wall of Linux namespaces around a run, by bubblewrap: https://github.com/containers/bubblewrap

    with Bubblewrap(program, clock=clock).start(command, job, environment=..., token=...) as running:

Inside there are the system's programs (read-only, see `harness.runner.visible`), the run's own folder, a
temporary folder of limited size, processes of its own, and of the network the world's ports alone (see
`harness.runner.doorway`). docs/sandbox.md tells it to users.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.clock import Clock
from harness.errors import PollTimeoutError, ProcessError
from harness.polling import poll
from harness.processes import TOKEN, marked
from harness.runner.doorway import INSIDE, Doorway
from harness.runner.guard import Guard
from harness.runner.job import Job
from harness.runner.running import GRACE, Running
from harness.runner.tools import Tool, version_of
from harness.runner.visible import (
    interpreter_roots,
    linked_elsewhere,
    program_roots,
    read_only,
    system_mounts,
)
from harness.runner.wall import popen

#: The user that GitHub's own runners have.
USER = 1001
#: Folders that are a run's own and in memory, and the bytes that each may hold.
_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - not the machine's
TEMPORARY = 2 << 30
#: setrlimit's bounds: bytes of one file, processes and threads (root is exempt from it), no core files.
LIMITS = ("fsize=8589934592", "nproc=4096", "core=0")
#: bubblewrap before this one cannot limit the size of a temporary folder.
OLDEST = (0, 7)
#: Seconds that the namespaces may take to come up, and to go.
_PROMPTLY = 20.0
_HOW = "Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap"
_FORBIDDEN = (
    "it is there, but this system forbids it to make namespaces (in a container: allow them; "
    "Ubuntu 24.04: sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
)
_NAMESPACES = (
    *("--unshare-user", "--uid", str(USER), "--gid", str(USER)),
    *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try"),
    *("--hostname", "runner", "--die-with-parent", "--new-session"),
)
#: Of the kernel's files in /proc, root may write these without any privilege; and whoever runs us as
#: root is still root in there, by another name. bubblewrap itself covers only folders that are writable.
_KERNEL = tuple(
    word
    for name in ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr")
    for word in ("--ro-bind-try", f"/proc/{name}", f"/proc/{name}")
)
_SUDO = Path(__file__).with_name("sudo.sh")


def find_bubblewrap(search: str | None = None) -> Tool:
    """Look for bubblewrap on PATH (or on `search`) and try whether it works here."""
    found = shutil.which("bwrap", path=search)
    if found is None:
        return Tool("bubblewrap", None, "", _HOW, "not on PATH")
    program = Path(found)
    version = version_of(program)
    if tuple(int(part) for part in version.split(".")[:2] if part) < OLDEST:
        problem = (
            f"of version {version or 'unknown'}, {'.'.join(map(str, OLDEST))} or newer is needed"
        )
        return Tool("bubblewrap", program, version, _HOW, problem)
    tried = [found, *_NAMESPACES, *_system(), "--", "/bin/sh", "-c", "exit 0"]
    try:
        done = subprocess.run(tried, capture_output=True, timeout=_PROMPTLY, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Tool("bubblewrap", program, version, _HOW, f"cannot be run: {error}")
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        return Tool("bubblewrap", program, version, _FORBIDDEN, f"forbidden here: {said}")
    return Tool("bubblewrap", program, version, _HOW)


@dataclass
class Walled:
    """A run behind its wall: a `Running`. `init` is a file of the process whose end ends all of them."""

    process: subprocess.Popen[bytes]
    init: int
    token: str
    clock: Clock
    breach: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def lines(self) -> Iterator[str]:
        """What it prints, and at last why it was ended, if it was too much for the machine."""
        if self.process.stdout is not None:
            for line in self.process.stdout:
                yield line.decode(errors="replace")
        yield from self.breach

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait()

    def interrupt(self) -> None:
        """Ask act, which was started first, and nothing that it has started."""
        for process in self._inside()[:1]:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGINT)

    def end(self) -> None:
        """Ask the steps to end, then end all of it at once.

        act itself is not asked: it would go at once, and the steps with it.
        """
        if self.process.poll() is None:
            for process in self._steps():
                with suppress(psutil.Error):
                    process.terminate()
            with suppress(PollTimeoutError):
                poll(
                    lambda: True if self.process.poll() is not None else None,
                    within=GRACE,
                    waiting_for="the run to end",
                    clock=self.clock,
                )
        self.kill()

    def _steps(self) -> list[psutil.Process]:
        """What runs inside, but the command that was started first."""
        return self._inside()[1:]

    def _inside(self) -> list[psutil.Process]:
        """What runs inside, in the order in which it was started."""
        begun = []
        for process in marked(self.token):
            with suppress(psutil.Error):
                begun.append((process.create_time(), process.pid, process))
        return [process for _, _, process in sorted(begun)]

    def kill(self) -> None:
        """End all of it at once: with the first process of a namespace the kernel ends the others.

        https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
        """
        with self.lock, suppress(ProcessLookupError):
            if not self.closed:
                signal.pidfd_send_signal(self.init, signal.SIGKILL)

    def overrun(self, why: str) -> None:
        """End it because of what it does to the machine."""
        self.breach.append(why)
        self.kill()

    def close(self) -> None:
        """End it, wait until nothing of it is left, and let go of it."""
        self.end()
        # Ready to be read once the process has ended, after every other of its namespace.
        gone = select.poll()
        gone.register(self.init, select.POLLIN)
        gone.poll(_PROMPTLY * 1000)
        with self.lock:
            # Whoever asks for its end in another thread from now on comes too late.
            self.closed = True
            os.close(self.init)
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Bubblewrap:
    """Namespaces of its own for every run."""

    name = "bubblewrap"

    def __init__(
        self,
        tool: Tool,
        *,
        programs: Iterable[Path] = (),
        readable: Iterable[Path] = (),
        clock: Clock,
    ) -> None:
        """Look once at what every run may read.

        Args:
            tool: bubblewrap, as `find_bubblewrap` found it.
            programs: what runs start besides the system's: act and the tools.
            readable: what else they read, such as the files that their configuration names.
            clock: whose time counts while a run is ended.
        """
        self._tool = tool
        self._clock = clock
        seen = interpreter_roots() | linked_elsewhere() | {INSIDE}
        for program in programs:
            seen |= program_roots(program, home=Path.home())
        for path in readable:
            seen |= {path, path.resolve()}
        self._fixed = [*_NAMESPACES, *_system()]
        self._readable = frozenset(seen)

    def versions(self) -> Mapping[str, str]:
        """Of bubblewrap."""
        return {"sandbox": f"{self.name} {self._tool.version}"}

    @contextmanager
    def start(
        self, command: Sequence[str], job: Job, *, environment: Mapping[str, str], token: str
    ) -> Iterator[Running]:
        """Start it inside.

        Raises:
            ProcessError: bubblewrap cannot make the wall.
        """
        with ExitStack() as stack:
            door = stack.enter_context(Doorway(job.ports, directory=job.directory))
            inside = door.through(command, limits=LIMITS)
            wall = [*self._fixed, *self._own(job), "--setenv", TOKEN, token, "--", *inside]
            walled = self._start(wall, {**environment, "TMPDIR": "/tmp"}, token)  # noqa: S108 - its own
            stack.callback(walled.close)
            stack.enter_context(Guard(walled.init, directory=job.directory, end=walled.overrun))
            yield walled

    def _own(self, job: Job) -> list[str]:
        """The options for what this run alone sees: its folder, what it shares, its own user."""
        sudo = job.directory / "bin" / "sudo"
        etc = job.directory / "etc"
        for folder in (sudo.parent, etc):
            folder.mkdir(exist_ok=True)
        shutil.copyfile(_SUDO, sudo)
        sudo.chmod(0o755)
        home = job.directory / "home"
        names = {
            "passwd": f"runner:x:{USER}:{USER}::{home}:/bin/bash\n",
            "group": f"runner:x:{USER}:\n",
            "hosts": "127.0.0.1 localhost runner\n",
            "hostname": "runner\n",
        }
        options = read_only(self._readable | set(job.readable))
        for path in (job.directory, *job.shared):
            options += ["--bind", str(path), str(path)]
        for name, text in names.items():
            (etc / name).write_text(text)
            options += ["--ro-bind", str(etc / name), f"/etc/{name}"]
        return [*options, "--remount-ro", "/", "--chdir", str(job.workspace)]

    def _start(self, options: Sequence[str], environment: Mapping[str, str], token: str) -> Walled:
        told, tells = os.pipe()
        try:
            # In a folder that is not the run's: it is not to be taken for one of its processes.
            process = popen(
                [str(self._tool.path), "--info-fd", str(tells), *options],
                directory=Path("/"),
                environment=environment,
                pass_fds=(tells,),
            )
        except BaseException:
            os.close(told)
            raise
        finally:
            os.close(tells)
        with os.fdopen(told) as info:
            said = info.read()
        try:
            init = os.pidfd_open(json.loads(said)["child-pid"])
        except (ValueError, KeyError, OSError) as error:
            process.kill()
            why = process.communicate()[0].decode(errors="replace").strip()
            raise ProcessError(
                f"bubblewrap cannot make the wall: {why or error}", hint="see `sitedrill doctor`"
            ) from error
        return Walled(process, init, token, self._clock)


def _system() -> list[str]:
    """The options that are the same for every run on every machine."""
    temporary = [
        word
        for folder in _TEMPORARY
        for word in ("--size", str(TEMPORARY), "--perms", "1777", "--tmpfs", folder)
    ]
    return [
        *system_mounts(),
        *("--proc", "/proc", *_KERNEL, "--dev", "/dev", *temporary, "--remount-ro", "/dev"),
        *("--dir", "/run", "--symlink", "/run", "/var/run"),
    ]
