"""docker-compose.yml: compose takes it, and it says what the documentation promises."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """As compose itself understands them."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        known = subprocess.run([*command, "version"], capture_output=True, check=False)
        if known.returncode:
            continue
        done = subprocess.run(
            [*command, "--file", str(FILE), "config"],
            cwd=ROOT,
            env={**os.environ, "SITEDRILL_BASE": "a-base"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
        return found
    message = "no docker compose: apt-get install docker-compose"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def test_localstack_is_pinned_checked_local_and_forgetful(services: dict[str, Any]) -> None:
    localstack = services["localstack"]
    assert re.fullmatch(r"localstack/localstack:\d+\.\d+\.\d+", localstack["image"])
    assert localstack["image"] in (ROOT / "docs" / "clouds.md").read_text()
    assert "/_localstack/health" in localstack["healthcheck"]["test"][-1]
    assert "127.0.0.1" in str(localstack["ports"])
    assert "volumes" not in localstack
    assert localstack["tmpfs"] in ("/var/lib/localstack", ["/var/lib/localstack"])


def test_the_runner_is_built_here_and_waits_for_localstack(services: dict[str, Any]) -> None:
    runner = services["runner"]
    context = Path(runner["build"]["context"])
    assert (context / "Dockerfile").samefile(ROOT / "harness" / "runner" / "Dockerfile")
    assert runner["build"]["args"] == {"BASE": "a-base"}
    assert runner["depends_on"]["localstack"]["condition"] == "service_healthy"
    script = Path(runner["entrypoint"][-1]).relative_to("/sitedrill")
    assert subprocess.run(["bash", "-n", ROOT / script], check=False).returncode == 0
