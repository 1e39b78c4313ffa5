"""What viewers see, as pictures: through Chromium, where there is one. A day needs none.

camera = Camera.find(directory / "screens", journal)     # None: there is no Chromium
camera.shoot("https://staging.example.com/")

Only what differs from the picture before is kept.
https://developer.chrome.com/docs/chromium/headless
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.journal import Journal

#: What the browser is called, the usual one first.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Seconds that one picture may take.
TAKES = 20
SIZE = (1280, 800)


class Camera:
    """Takes pictures of addresses, each in a browser of its own that leaves nothing behind."""

    def __init__(self, browser: str, folder: Path, journal: Journal) -> None:
        """Nothing runs yet."""
        self._browser = browser
        self._folder = folder
        self._journal = journal
        self._last = ""
        self._number = 0
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def find(cls, folder: Path, journal: Journal) -> Camera | None:
        """A camera, if there is a browser."""
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        if found is None:
            journal.write("watcher.failed", watcher="camera", error="there is no Chromium")
            return None
        return cls(found, folder, journal)

    def shoot(self, url: str) -> Path | None:
        """Take a picture; None when it shows what the one before did, or there is none."""
        with tempfile.TemporaryDirectory(prefix="sitedrill-camera-") as scratch:
            target = Path(scratch) / "screen.png"
            command = [
                self._browser,
                "--headless=new",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-dev-shm-usage",
                f"--user-data-dir={scratch}/profile",
                f"--window-size={SIZE[0]},{SIZE[1]}",
                f"--screenshot={target}",
            ]
            if os.geteuid() == 0:
                # Chromium's own sandbox refuses to run as root.
                command.append("--no-sandbox")
            subprocess.run(
                [*command, url], capture_output=True, timeout=TAKES, check=False, cwd=scratch
            )
            if not target.exists():
                return None
            content = target.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest == self._last:
            return None
        self._last = digest
        self._number += 1
        kept = self._folder / f"{self._number:03}.png"
        kept.write_bytes(content)
        self._journal.write("screen", file=kept.name, url=url)
        return kept
