"""Real Chromium. Skipped where there is none, except in CI."""

from __future__ import annotations

import io
import json
import os
import threading
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from harness.browser import Browser, View, find_chromium
from harness.camera import Camera
from harness.clock import SystemClock
from harness.errors import SitedrillError
from harness.journal import Journal

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = find_chromium(environ=os.environ)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium in CI: .ci/system-packages installs it")
        pytest.skip("no Chromium here")
    with Browser(found) as browser:
        yield browser


class Site:
    """A server of one page, and what it was asked for."""

    def __init__(self, page: str) -> None:
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_picture_shows_the_page_and_reaches_no_other_host(
    browser: Browser, tmp_path: Path
) -> None:
    other = Site("no")
    site = Site(f"<body style='margin:0;background:#c00'><img src='{other.url}/logo.png'>")
    try:
        camera = Camera(browser, view=View(400, 200, 0.5))
        with Journal(tmp_path / "j.jsonl", clock=SystemClock()) as journal:
            camera.take("broken", f"{site.url}/page", path="/page", journal=journal)
    finally:
        site.close()
        other.close()
    told = json.loads((tmp_path / "j.jsonl").read_text())
    assert (told["kind"], told["moment"], told["path"]) == ("screenshot", "broken", "/page")
    picture = Image.open(io.BytesIO(b64decode(told["data"]))).convert("RGB")
    assert picture.size == (told["width"], told["height"]) == (200, 100)
    red, green, blue = picture.getpixel((150, 80))
    assert red > 180
    assert max(green, blue) < 30
    assert "/page" in site.asked
    assert other.asked == []


def test_a_page_that_does_not_come_is_said(browser: Browser) -> None:
    with pytest.raises(SitedrillError, match="net::ERR_"):
        browser.picture("http://127.0.0.1:1/")


def test_a_closed_browser_says_so() -> None:
    closed = Browser(Path("/nowhere"))
    closed.close()
    closed.close()
    with pytest.raises(SitedrillError, match="the browser is closed"):
        closed.picture("http://127.0.0.1/")
