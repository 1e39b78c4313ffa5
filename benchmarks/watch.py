"""What `sitedrill watch` costs: the share of one core at four samples a second.

python benchmarks/watch.py [SECONDS]

Asked is a site on this machine, in a process of its own, for three addresses a sample, as the reference
site's settings name them. Counted is the processor time of the watching process alone, once it watches.
"""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness.clock import SystemClock
from harness.gameday.watching import Watch
from harness.journal import Journal
from harness.resources import reference_site

PAGES = ("index.html", "timetable/index.html", "css/site.css")
EVERY = 0.25
SERVER = """
import http.server, sys, functools
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): ...
server = http.server.ThreadingHTTPServer(
    ("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
print(server.server_port, flush=True)
server.serve_forever()
"""


def used() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    pages = reference_site() / "src"
    accepted = {
        f"/{name}": frozenset({hashlib.sha256((pages / name).read_bytes()).hexdigest()})
        for name in PAGES
    }
    # Never healthy at the last address, so that the watch goes on, and asks for all three.
    accepted[f"/{PAGES[-1]}"] = frozenset({"0" * 64})
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(pages)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    clock = SystemClock()
    try:
        with (
            tempfile.TemporaryDirectory() as directory,
            Journal(Path(directory) / "journal.jsonl", clock=clock) as journal,
        ):
            watch = Watch(url, accepted, {}, journal=journal, clock=clock, every=EVERY)
            before, begun = used(), time.monotonic()
            found = watch.until_recovered(
                within=seconds, confirmed=3, say=lambda _: None, stop=threading.Event()
            )
            spent, passed = used() - before, time.monotonic() - begun
    finally:
        server.kill()
        server.wait()
    print(f"{found.samples} samples of {len(accepted)} addresses in {passed:.1f} s")
    print(f"{spent:.3f} s of processor time: {100 * spent / passed:.2f} % of one core")


if __name__ == "__main__":
    main()
