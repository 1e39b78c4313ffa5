"""A small good site on disk, and a plain web server that stands in for the edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from checked_site import StandIn, write_content
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.serving import Serving


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_content(tmp_path / "content")


@pytest.fixture
def edge(content: Path) -> Iterator[StandIn]:
    stand_in = StandIn(content)

    async def endpoint(request: Request) -> Response:
        return stand_in.answer(request)

    with Serving() as serving:
        port = serving.serve(Starlette(routes=[Route("/{path:path}", endpoint)]))
        stand_in.url = f"http://127.0.0.1:{port}"
        yield stand_in


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client
