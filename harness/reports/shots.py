"""Pictures of what viewers saw, side by side, with a frame around what differs from before.

A picture stands in the page once, however many drills show it: the good page is the same in all of them.
"""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from harness.reports.journals import DrillJournal
from harness.reports.text import one_line

#: A pixel differs when a colour does by more than this; less is what the compression does.
THRESHOLD = 48
_MOMENTS = {
    "before": "before the incident",
    "broken": "while it lasted",
    "after": "after the response",
}
_LARGEST = 4_000_000


@dataclass(frozen=True)
class Picture:
    """What stands in the page once."""

    key: str
    width: int
    height: int
    uri: str


@dataclass(frozen=True)
class Shot:
    """A picture in a drill: when it was taken, of which page, and where it differs from before.

    `box` is left, top, width and height in the picture's pixels; `share` is of the picture's area.
    """

    moment: str
    path: str
    picture: Picture
    box: tuple[int, int, int, int] | None
    share: float

    @property
    def caption(self) -> str:
        """When, and how it differs, in words."""
        if self.moment == _MOMENTS["before"]:
            return self.moment
        if self.box is None:
            return f"{self.moment}: the same as before"
        return f"{self.moment}: {max(1, round(self.share * 100))} % differs, framed"


def shots_of(journal: DrillJournal) -> list[Shot]:
    """The pictures of a drill, in the order in which they were taken; those that can be read."""
    taken: Mapping[str, Mapping[str, object]] = {
        one_line(record.data.get("moment")): record.data for record in journal.all("screenshot")
    }
    before = _bytes(taken.get("before"))
    shots = []
    for moment, words in _MOMENTS.items():
        data = _bytes(taken.get(moment))
        picture = _picture(data)
        if picture is None:
            continue
        box, share = (None, 0.0) if moment == "before" else difference(before, data)
        shots.append(Shot(words, one_line(taken[moment].get("path")), picture, box, share))
    return shots


def within(shots: Sequence[Sequence[Shot]], room: int) -> list[Sequence[Shot]]:
    """As many drills' pictures as have room, the first first; of the others none.

    Args:
        shots: of each drill, the most important drill first.
        room: characters that all pictures together may take.
    """
    known: set[str] = set()
    kept: list[Sequence[Shot]] = []
    for each in shots:
        new = {shot.picture.key: len(shot.picture.uri) + 200 for shot in each}
        cost = sum(size for key, size in new.items() if key not in known) + 500 * len(each)
        if cost > room:
            kept.append(())
            continue
        room -= cost
        known |= set(new)
        kept.append(each)
    return kept


def difference(before: bytes, now: bytes) -> tuple[tuple[int, int, int, int] | None, float]:
    """Where a picture differs from another, and which share of it; None where it does not."""
    from PIL import Image, ImageChops  # noqa: PLC0415

    if not before or not now or before == now:
        return None, 0.0
    try:
        old, new = (Image.open(io.BytesIO(data)).convert("RGB") for data in (before, now))
    except OSError:
        return None, 0.0
    if old.size != new.size:
        return (0, 0, *new.size), 1.0
    bands = ImageChops.difference(old, new).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    changed = most.point([0] * (THRESHOLD + 1) + [255] * (255 - THRESHOLD))
    found = changed.getbbox()
    if found is None:
        return None, 0.0
    left, top, right, bottom = found
    share = changed.histogram()[255] / (new.width * new.height)
    return (left, top, right - left, bottom - top), share


def _picture(data: bytes) -> Picture | None:
    """The picture, if it is one: whatever else a journal may hold does not get into a page."""
    from PIL import Image  # noqa: PLC0415

    if not data:
        return None
    try:
        opened = Image.open(io.BytesIO(data))
        kind = {"WEBP": "webp", "PNG": "png", "JPEG": "jpeg"}.get(opened.format or "")
    except OSError:
        return None
    if kind is None or opened.width * opened.height > _LARGEST:
        return None
    key = f"shot-{sha256(data).hexdigest()[:12]}"
    uri = f"data:image/{kind};base64,{b64encode(data).decode()}"
    return Picture(key, opened.width, opened.height, uri)


def _bytes(data: Mapping[str, object] | None) -> bytes:
    try:
        return b64decode(str((data or {}).get("data") or ""), validate=True)
    except ValueError:
        return b""
