"""docker-compose.yml: compose takes it, and it says what the documentation promises."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from localstack_support import a_localstack

from harness.runner.engine import Engine

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """What it is called here."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        known = subprocess.run([*command, "version"], capture_output=True, check=False)
        if known.returncode == 0:
            return command
    message = "no docker compose: apt-get install docker-compose"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def services(compose: list[str]) -> dict[str, Any]:
    """As compose itself understands them."""
    done = subprocess.run(
        [*compose, "--file", str(FILE), "config"],
        cwd=ROOT,
        env={**os.environ, "SITEDRILL_BASE": "a-base"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


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


@pytest.mark.long
def test_the_runner_drills_against_the_localstack_beside_it(
    compose: list[str], engine: Engine, image: str, tmp_path: Path
) -> None:
    """With the image that is made here, and LocalStack from PyPI: where no registry can be reached."""
    engine.call("tag", image, "sitedrill-runner:compose")
    shutil.copytree(
        ROOT,
        tmp_path / "checkout",
        ignore=shutil.ignore_patterns(".venv", "build", ".git", ".*_cache"),
    )
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    shared = [path for path in (certificates, "/etc/pip.conf", "/etc/hosts") if Path(path).exists()]
    with a_localstack(tmp_path / "localstack") as endpoint:
        beside = {
            # The engine that tests start has no network of its own.
            "network_mode": "host",
            "environment": {"SITEDRILL_ENDPOINT": endpoint, "PIP_CERT": certificates},
            "volumes": [f"{path}:{path}:ro" for path in shared],
        }
        override = tmp_path / "override.yml"
        override.write_text(yaml.safe_dump({"services": {"runner": beside}}))
        done = subprocess.run(
            [
                *(*compose, "--project-name", "sitedrill-test"),
                *("--file", "docker-compose.yml", "--file", str(override)),
                *("run", "--rm", "--no-deps", "runner", "features/drift.feature"),
                *("-k", "html-truncated and content_only"),
            ],
            cwd=tmp_path / "checkout",
            env={**os.environ, **engine.environment},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "checkout/build/drills/results.json").read_text())
    (drill,) = results["drills"]
    assert (drill["verdict"], drill["cloud"], drill["runner"]) == ("met", "localstack", "host")
