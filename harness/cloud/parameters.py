"""A request's parameters by the names the API gives them, fit for a journal.

Bodies are read with botocore's own parser, so a list is always a list and a number a number; what
the model calls sensitive is blanked out, and objects' contents are never looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, StructureShape
from botocore.parsers import ResponseParserError, create_parser

from harness.cloud.requests import AwsRequest

#: Bytes; longer bodies are not looked into.
LONGEST_BODY = 64 * 1024
#: Written in place of what a model calls sensitive.
BLANK = "***"

#: The headers worth a journal; the others are checksums, keys and conditions of transport.
_TOLD_HEADERS = frozenset(
    {
        "ACL",
        "CacheControl",
        "ContentDisposition",
        "ContentEncoding",
        "ContentLength",
        "ContentType",
        "CopySource",
        "IfMatch",
        "IfNoneMatch",
        "Metadata",
        "MetadataDirective",
        "Range",
        "WebsiteRedirectLocation",
    }
)
_OF_THE_PROTOCOL = frozenset({"Action", "Version"})


def parameters(
    model: OperationModel, protocol: str, request: AwsRequest, labels: Mapping[str, str]
) -> dict[str, Any]:
    """What a caller gave to an operation.

    Args:
        model: the operation, as recognised.
        protocol: the service's, such as "rest-xml" or "query".
        request: where they are read from.
        labels: the URI's labels, decoded.
    """
    shape = model.input_shape
    if shape is None:
        return dict(labels)
    if protocol in {"query", "ec2"}:
        found: dict[str, Any] = {**request.arguments, **request.form}
        found = {k: v for k, v in found.items() if k not in _OF_THE_PROTOCOL}
    elif protocol == "json":
        found = _json(request.body)
    else:
        found = {**_arguments(shape, request), **_rest(shape, protocol, request), **labels}
    return {name: _plain(value) for name, value in _without_secrets(shape, found).items()}


def _arguments(shape: StructureShape, request: AwsRequest) -> dict[str, Any]:
    """The members that travel in the query string."""
    names = {
        str(member.serialization.get("name", name)): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "querystring"
    }
    given = request.arguments
    return {names[name]: value for name, value in given.items() if name in names}


def _rest(shape: StructureShape, protocol: str, request: AwsRequest) -> dict[str, Any]:
    """The members that travel in headers and in the body."""
    headers = dict(request.headers)
    if "x-amz-decoded-content-length" in headers:  # of the content, without its chunks' signatures
        headers["content-length"] = headers["x-amz-decoded-content-length"]
    payload = shape.serialization.get("payload")
    contents = payload is not None and shape.members[payload].type_name == "blob"
    readable = request.body if len(request.body) <= LONGEST_BODY and not contents else b""
    response = {"headers": HeadersDict(headers), "body": readable, "status_code": 200}
    try:
        found = create_parser(protocol).parse(response, shape)
    except (ResponseParserError, ValueError, TypeError, KeyError, MemoryError):
        return {}  # the emulator will say what is wrong with it
    return {
        name: value
        for name, value in found.items()
        if name in shape.members
        and name != (payload if contents else None)
        and (shape.members[name].serialization.get("location") is None or name in _TOLD_HEADERS)
        and value not in ({}, b"", "")
    }


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if len(body) <= LONGEST_BODY else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _without_secrets(shape: StructureShape, found: Mapping[str, Any]) -> dict[str, Any]:
    secret = {name for name, member in shape.members.items() if member.metadata.get("sensitive")}
    return {name: BLANK if name in secret else value for name, value in found.items()}


def _plain(value: Any) -> Any:
    """Fit for JSON; bytes are told by their number only."""
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
