"""The runner image's name says what is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.runner import image
from harness.runner.image import image_tag
from harness.runner.tools import ACT_ARCHIVES

pytestmark = pytest.mark.unit


def test_the_tag_is_the_same_until_what_goes_in_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = image_tag()
    assert re.fullmatch(r"sitedrill-runner:[0-9a-f]{12}", before)
    assert image_tag() == before
    changed = tmp_path / "Dockerfile"
    changed.write_bytes(image.DOCKERFILE.read_bytes() + b"\n# more\n")
    monkeypatch.setattr(image, "DOCKERFILE", changed)
    assert image_tag() != before
    monkeypatch.undo()
    monkeypatch.setattr(image, "ACT_VERSION", "0.0.1")
    assert image_tag() != before


def test_the_dockerfile_stands_on_the_base_it_is_given() -> None:
    lines = image.DOCKERFILE.read_text(encoding="utf-8").splitlines()
    assert f"ARG BASE={image.BASE}" in lines
    assert "FROM ${BASE}" in lines


def test_the_dockerfile_fetches_the_act_that_we_would() -> None:
    lines = image.DOCKERFILE.read_text(encoding="utf-8").splitlines()
    archive, checksum = ACT_ARCHIVES["Linux", "x86_64"]
    assert f"ARG ACT_VERSION={image.ACT_VERSION}" in lines
    assert f"ARG ACT_SHA256={checksum}" in lines
    assert any(line.strip().startswith('"') and f"/{archive}" in line for line in lines)
