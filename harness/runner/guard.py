"""Ends a run that is too much for its machine: too many processes, no memory or no disk left.

A limit on processes does not hold for root, and files and memory add up over many processes; so the
machine is looked at while the run goes on.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

#: Processes that a run may have at once.
PROCESSES = 1500
#: Of the machine's memory, and of the disk that the run's folder is on, this must stay free: a share of
#: all of it, or half of what was free when the run began if that is less.
FREE = 0.04
#: Seconds between two looks.
EVERY = 0.2


class Guard:
    """Looks at the machine in a thread of its own, until its context is left."""

    def __init__(
        self,
        init: int,
        *,
        directory: Path,
        end: Callable[[str], None],
        processes: int = PROCESSES,
        free: float = FREE,
    ) -> None:
        """Nothing runs before `__enter__`.

        Args:
            init: a file (pidfd) of the first process of the run's process namespace.
            directory: the run's folder.
            end: called once, with the reason, when it is too much.
            processes: how many it may have.
            free: the share of memory and disk that must stay free.
        """
        self._init = init
        self._directory = directory
        self._end = end
        self._processes = processes
        self._free = free
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="guard", daemon=True)

    def __enter__(self) -> Guard:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        namespace = _namespace(_pid_of(self._init))
        if not namespace:
            return None  # It has ended already.
        threads = _threads()
        memory, all_memory = _memory()
        disk = shutil.disk_usage(self._directory)
        least_memory = min(self._free * all_memory, memory / 2)
        least_disk = min(self._free * disk.total, disk.free / 2)
        while not self._stop.wait(EVERY):
            many = _threads() - threads > self._processes
            if many and (count := _members(namespace)) > self._processes:
                return self._end(f"the run was ended: it had {count} processes at once")
            if _memory()[0] < least_memory:
                return self._end("the run was ended: this machine had hardly any memory left")
            if shutil.disk_usage(self._directory).free < least_disk:
                return self._end("the run was ended: the disk it runs on was nearly full")
        return None


def _pid_of(init: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{init}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return 0


def _namespace(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino  # noqa: PTH116 - not a file of anybody's
    except OSError:
        return 0


def _members(namespace: int) -> int:
    return sum(1 for pid in _pids() if _namespace(pid) == namespace)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def _threads() -> int:
    """All of this machine: https://man7.org/linux/man-pages/man5/proc_loadavg.5.html"""
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])


def _memory() -> tuple[int, int]:
    """Bytes that are available, and all: man7.org/linux/man-pages/man5/proc_meminfo.5.html"""
    lines = Path("/proc/meminfo").read_text().splitlines()
    named = dict(line.split(":", 1) for line in lines)
    available, total = (int(named[key].split()[0]) << 10 for key in ("MemAvailable", "MemTotal"))
    return available, total
