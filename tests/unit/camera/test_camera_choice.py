from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.browser import Browser, find_chromium
from harness.camera import Camera, choose_camera
from harness.clock import SystemClock
from harness.errors import ConfigError, ToolMissingError
from harness.journal import Journal

pytestmark = pytest.mark.unit


@pytest.fixture
def chromium(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "chromium"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    return program


def test_auto_takes_pictures_where_chromium_is_but_not_in_ci(chromium: Path) -> None:
    here = {"PATH": str(chromium.parent)}
    assert find_chromium(environ=here) == chromium
    assert choose_camera("auto", environ=here) is not None
    assert choose_camera("auto", environ={**here, "CI": "true"}) is None
    assert choose_camera("on", environ={**here, "CI": "true"}) is not None
    assert choose_camera("off", environ=here) is None
    assert choose_camera("auto", environ={"PATH": "/nowhere"}) is None


def test_a_named_browser_is_taken_or_nothing(chromium: Path) -> None:
    here = {"PATH": str(chromium.parent), "SITEDRILL_CHROMIUM": "/nowhere/chrome"}
    assert find_chromium(environ=here) is None
    assert find_chromium(environ={"SITEDRILL_CHROMIUM": str(chromium)}) == chromium


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--screenshots is 'always', expected one of auto, on"):
        choose_camera("always", environ={})
    with pytest.raises(ToolMissingError, match="install Debian's package chromium"):
        choose_camera("on", environ={"PATH": str(tmp_path)})


def test_a_browser_that_does_not_start_costs_the_picture_only(
    chromium: Path, tmp_path: Path
) -> None:
    camera = Camera(Browser(chromium))
    with Journal(tmp_path / "j.jsonl", clock=SystemClock()) as journal:
        camera.take("before", "http://127.0.0.1:9/", path="/", journal=journal)
    camera.close()
    told = json.loads((tmp_path / "j.jsonl").read_text())
    assert told["kind"] == "screenshot.failed"
    assert told["moment"] == "before"
    assert told["error"].startswith("a picture of http://127.0.0.1:9/: ")
