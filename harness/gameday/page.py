"""The web page of a game day, for the room: served on this machine only, with its key in the address.

    page = Page(stage, desk, directory)
    journal.listen(page.hear)
    port = serving.serve(page.app)
    page.url(port)                            # http://127.0.0.1:41375/3f9c.../

One HTML file, events as the server sends them, no build step, nothing from anywhere else.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from harness.errors import SitedrillError
from harness.gameday.desk import Desk
from harness.gameday.stage import Stage
from harness.journal import Record

#: What the page is told of; everything else stays in the journal.
_TOLD = frozenset(
    {
        "gameday.started",
        "gameday.finished",
        "phase",
        "probe",
        "mark",
        "note",
        "checklist",
        "github.run",
        "github.review",
        "screen",
        "stop",
        "restored",
        "symptom",
        "incident.finished",
        "watcher.failed",
        "validated",
        "blast",
    }
)
_SCREEN = re.compile(r"^\d{3,6}\.png$")
#: Everything comes from here, in this one file; nothing may be sent elsewhere.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LOCAL = re.compile(r"^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$")
#: Probes that a page which opens late is sent.
_PROBES = 600


class Page:
    """One day's page."""

    def __init__(self, stage: Stage, desk: Desk, directory: Path) -> None:
        """Nothing is served yet; `directory` holds the screenshots."""
        self._stage = stage
        self._desk = desk
        self._directory = directory
        self._key = secrets.token_urlsafe(24)
        self._records: list[Record] = []
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        base = f"/{self._key}"
        self.app = Starlette(
            routes=[
                Route(f"{base}/", self._page),
                Route(f"{base}/events", self._events),
                Route(f"{base}/marks", self._mark, methods=["POST"]),
                Route(f"{base}/notes", self._note, methods=["POST"]),
                Route(f"{base}/checklist", self._tick, methods=["POST"]),
                Route(f"{base}/stop", self._stop, methods=["POST"]),
                Route(f"{base}/screens/{{name}}", self._screen),
            ]
        )

    def url(self, port: int) -> str:
        """Where the page is; whoever knows the address may see and say everything."""
        return f"http://127.0.0.1:{port}/{self._key}/"

    def hear(self, record: Record) -> None:
        """Take a record in, from any thread."""
        if record.kind in _TOLD:
            self._records.append(record)
            for loop, event in list(self._waiting):
                loop.call_soon_threadsafe(event.set)

    async def _page(self, request: Request) -> Response:
        if refusal := _foreign(request):
            return refusal
        nonce = secrets.token_urlsafe(16)
        plan = self._stage.plan
        told = {
            "title": plan.title,
            "environment": plan.environment,
            "rehearsal": self._stage.rehearsal,
            "url": self._stage.url,
            "hypothesis": plan.hypothesis,
            "roles": {k: list(v) for k, v in plan.roles.model_dump().items() if v},
            "checklist": list(plan.checklist),
            "incidents": [
                {
                    "incident": one.incident,
                    "hypothesis": one.hypothesis,
                    "box": one.time_box,
                    "success": one.success.model_dump(mode="json"),
                }
                for one in plan.incidents
            ],
        }
        text = files("harness.gameday").joinpath("page.html").read_text(encoding="utf-8")
        # `<` cannot end the script that holds the plan.
        data = json.dumps(told).replace("<", "\\u003c")
        body = text.replace("{{nonce}}", nonce).replace("{{plan}}", data)
        return HTMLResponse(
            body,
            headers={
                "Content-Security-Policy": _POLICY.format(nonce=nonce),
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _events(self, request: Request) -> Response:
        if refusal := _foreign(request):
            return refusal
        told = request.headers.get("last-event-id", "0")
        after = int(told) if told.isdigit() else 0
        return StreamingResponse(
            self._stream(after),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _stream(self, after: int) -> AsyncIterator[str]:
        event = asyncio.Event()
        place = (asyncio.get_running_loop(), event)
        self._waiting.append(place)
        try:
            past = [record for record in self._records if record.seq > after]
            probes = [record for record in past if record.kind == "probe"][-_PROBES:]
            first = probes[0].seq if probes else 0
            sent = len(self._records)
            for record in past:
                if record.kind != "probe" or record.seq >= first:
                    yield _event(record)
            while True:
                for record in self._records[sent:]:
                    sent += 1
                    yield _event(record)
                event.clear()
                if len(self._records) > sent:
                    continue
                try:
                    await asyncio.wait_for(event.wait(), timeout=15)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._waiting.remove(place)

    async def _mark(self, request: Request) -> Response:
        return await self._take(
            request, lambda d: self._desk.mark(d["mark"], _by(d), str(d.get("said", ""))[:200])
        )

    async def _note(self, request: Request) -> Response:
        return await self._take(request, lambda d: self._desk.note(str(d["text"]), _by(d)))

    async def _tick(self, request: Request) -> Response:
        return await self._take(
            request, lambda d: self._desk.tick(str(d["item"]), _by(d), done=bool(d["done"]))
        )

    async def _stop(self, request: Request) -> Response:
        return await self._take(request, lambda d: self._desk.stop("the page said stop", _by(d)))

    async def _take(self, request: Request, act: Callable[[Mapping[str, Any]], None]) -> Response:
        if refusal := _foreign(request):
            return refusal
        try:
            data = await request.json()
            act(data)
        except SitedrillError as error:
            return JSONResponse({"error": error.message}, status_code=409)
        except (ValueError, KeyError, TypeError, AttributeError):
            return JSONResponse({"error": "that is not what the page sends"}, status_code=400)
        return Response(status_code=204)

    async def _screen(self, request: Request) -> Response:
        if refusal := _foreign(request):
            return refusal
        name = request.path_params["name"]
        path = self._directory / "screens" / name
        if not _SCREEN.match(name) or not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, media_type="image/png")


def _foreign(request: Request) -> Response | None:
    """Refuse who comes by another name, or sends from another page: no site may speak for the room."""
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if not _LOCAL.match(host) or (origin is not None and origin != f"http://{host}"):
        return Response(status_code=403)
    if request.method == "POST" and not request.headers.get("content-type", "").startswith(
        "application/json"
    ):
        return Response(status_code=415)
    return None


def _by(data: Mapping[str, Any]) -> str:
    return str(data.get("by") or "the room").strip()[:60]


def _event(record: Record) -> str:
    data = {"t": record.t, "at": record.at, "kind": record.kind, **record.data}
    data.pop("plan", None)
    return f"id: {record.seq}\ndata: {json.dumps(data, default=str)}\n\n"
