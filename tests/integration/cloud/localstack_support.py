"""LocalStack's own server, from PyPI, started as somebody would who has no Docker."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from harness.clock import SystemClock
from harness.cloud.clouds import LOCALSTACK, Ground
from harness.errors import ToolMissingError
from harness.polling import poll
from harness.runner.tools import cache_directory
from harness.serving import Serving

CLOCK = SystemClock()


@contextmanager
def a_localstack(directory: Path) -> Iterator[str]:
    """Its address, for as long as this is open; required where tests are required."""
    directory.mkdir(parents=True, exist_ok=True)
    ground = Ground(clock=CLOCK, token="", cache=cache_directory())
    environment = ground.environment(*LOCALSTACK)
    try:
        environment.ensure(print)
    except ToolMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    with Serving() as serving, serving.bind() as free:
        port = free.getsockname()[1]
    settings = {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "SERVICES": "iam,s3,sts",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "FILESYSTEM_ROOT": str(environment.path / "files"),
        "TMPDIR": str(directory),
    }
    url = f"http://127.0.0.1:{port}"
    log = directory / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            environment.command("localstack.runtime.main"),
            env=environment.variables(directory, settings),
            cwd=directory,
            stdout=said,
            stderr=said,
        )

    def answers() -> bool | None:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{url}/_localstack/health", trust_env=False).is_success or None
        except httpx.HTTPError:
            return None

    try:
        poll(
            answers,
            within=120,
            waiting_for="LocalStack",
            clock=CLOCK,
            last_seen=lambda: log.read_text()[-500:],
        )
        yield url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
