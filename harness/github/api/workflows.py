"""Workflows: https://docs.github.com/en/rest/actions/workflows ."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.access import Asker
from harness.github.api.desk import Desk, body_of, repository


def routes(desk: Desk) -> list[Route]:
    """What can be asked of workflows."""
    return [
        repository(
            desk,
            "/actions/workflows/{workflow}/dispatches",
            dispatch,
            needs="actions:write",
            methods=["POST"],
        ),
    ]


async def dispatch(desk: Desk, request: Request, asker: Asker) -> Response:
    """https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event ."""
    ref, inputs = _asked(await body_of(request))
    name = request.path_params["workflow"]
    actor = asker.run.actor if asker.run else asker.handle
    await asyncio.to_thread(
        desk.control.dispatch, name, ref=ref, inputs=inputs, actor=actor, by=asker.run
    )
    return Response(status_code=204)


def _asked(body: Any) -> tuple[str, dict[str, Any]]:
    """The ref and the inputs that the body of a dispatch names."""
    if not isinstance(body, dict) or not isinstance(body.get("ref"), str):
        raise DispatchError('Invalid request.\n\n"ref" wasn\'t supplied.')
    inputs = body.get("inputs")
    if not isinstance(inputs, dict | None):
        said = json.dumps(inputs)
        raise DispatchError(
            f"Invalid request.\n\nFor 'properties/inputs', {said} is not an object."
        )
    return body["ref"], inputs or {}
