"""Which AWS operation a request is, and with what parameters: read from botocore's service models.

    index = OperationIndex()
    index.recognise("s3", AwsRequest("PUT", "/site/index.html", headers={...}))
    # Operation(name="PutObject", params={"Bucket": "site", "Key": "index.html", ...})

The models say how a client turns an operation into a request
(https://smithy.io/2.0/aws/protocols/index.html); this is the way back. Where several operations
fit, the most specific wins: CopyObject over PutObject when there is a copy source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from harness.cloud.parameters import parameters
from harness.cloud.requests import AwsRequest

#: The name of an operation that no model explains; such requests are passed on as they are.
UNKNOWN = "Unknown"

#: Services that sign under another name than that of their model, and those that share a signature:
#: the first whose model explains a request has it.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_SIGNED_AS: Mapping[str, tuple[str, ...]] = {
    "apigateway": ("apigateway", "apigatewayv2"),
    "elasticloadbalancing": ("elbv2", "elb"),
    "monitoring": ("cloudwatch",),
    "ses": ("sesv2", "ses"),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}
#: Operations that begin so change nothing; AssumeRole makes a key, but nothing that could break.
_READS = re.compile(
    r"^(Get|List|Head|Describe|Select|Search|Simulate|Test|BatchGet|Query$|Scan$|Decode|AssumeRole)"
)
_CBOR_PATH = re.compile(r"^/service/[^/]+/operation/(?P<name>\w+)$")
_LABEL = re.compile(r"\{(?P<name>[^}+]+)(?P<greedy>\+?)\}")


@dataclass(frozen=True)
class Operation:
    """A recognised operation: its name as the API has it, and its parameters by member name."""

    service: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    protocol: str = "rest-xml"
    mutating: bool = False


@dataclass(frozen=True)
class _Route:
    """How requests for one operation of a REST protocol look."""

    model: OperationModel
    path: re.Pattern[str]
    literals: Mapping[str, str]
    arguments: frozenset[str]
    headers: frozenset[str]
    rank: tuple[int, ...]

    def match(self, request: AwsRequest) -> dict[str, str] | None:
        """The URI's labels, still encoded, or None when the request is not one of these."""
        given = request.arguments
        for name, value in self.literals.items():
            if name not in given or (value and given[name] != value):
                return None
        if not self.arguments <= given.keys() or not self.headers <= request.headers.keys():
            return None
        found = self.path.match(request.path)
        return found.groupdict() if found else None


class _Service:
    """The index of one service, made when its first request comes."""

    def __init__(self, model: ServiceModel) -> None:
        self.protocol = str(model.metadata["protocol"])
        self.models = {name: model.operation_model(name) for name in model.operation_names}
        self._routes: dict[str, list[_Route]] = {}
        if self.protocol.startswith("rest"):
            for operation in self.models.values():
                route = _route(operation)
                self._routes.setdefault(str(operation.http["method"]), []).append(route)
            for routes in self._routes.values():
                routes.sort(key=lambda route: route.rank)

    def find(self, request: AwsRequest) -> tuple[OperationModel | None, dict[str, str]]:
        """The operation and its URI labels, decoded."""
        named = _named(request)
        if named:
            return self.models.get(named), {}
        for route in self._routes.get(request.method, ()):
            labels = route.match(request)
            if labels is not None:
                return route.model, {name: unquote(value) for name, value in labels.items()}
        return None, {}


class OperationIndex:
    """Recognises operations; loads a service's model when its first request comes."""

    def __init__(self, loader: Loader | None = None) -> None:
        """`loader` finds botocore's models; a new one by default."""
        self._loader = loader or Loader()
        self._services: dict[str, _Service | None] = {}

    def recognise(self, service: str, request: AwsRequest) -> Operation:
        """The operation a request is; named `UNKNOWN` when no model explains it.

        Args:
            service: from the request's signature; the operation has the name of the service's model.
            request: whole; bodies above 64 KiB are not looked into.
        """
        names = _SIGNED_AS.get(service, (service,))
        for one in names:
            known = self._service(one)
            model, labels = known.find(request) if known else (None, {})
            if known is not None and model is not None:
                protocol = _spoken(request, known.protocol)
                params = parameters(model, protocol, request, labels)
                name = str(model.name)
                return Operation(one, name, params, protocol, _mutates(name, request))
        name = _named(request) or UNKNOWN
        protocol = _spoken(request, "query" if request.action else "rest-xml")
        return Operation(names[0], name, {}, protocol, _mutates(name, request))

    def _service(self, name: str) -> _Service | None:
        if name not in self._services:
            try:
                description = self._loader.load_service_model(name, "service-2")
                self._services[name] = _Service(ServiceModel(description, name))
            except UnknownServiceError:
                self._services[name] = None
        return self._services[name]


def _named(request: AwsRequest) -> str:
    """The operation that a request of the query, JSON or CBOR protocols names itself."""
    target = request.headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    if request.action:
        return request.action
    path = _CBOR_PATH.match(request.path)
    return path["name"] if path else ""


def _spoken(request: AwsRequest, declared: str) -> str:
    """The protocol of a request: a service may understand more than the one its model declares.

    https://smithy.io/2.0/aws/protocols/index.html
    """
    if "x-amz-target" in request.headers:
        return "json"
    if _CBOR_PATH.match(request.path):
        return "smithy-rpc-v2-cbor"
    return "query" if request.action and "cbor" in declared else declared


def _mutates(name: str, request: AwsRequest) -> bool:
    if name == UNKNOWN:
        return request.method not in {"GET", "HEAD", "OPTIONS"}
    return not _READS.match(name)


def _route(operation: OperationModel) -> _Route:
    uri, _, query = str(operation.http["requestUri"]).partition("?")
    literals = dict(parse_qsl(query, keep_blank_values=True))
    arguments = frozenset(_required(operation, "querystring")) - literals.keys()
    headers = frozenset(name.lower() for name in _required(operation, "header"))
    labels = list(_LABEL.finditer(uri))
    rank = (
        sum(1 for label in labels if label["greedy"]),
        len(labels),
        -len(literals) - len(arguments) - len(headers),
        int(bool(operation.deprecated)),
    )
    return _Route(operation, _path(uri), literals, arguments, headers, rank)


def _required(operation: OperationModel, location: str) -> Iterator[str]:
    shape = operation.input_shape
    if shape is None:
        return
    for name in shape.required_members:
        serialization = shape.members[name].serialization
        if serialization.get("location") == location:
            yield str(serialization.get("name", name))


def _path(uri: str) -> re.Pattern[str]:
    """The template as a pattern; a slash at its end is tolerated, and part of a greedy label."""
    parts, at = [], 0
    for label in _LABEL.finditer(uri):
        parts.append(re.escape(uri[at : label.start()]))
        parts.append(f"(?P<{label['name']}>{'.+' if label['greedy'] else '[^/]+'})")
        at = label.end()
    parts.append(re.escape(uri[at:].rstrip("/")))
    return re.compile("^" + "".join(parts) + "/?$")
