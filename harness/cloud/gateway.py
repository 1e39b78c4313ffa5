"""The one AWS endpoint of a world: routes each call to an emulator, and journals it.

    gateway = Gateway(moto, journal=journal, clock=clock)
    gateway.subscribe(edge_learns)                    # awaited before the caller gets its answer
    port = serving.serve(gateway)
    ...
    serving.run(gateway.aclose())

A request goes through byte for byte (method, raw path, raw query, headers with Host, body). Request
and answer are each held whole before they are passed on: the embedded emulator serves one request
at a time, and a slow client must not keep it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import httpx

from harness.clock import Clock
from harness.cloud.answers import HOP_BY_HOP, Answer, access_key_in, error_answer, error_code
from harness.cloud.calls import AwsCall, access_key_for, caller_of
from harness.cloud.emulator import Emulator, clouds_with
from harness.cloud.operations import UNKNOWN, Operation, OperationIndex
from harness.cloud.requests import AwsRequest
from harness.cloud.trust import OPERATION, Trust
from harness.journal import Journal

Listener = Callable[[AwsCall], Awaitable[None]]
Message = MutableMapping[str, Any]

#: Seconds an emulator may take for one answer.
ANSWER_WITHIN = 120.0


class Gateway:
    """An ASGI app in front of the emulators."""

    def __init__(
        self,
        emulator: Emulator,
        *,
        journal: Journal,
        clock: Clock,
        index: OperationIndex | None = None,
        trust: Trust | None = None,
    ) -> None:
        """Nothing is connected yet.

        Args:
            emulator: answers every call, by itself or by its parts.
            journal: each call is written to it as `aws.call`.
            clock: measures the calls.
            index: recognises operations; may be shared between gateways of one event loop.
            trust: judges who may take a role with an identity token, which emulators do not; without
                it, whatever the emulator says.
        """
        self._trust = trust
        self._emulator = emulator
        self._journal = journal
        self._clock = clock
        self._index = index or OperationIndex()
        self._listeners: list[Listener] = []
        self._sessions: dict[str, str] = {}
        self._implemented: dict[tuple[str, str, str], bool] = {}
        self._client: httpx.AsyncClient | None = None

    def subscribe(self, listener: Listener) -> None:
        """Await `listener` after each successful mutating call, before its caller gets the answer.

        What it raises makes the call fail with an InternalFailure that says so.
        """
        self._listeners.append(listener)

    async def aclose(self) -> None:
        """Close the connections to the emulators; on the loop that serves the gateway."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        body = await _whole_body(receive)
        if body is None:
            return  # the client left in the middle: half an object must not be stored
        request = AwsRequest(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers={key.decode("latin-1"): value.decode("latin-1") for key, value in headers},
            body=body,
        )
        answer = await self._answer(request, headers)
        kept = [(k, v) for k, v in answer.headers if k.lower() not in HOP_BY_HOP]
        await send({"type": "http.response.start", "status": answer.status, "headers": kept})
        content = b"" if request.method == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, request: AwsRequest, headers: list[tuple[bytes, bytes]]) -> Answer:
        signature = request.signature
        operation = self._index.recognise(signature.service, request)
        emulator = self._emulator.part(operation.service)
        start = self._clock.monotonic()
        try:
            answer = await self._refusal(operation, request)
            if answer is None and await self._has(emulator, operation):
                answer = await self._forward(emulator, request, headers)
            if answer is None or emulator.admits(answer.status, answer.body):
                answer = _lacking(emulator, operation)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered and journaled
            answer = _unreachable(emulator, operation, error)
        seconds = round(self._clock.monotonic() - start, 6)
        call = AwsCall(
            caller=caller_of(signature.access_key, self._sessions),
            access_key=signature.access_key,
            service=operation.service,
            operation=operation.name,
            params=operation.params,
            status=answer.status,
            error=error_code(answer),
            mutating=operation.mutating,
            seconds=seconds,
        )
        self._learn(call, answer)
        self._journal.write("aws.call", **asdict(call))
        return await self._told(call, operation) or answer

    async def _refusal(self, operation: Operation, request: AwsRequest) -> Answer | None:
        """STS's answer to somebody who may not have the role; None for everything else."""
        if self._trust is None or (operation.service, operation.name) != ("sts", OPERATION):
            return None
        judged = await self._trust.judge({**request.arguments, **request.form}, self._ask_iam)
        self._journal.write("trust", **asdict(judged))
        if not judged.code:
            return None
        return error_answer(
            service="sts",
            protocol=operation.protocol,
            status=judged.status,
            code=judged.code,
            message=judged.message,
        )

    async def _ask_iam(self, action: str, params: Mapping[str, str]) -> Answer:
        """What IAM knows, asked by ourselves, so not journaled."""
        body = urlencode({"Action": action, "Version": "2010-05-08", **params}).encode()
        scope = f"{access_key_for('gateway')}/20260101/us-east-1/iam/aws4_request"
        headers = {
            "host": "iam.amazonaws.com",
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "authorization": (
                f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
            ),
            "x-amz-date": "20260101T000000Z",
        }
        request = AwsRequest("POST", "/", "", headers, body)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return await self._forward(self._emulator.part("iam"), request, raw)

    async def _has(self, emulator: Emulator, operation: Operation) -> bool:
        """Whether the emulator has the operation; asked once, away from the event loop."""
        if operation.name == UNKNOWN:
            return True
        asked = (emulator.name, operation.service, operation.name)
        if asked not in self._implemented:
            self._implemented[asked] = await asyncio.to_thread(
                emulator.implements, operation.service, operation.name
            )
        return self._implemented[asked]

    async def _forward(
        self, emulator: Emulator, request: AwsRequest, headers: list[tuple[bytes, bytes]]
    ) -> Answer:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=ANSWER_WITHIN, trust_env=False, follow_redirects=False
            )
        target = request.path + (f"?{request.query}" if request.query else "")
        kept = [(k, v) for k, v in headers if k not in HOP_BY_HOP and k != b"expect"]
        kept = emulator.prepared(kept)
        if request.body and not any(key == b"content-length" for key, _ in kept):
            kept.append((b"content-length", str(len(request.body)).encode()))
        built = httpx.Request(
            request.method,
            emulator.endpoint,
            headers=kept,
            content=request.body or None,
            # httpx would normalise the path; an object's key must arrive as it was sent
            extensions={
                "target": target.encode("latin-1"),
                "timeout": httpx.Timeout(ANSWER_WITHIN).as_dict(),
            },
        )
        response = await self._client.send(built, stream=True)
        try:
            body = b"".join([part async for part in response.aiter_raw()])
        finally:
            await response.aclose()
        answered = tuple(response.headers.raw)
        if request.method != "HEAD" and not response.headers.get("content-length"):
            length = str(len(body)).encode()
            answered = (*answered, (b"content-length", length)) if body else answered
        return Answer(response.status_code, answered, body)

    def _learn(self, call: AwsCall, answer: Answer) -> None:
        """Remember whose session a new access key belongs to."""
        if call.succeeded and call.service == "sts" and call.operation.startswith("AssumeRole"):
            name = call.params.get("RoleSessionName")
            key = access_key_in(answer)
            if name and key:
                self._sessions[key] = str(name)

    async def _told(self, call: AwsCall, operation: Operation) -> Answer | None:
        """Tell the listeners; an answer in place of the emulator's when one of them failed."""
        if not (call.mutating and call.succeeded):
            return None
        try:
            for listener in self._listeners:
                await listener(call)
        except Exception as error:  # noqa: BLE001 - whatever it is, the drill must see it
            return error_answer(
                service=call.service,
                protocol=operation.protocol,
                status=500,
                code="InternalFailure",
                message=f"sitedrill could not follow {call.operation}: {error}",
            )
        return None


async def _whole_body(receive: Callable[[], Awaitable[Message]]) -> bytes | None:
    """The request's body, or None when the client left before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _lacking(emulator: Emulator, operation: Operation) -> Answer:
    known = clouds_with(operation.service, operation.name)
    others = [f"--cloud {cloud}" for cloud in known if cloud != emulator.name]
    way_out = f"{' or '.join(others)} has it" if others else "no --cloud is known to have it"
    return error_answer(
        service=operation.service,
        protocol=operation.protocol,
        status=501,
        code="NotImplemented",
        message=(
            f"{operation.service} {operation.name} is not implemented by the emulator "
            f"{emulator.name}: {way_out}"
        ),
    )


def _unreachable(emulator: Emulator, operation: Operation, error: Exception) -> Answer:
    return error_answer(
        service=operation.service,
        protocol=operation.protocol,
        status=503,
        code="ServiceUnavailable",
        message=f"the emulator {emulator.name} at {emulator.endpoint} does not answer: {error!r}",
    )
