"""Drills in a LocalStack that runs already: its own server, from PyPI, started here as somebody would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from localstack_support import a_localstack

from harness.cloud.clients import Clients
from harness.cloud.clouds import ACCOUNT
from harness.cloud.localstack.copying import names

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_localstack(tmp_path_factory.mktemp("localstack")) as url:
        yield url


def sitedrill(
    out: Path, *options: str, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli", "run", "--out", str(out), *options]
    command += ["features/drift.feature", "-k", "html-truncated and content_only"]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=500, check=False
    )


def found_at(endpoint: str) -> tuple[str, ...]:
    with Clients(endpoint, "setup", access_key=ACCOUNT) as clients:
        return names(clients)


def only(directory: Path, *programs: str) -> str:
    """A PATH on which there are the system's programs but these."""
    directory.mkdir()
    for folder in ("/usr/local/bin", "/usr/bin", "/bin", *os.environ["PATH"].split(os.pathsep)):
        for program in Path(folder).glob("*"):
            link = directory / program.name
            if program.name not in programs and not link.is_symlink():
                link.symlink_to(program)
    return str(directory)


def test_a_drill_in_a_running_localstack_leaves_it_empty(endpoint: str, tmp_path: Path) -> None:
    # With neither Docker nor Terraform on PATH: neither is needed for a drill on the host.
    path = only(tmp_path / "bin", "docker", "dockerd", "podman", "terraform", "tofu")
    environ = {**os.environ, "PATH": path}
    out = tmp_path / "out"
    done = sitedrill(out, "--cloud", "localstack", "--endpoint", endpoint, environ=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    (drill,) = json.loads((out / "results.json").read_text())["drills"]
    assert (drill["verdict"], drill["cloud"], drill["runner"]) == ("met", "localstack", "host")
    assert drill["versions"]["localstack"]
    assert found_at(endpoint) == ()


def test_a_localstack_that_somebody_uses_is_left_alone(endpoint: str, tmp_path: Path) -> None:
    with Clients(endpoint, "setup", access_key=ACCOUNT) as clients:
        clients.s3.create_bucket(Bucket="somebodys-own")
        done = sitedrill(tmp_path / "out", "--cloud", "localstack", "--endpoint", endpoint)
        try:
            assert "somebodys-own" in str(found_at(endpoint))
        finally:
            clients.s3.delete_bucket(Bucket="somebodys-own")
    assert done.returncode in {1, 2}
    assert "is not empty" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cloud", "localstack", "--endpoint", "http://127.0.0.1:9"], "nothing answers"),
        (["--cloud", "localstack", "--endpoint", "localhost:4566"], "--endpoint"),
        (["--cloud", "moto", "--endpoint", "http://127.0.0.1:4566"], "--cloud localstack"),
        (["--cloud", "localstack", "--endpoint", "auto", "-n", "2"], "drills take turns"),
    ],
)
def test_an_endpoint_that_cannot_be_used_is_told_before_anything_runs(
    options: list[str], said: str, tmp_path: Path
) -> None:
    done = sitedrill(tmp_path / "out", *options)
    assert done.returncode == 2
    assert said in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()
