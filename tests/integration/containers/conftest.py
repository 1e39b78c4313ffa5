"""An engine, the runner image, and a repository whose jobs run in containers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
from containers_support import Shop, a_shop
from engine_support import an_engine

from harness.clock import SystemClock
from harness.errors import SitedrillError, ToolMissingError
from harness.runner.engine import Engine, find_engine
from harness.runner.image import BASE, DEBOOTSTRAP, ensure_image
from harness.runner.tools import cache_directory

# The hostile site is the same for every runner, and LocalStack for every cloud.
for _shared in ("hostile", "cloud"):
    sys.path.append(str(Path(__file__).parents[1] / _shared))


@pytest.fixture(scope="session")
def host() -> Iterator[str]:
    """Where an engine answers; required where tests are required."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(an_engine(cache_directory() / "test-engine", SystemClock()))
        except SitedrillError as error:
            _without(error)
        yield found


@pytest.fixture(scope="module")
def engine(host: str) -> Iterator[Engine]:
    """The engine; drills, which are processes of their own, find it too, but no other test's do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", host)
        yield find_engine()


@pytest.fixture(scope="module")
def image(engine: Engine) -> str:
    """The runner image, on a base that is fetched, or made where there is no registry."""
    try:
        try:
            return ensure_image(engine, cache_directory(), say=print, base=DEBOOTSTRAP)
        except ToolMissingError:
            return ensure_image(engine, cache_directory(), say=print, base=BASE)
    except SitedrillError as error:
        _without(error)


def _without(error: SitedrillError) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(str(error))
    pytest.skip(str(error))


@pytest.fixture(params=["container", "docker"])
def shop(
    request: pytest.FixtureRequest, engine: Engine, image: str, tmp_path: Path
) -> Iterator[Shop]:
    """A repository whose jobs are executed in containers, of either kind."""
    with a_shop(request.param, engine, image, tmp_path) as shop:
        yield shop
