"""Answers in the shapes AWS clients understand: errors made, and error codes read.

https://smithy.io/2.0/aws/protocols/index.html, and for S3
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

#: Connection headers, which end at a proxy: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)

_REQUEST_ID = "sitedrill"
_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_ROLE_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, whole; header names as they came."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: bytes) -> bytes:
        """The first header of that name (in lower case), else b""."""
        return next((value for key, value in self.headers if key.lower() == name), b"")


def error_answer(*, service: str, protocol: str, status: int, code: str, message: str) -> Answer:
    """An error as the service would word it, in its protocol."""
    if "json" in protocol:
        body = json.dumps({"__type": code, "message": message})
        headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", code.encode())]
        return _answer(status, headers, body)
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    request = f"<RequestId>{_REQUEST_ID}</RequestId>"
    if service == "s3":
        body = f"<Error>{error}{request}</Error>"
    elif protocol == "ec2":
        body = f"<Response><Errors><Error>{error}</Error></Errors>{request}</Response>"
    else:
        body = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>{request}</ErrorResponse>"
    body = '<?xml version="1.0" encoding="UTF-8"?>\n' + body
    return _answer(status, [(b"content-type", b"application/xml")], body)


def error_code(answer: Answer) -> str:
    """The AWS error code of an answer: "" for a success, the status when it names none."""
    if answer.status < 400:
        # S3 says "200 OK" to some copies and then fails: the error is in the body.
        failed = answer.status == 200 and b"<Error>" in answer.body[:200]
        found = _CODE.search(answer.body) if failed else None
        return found[1].decode() if found else ""
    named = answer.header(b"x-amzn-errortype").decode().split(":")[0]
    found = _CODE.search(answer.body)
    if found:
        return found[1].decode(errors="replace")
    if not named and answer.body[:1] == b"{":
        try:
            said: Mapping[str, object] = json.loads(answer.body)
            named = str(said.get("__type") or said.get("code") or "")
        except ValueError:
            named = ""
    return named.rpartition("#")[2] or str(answer.status)


def access_key_in(answer: Answer) -> str:
    """The access key that an AssumeRole* answer hands out, else ""."""
    found = _ROLE_KEY.search(answer.body)
    return found[1].decode() if found else ""


def _answer(status: int, headers: list[tuple[bytes, bytes]], body: str) -> Answer:
    content = body.encode()
    length = (b"content-length", str(len(content)).encode())
    return Answer(status, (*headers, length), content)
