"""A real browser: Chromium, driven by Playwright, for what only eyes can judge.

    with Browser(find_chromium(environ=os.environ)) as browser:
        png = browser.picture("http://127.0.0.1:4101/")

It sees one host and nothing else: whatever a page asks of any other address is refused, and no proxy is
used. Scripts of a page run only where Chromium has its sandbox; root has none
(https://chromium.googlesource.com/chromium/src/+/HEAD/docs/linux/sandboxing.md), so that there a page is
shown without them.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from harness.errors import SitedrillError, ToolMissingError

if TYPE_CHECKING:
    from playwright.sync_api import Browser as PlaywrightBrowser
    from playwright.sync_api import Playwright, Route

T = TypeVar("T")

#: Names that Chromium and what is built from it have on PATH.
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
#: A path in this variable is taken before anything on PATH.
VARIABLE = "SITEDRILL_CHROMIUM"
HOW_TO_GET = (
    "install Debian's package chromium (or Google Chrome), and `pip install 'sitedrill[browser]'`"
)


@dataclass(frozen=True)
class View:
    """How large the window is, in CSS pixels, and how many pixels of the picture are one of them."""

    width: int = 1280
    height: int = 800
    scale: float = 0.5


def find_chromium(*, environ: Mapping[str, str]) -> Path | None:
    """The browser that would be taken; None without one, or without Playwright to drive it.

    Args:
        environ: where `PATH` and `SITEDRILL_CHROMIUM` are looked up.
    """
    if importlib.util.find_spec("playwright") is None:
        return None
    named = environ.get(VARIABLE)
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    for name in NAMES:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            return Path(found)
    return None


def require_chromium(*, environ: Mapping[str, str]) -> Path:
    """The browser that is there.

    Raises:
        ToolMissingError: there is none; says how to get one.
    """
    found = find_chromium(environ=environ)
    if found is None:
        raise ToolMissingError("no Chromium that Playwright can drive", hint=HOW_TO_GET)
    return found


class Browser:
    """Chromium, started when it is first needed; may be used from any thread.

    Playwright's objects belong to the thread that made them
    (https://playwright.dev/python/docs/library#threading), so that one thread does all the work.
    """

    def __init__(self, executable: Path, *, within: float = 20.0) -> None:
        """Nothing is started yet.

        Args:
            executable: Chromium.
            within: seconds that anything asked of it may take.
        """
        self.executable = executable
        self._within = within
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._playwright: Playwright | None = None
        self._browser: PlaywrightBrowser | None = None
        self._scripts = False
        self._closed = False

    def __enter__(self) -> Browser:
        """For the length of a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def picture(self, url: str, *, view: View | None = None) -> bytes:
        """What a viewer sees of a page when it has loaded, as PNG; the first screenful of it.

        Args:
            url: of the page; nothing but its own origin is reached.
            view: how large.

        Raises:
            SitedrillError: the browser does not start, or the page does not come in time.
        """
        return self._ask(lambda: self._take(url, view or View()), what=f"a picture of {url}")

    def close(self) -> None:
        """End Chromium; may be called again."""
        if not self._closed:
            self._closed = True
            future = self._thread.submit(self._end)
            # A browser that is gone already is closed.
            with contextlib.suppress(Exception):
                future.result(self._within)
            self._thread.shutdown(wait=False)

    def _ask(self, work: Callable[[], T], *, what: str) -> T:
        if self._closed:
            raise SitedrillError(f"{what}: the browser is closed")
        future: Future[T] = self._thread.submit(work)
        try:
            return future.result(3 * self._within)
        except LateError as error:
            raise SitedrillError(f"{what} was not there in time") from error
        except SitedrillError:
            raise
        except Exception as error:
            first = str(error).strip().splitlines() or [type(error).__name__]
            raise SitedrillError(f"{what}: {first[0]}") from error

    def _take(self, url: str, view: View) -> bytes:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}/"
        context = self._running().new_context(
            viewport={"width": view.width, "height": view.height},
            device_scale_factor=view.scale,
            java_script_enabled=self._scripts,
            service_workers="block",
            reduced_motion="reduce",
            ignore_https_errors=True,
        )
        try:
            context.set_default_timeout(self._within * 1000)
            context.route("**/*", lambda route: _only(route, origin))
            page = context.new_page()
            page.goto(url, wait_until="load")
            return page.screenshot(animations="disabled", caret="hide")
        finally:
            context.close()

    def _running(self) -> PlaywrightBrowser:
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - not needed otherwise

        if self._playwright is None:
            self._playwright = sync_playwright().start()
        try:
            self._browser = self._launch(sandbox=os.geteuid() != 0)
            self._scripts = os.geteuid() != 0
        except Error:
            # A container may forbid the sandbox's namespaces to everybody.
            self._browser, self._scripts = self._launch(sandbox=False), False
        return self._browser

    def _launch(self, *, sandbox: bool) -> PlaywrightBrowser:
        assert self._playwright is not None  # noqa: S101 - _running has made it
        return self._playwright.chromium.launch(
            executable_path=self.executable,
            chromium_sandbox=sandbox,
            timeout=self._within * 1000,
            # Whoever uses it closes it, after Ctrl-C too.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            args=[
                "--no-proxy-server",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-dev-shm-usage",
                "--force-color-profile=srgb",
            ],
        )

    def _end(self) -> None:
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()


def _only(route: Route, origin: str) -> None:
    if route.request.url.startswith((origin, "data:", "blob:")):
        route.continue_()
    else:
        route.abort()
