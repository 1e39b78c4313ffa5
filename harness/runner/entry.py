"""A container's first process: runs a command, and ends with it, or when standard input is closed.

    python3 entry.py COMMAND...

Whoever started the container holds the other end of its standard input, so a container outlives nobody.
Only the standard library: this runs in the image. As the first process it also reaps orphans; when it
ends, the kernel ends everything else in the container.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import FrameType


def main(command: list[str]) -> int:
    """Run the command; its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    threading.Thread(target=_end_with_input, daemon=True).start()
    while True:
        ended, status = os.wait()
        if ended == child.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _end_with_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(128 + signal.SIGHUP)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
