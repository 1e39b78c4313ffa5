"""Whose a container is, and what is said where there is no engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import ToolMissingError
from harness.runner.engine import find_engine, labels, may_be_alive, owner_label

pytestmark = pytest.mark.unit


def test_a_container_of_this_process_has_a_living_owner() -> None:
    assert may_be_alive(owner_label())
    assert f"sitedrill.owner={owner_label()}" in labels("sitedrill-abc")
    assert "sitedrill.session=sitedrill-abc" in labels("sitedrill-abc")


def test_the_owner_is_gone_when_its_process_is_or_its_number_is_another_s() -> None:
    node, number, started = owner_label().split("/")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not may_be_alive(f"{node}/{ended.pid}/{started}")
    assert not may_be_alive(f"{node}/{number}/{int(started) - 3600}")


@pytest.mark.parametrize("owner", ["elsewhere/1/1", "", "nonsense", "a/b/c"])
def test_an_owner_that_cannot_be_seen_from_here_may_be_alive(owner: str) -> None:
    assert may_be_alive(owner)


def test_without_the_docker_command_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"docker is not on PATH.*apt-get install"):
        find_engine({"PATH": str(tmp_path)})
