"""`sitedrill watch`: tells when a site breaks and when it is back, in time and at little cost."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.gameday.watching import Watch
from harness.github.git import git
from harness.journal import Journal, read_journal

pytestmark = pytest.mark.integration

SETTINGS = """\
[site]
repository = "harbourlight/website"
watch = ["/", "/css/site.css"]

[environments.staging]
alias = "staging.harbourlight.example"
bucket = "harbourlight-staging"

[headers]
x-frame-options = "SAMEORIGIN"
"""
PAGE, CSS = b"<!doctype html><title>Boats</title><p>v1</p>\n", b"p { color: navy }\n"


class Site:
    """A small site that can be broken."""

    def __init__(self) -> None:
        self.broken = False
        self.connections = 0
        self.page = PAGE
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                site.connections += 1
                super().setup()

            def do_GET(self) -> None:
                body = site.page if self.path == "/" else CSS
                self.send_response(503 if site.broken else 200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Frame-Options", "SAMEORIGIN")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def live() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=(0.05,))
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "website"
    (folder / "src" / "css").mkdir(parents=True)
    (folder / "src" / "index.html").write_bytes(PAGE)
    (folder / "src" / "css" / "site.css").write_bytes(CSS)
    (folder / "sitedrill.toml").write_text(SETTINGS)
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c"}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c"}
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Boats", env=who)
    git(folder, "tag", "v1.0.0")
    (folder / "src" / "index.html").write_bytes(b"not released")
    return folder


def watch(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli", "watch", *options]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def test_a_site_that_is_as_released_ends_the_watch_with_0(live: Site, repository: Path) -> None:
    journal = repository / "watch.jsonl"
    done = watch(repository, "--site", live.url, "--release", "v1.0.0", "--journal", str(journal))
    assert done.returncode == 0, done.stderr
    assert "recovered after" in done.stdout
    records = read_journal(journal)
    assert [r.kind for r in records if r.kind != "probe"] == [
        "watch.started",
        "mark",
        "watch.finished",
    ]
    assert records[-1].data["recovered"] is True
    assert sum(r.kind == "probe" for r in records) >= 3


def test_a_site_that_stays_broken_ends_it_with_1_at_the_time_box(
    live: Site, repository: Path
) -> None:
    live.page = b"an older release"
    done = watch(repository, "--site", live.url, "--time-box", "1s", "--every", "0.1")
    assert done.returncode == 1
    assert "broken: / serves none of the accepted bodies" in done.stdout
    assert "not recovered within 1s, 0.0% available" in done.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--site", "www.example.com"), "--site is 'www.example.com', expected what viewers type"),
        (("--site", "http://h", "--time-box", "soon"), "--time-box is 'soon'"),
        (("--site", "http://h", "--release", "v9.9.9"), "release is 'v9.9.9'"),
    ],
)
def test_a_mistake_is_one_line_and_2(repository: Path, options: tuple[str, ...], told: str) -> None:
    done = watch(repository, *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_recovery_is_seen_within_one_interval_over_one_connection(
    live: Site, tmp_path: Path
) -> None:
    every, clock, said = 0.25, SystemClock(), list[str]()
    live.broken = True
    mended: list[float] = []

    def mend() -> None:
        mended.append(time.monotonic())
        live.broken = False

    accepted = {
        "/": frozenset({hashlib.sha256(PAGE).hexdigest()}),
        "/css/site.css": frozenset({hashlib.sha256(CSS).hexdigest()}),
    }
    timer = threading.Timer(0.9, mend)
    with Journal(tmp_path / "journal.jsonl", clock=clock) as journal:
        began = time.monotonic()
        timer.start()
        found = Watch(
            live.url, accepted, {}, journal=journal, clock=clock, every=every
        ).until_recovered(within=30, confirmed=3, say=said.append, stop=threading.Event())
    timer.join()
    assert found.seconds is not None
    late = began + found.seconds - mended[0]
    # A quarter of a second more for a machine that is busy with other tests.
    assert 0 <= late <= every + 0.25
    assert live.connections <= 2
    assert [line.split(" s  ")[1].split(":")[0] for line in said] == ["broken", "good"]
