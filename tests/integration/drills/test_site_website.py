"""A site that a bucket serves itself, drilled by its settings alone: `tests/sites/website/`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

SITE = Path(__file__).parents[2] / "sites" / "website"
SITEDRILL = Path(sys.executable).with_name("sitedrill")


@pytest.fixture(scope="module")
def drills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What one run of the site's own drills found, by incident and method."""
    out = tmp_path_factory.mktemp("website") / "out"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [SITEDRILL, "run", "--site", SITE, "--runner", "host", "--out", out, "-n", "2"]
    ran = subprocess.run(
        [str(word) for word in command],
        env=kept,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    results = json.loads((out / "results.json").read_text())
    return {f"{drill['incident']}, {drill['method']}": drill for drill in results["drills"]}


@pytest.mark.parametrize(
    ("drill", "observed"),
    [
        ("html-broken-asset-links, specific_commit", "recovers"),
        ("website-index-missing, infrastructure_only", "recovers"),
        ("website-error-page-lost, content_only", "does not recover"),
    ],
)
def test_what_works_is_seen_to_work(
    drills: dict[str, dict[str, Any]], drill: str, observed: str
) -> None:
    found = drills[drill]
    assert (found["verdict"], found["observed"], found["causes"]) == ("met", observed, [])


def test_the_previous_release_is_found_to_be_the_broken_one(
    drills: dict[str, dict[str, Any]],
) -> None:
    found = drills["html-broken-asset-links, last_known_good"]
    assert found["verdict"] == "unmet"
    assert "served is release v1.11.0" in found["causes"][0]


def test_a_page_of_the_same_size_is_found_not_to_be_copied(
    drills: dict[str, dict[str, Any]],
) -> None:
    found = drills["wrong-hour, content_only"]
    assert found["verdict"] == "unmet"
    assert "/guides/index.html: sha256 differs: served is release v1.11.0" in found["causes"][0]
    (sizes,) = (cause for cause in found["causes"] if "content was not restored" in cause)
    assert "(284 bytes, expected 284)" in sizes


def test_all_its_drills_ran(drills: dict[str, dict[str, Any]]) -> None:
    assert len(drills) == 5
