from __future__ import annotations

import io
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from written_drills import Drills, picture

from harness.reports import write_all
from harness.reports.journals import read_journals
from harness.reports.shots import difference, shots_of, within

pytestmark = pytest.mark.unit


def image(box: tuple[int, int, int, int] | None) -> bytes:
    made = Image.new("RGB", (64, 48), "white")
    if box:
        made.paste("black", box)
    data = io.BytesIO()
    made.save(data, "PNG")
    return data.getvalue()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 62), st.integers(0, 46), st.integers(1, 64), st.integers(1, 48))
def test_the_frame_is_around_what_differs(left: int, top: int, width: int, height: int) -> None:
    right, bottom = min(left + width, 64), min(top + height, 48)
    box, share = difference(image(None), image((left, top, right, bottom)))
    assert box == (left, top, right - left, bottom - top)
    assert share == pytest.approx((right - left) * (bottom - top) / (64 * 48))


def test_what_the_compression_does_is_no_difference() -> None:
    made = Image.radial_gradient("L").convert("RGB")
    coded = []
    for quality in (50, 90):
        data = io.BytesIO()
        made.save(data, "WEBP", quality=quality)
        coded.append(data.getvalue())
    assert difference(coded[0], coded[1]) == (None, 0.0)


def test_pictures_stand_side_by_side_and_each_once(drill: Drills, out: Path) -> None:
    drill("a", screenshots=True)
    drill("b", screenshots=True)
    write_all(out)
    source = (out / "index.html").read_text(encoding="utf-8")
    assert source.count("data:image/webp;base64,") == 2
    assert source.count("<figure>") == 6
    assert "while it lasted: 4 % differs, framed" in source
    assert "after the response: the same as before" in source
    assert source.count('<rect class="frame" x="100" y="50" width="100" height="100"/>') == 2


def test_drills_that_were_not_met_keep_their_pictures_longest(
    drill: Drills, journals: Path
) -> None:
    drill("a", screenshots=True)
    (shots,) = [shots_of(journal) for journal in read_journals(journals)]
    size = sum(len(shot.picture.uri) for shot in shots[:2])
    assert within([shots, shots], size + 2_000) == [shots, ()]
    assert within([shots, shots], size + 5_000) == [shots, shots]


def test_what_is_no_picture_does_not_get_into_the_page(drill: Drills, out: Path) -> None:
    path = drill("a", screenshots=True)
    evil = b64encode(b"<svg onload=alert(1)>").decode()
    path.write_text(path.read_text().replace(picture("red"), evil).replace(picture(""), "%%%"))
    write_all(out)
    source = (out / "index.html").read_text(encoding="utf-8")
    assert "<figure>" not in source
    assert evil not in source
    assert b64decode(evil).decode() not in source
