"""Pictures of what viewers see, for the journal: before the incident, while it lasts, and afterwards.

A picture stands in the journal itself, as WebP, so that a journal is all that a report needs. A camera
that fails costs the picture, never the drill.
"""

from __future__ import annotations

import io
import os
from base64 import b64encode
from collections.abc import Mapping

from harness.browser import Browser, View, find_chromium, require_chromium
from harness.errors import ConfigError, SitedrillError
from harness.journal import Journal

#: What `--screenshots` may say.
CHOICES = ("auto", "on", "off")
#: How hard WebP tries, and how good it is: 5 to 15 kB for a page.
_EFFORT, _QUALITY = 4, 50


class Camera:
    """Takes pictures with a browser that starts with the first of them."""

    def __init__(self, browser: Browser, *, view: View | None = None) -> None:
        """Nothing is started yet; the browser is closed with the camera."""
        self._browser = browser
        self._view = view or View()

    def take(self, moment: str, url: str, *, path: str, journal: Journal) -> None:
        """Put a picture of a page into the journal, or why there is none.

        Args:
            moment: `before`, `broken` or `after`.
            url: of the page.
            path: the page as people name it.
            journal: told.
        """
        from PIL import Image  # noqa: PLC0415 - most runs take no picture

        begun = journal.elapsed()
        try:
            picture = Image.open(io.BytesIO(self._browser.picture(url, view=self._view)))
            data = io.BytesIO()
            picture.convert("RGB").save(data, "WEBP", quality=_QUALITY, method=_EFFORT)
        except (SitedrillError, OSError) as error:
            journal.write("screenshot.failed", moment=moment, path=path, error=str(error))
            return
        journal.write(
            "screenshot",
            moment=moment,
            path=path,
            type="image/webp",
            width=picture.width,
            height=picture.height,
            seconds=round(journal.elapsed() - begun, 3),
            data=b64encode(data.getvalue()).decode(),
        )

    def close(self) -> None:
        """End the browser; may be called again."""
        self._browser.close()


def choose_camera(choice: str, *, environ: Mapping[str, str]) -> Camera | None:
    """The camera that `--screenshots` means, None for none.

    `auto` takes pictures where Chromium is found, but not in CI (`CI` is set there), where many drills
    share a machine and time is what counts.

    Raises:
        ConfigError: there is no such choice.
        ToolMissingError: pictures are asked for, and there is no Chromium.
    """
    if choice not in CHOICES:
        raise ConfigError(
            file="options",
            key="--screenshots",
            value=choice,
            expected="one of " + ", ".join(CHOICES),
        )
    if choice == "off" or (choice == "auto" and environ.get("CI")):
        return None
    found = require_chromium(environ=environ) if choice == "on" else find_chromium(environ=environ)
    return Camera(Browser(found)) if found else None


def choose_from_here(choice: str) -> Camera | None:
    """The same, of this process's environment."""
    return choose_camera(choice, environ=os.environ)
