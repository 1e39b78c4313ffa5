"""What distributions name by id and say no more of: policies, access controls, functions.

The managed policies are known; everything else is asked of the API, each thing once. What nobody
knows stops the behaviours that name it, with the reason, and not the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from harness.edge.clients import AwsClients, error_code, error_status
from harness.edge.distribution import Behaviour, Distribution
from harness.edge.functions import Function
from harness.edge.origin_request_policies import (
    MANAGED_ORIGIN_REQUEST_POLICIES,
    OriginRequestPolicy,
    parse_origin_request_policy,
)
from harness.edge.policies import MANAGED_CACHE_POLICIES, CachePolicy, parse_cache_policy
from harness.edge.response_headers import (
    MANAGED_RESPONSE_HEADERS_POLICIES,
    ResponseHeadersPolicy,
    parse_response_headers_policy,
)

T = TypeVar("T")

#: What an emulator answers that does not know the operation, or the thing asked for.
_NOT_THERE = frozenset({404, 405, 501})


class References:
    """Collects what behaviours and origins name."""

    def __init__(self, clients: AwsClients) -> None:
        """Nothing is asked yet."""
        self._api = clients.cloudfront
        self.cache_policies: dict[str, CachePolicy] = {}
        self.origin_requests: dict[str, OriginRequestPolicy] = {}
        self.response_headers: dict[str, ResponseHeadersPolicy] = {}
        self.functions: dict[str, Function] = {}
        self.unresolved: dict[str, str] = {}
        self.unsigned: set[str] = set()
        self.findings: list[str] = []

    def read(self, distribution: Distribution, behaviour: Behaviour) -> None:
        """Learn everything that one behaviour names."""
        api = self._api
        self._learn(
            self.cache_policies,
            MANAGED_CACHE_POLICIES,
            "cache policy",
            behaviour.cache_policy_id,
            lambda i: parse_cache_policy(api.get_cache_policy(Id=i)["CachePolicy"]),
        )
        self._learn(
            self.origin_requests,
            MANAGED_ORIGIN_REQUEST_POLICIES,
            "origin request policy",
            behaviour.origin_request_policy_id,
            lambda i: parse_origin_request_policy(
                api.get_origin_request_policy(Id=i)["OriginRequestPolicy"]
            ),
        )
        self._learn(
            self.response_headers,
            MANAGED_RESPONSE_HEADERS_POLICIES,
            "response-headers policy",
            behaviour.response_headers_policy_id,
            lambda i: parse_response_headers_policy(
                api.get_response_headers_policy(Id=i)["ResponseHeadersPolicy"]
            ),
        )
        for arn in behaviour.functions.values():
            self._learn(self.functions, {}, "function", arn, self._function)
        if behaviour.lambdas:
            self.findings.append(
                f"distribution {distribution.id}: behaviour {behaviour.pattern} has functions of"
                " Lambda@Edge, which are not imitated"
            )

    def access_control(self, control_id: str) -> None:
        """Learn whether an access control signs; one that cannot be read is taken to sign."""
        if not control_id:
            return
        try:
            answer = self._api.get_origin_access_control(Id=control_id)["OriginAccessControl"]
            config: Mapping[str, Any] = answer.get("OriginAccessControlConfig") or {}
            if config.get("SigningBehavior") == "never":
                self.unsigned.add(control_id)
        except ClientError as error:
            if error_code(error) == "NoSuchOriginAccessControl":
                self.unsigned.add(control_id)
                self.findings.append(f"origin access control {control_id} does not exist")
            elif error_status(error) not in _NOT_THERE:
                raise

    def _learn(
        self,
        known: dict[str, T],
        managed: Mapping[str, T],
        kind: str,
        wanted: str,
        call: Callable[[str], T | str],
    ) -> None:
        """Add one thing to those of its kind that are known; a text says why it cannot be used."""
        if not wanted or wanted in known or wanted in self.unresolved:
            return
        if wanted in managed:
            known[wanted] = managed[wanted]
            return
        try:
            found = call(wanted)
        except ClientError as error:
            if error_status(error) not in _NOT_THERE:
                raise
            among = " is not a managed one, and" if managed else ":"
            found = f"{kind} {wanted}{among} the API does not have it: {error}"
        if isinstance(found, str):
            self.unresolved[wanted] = found
            self.findings.append(found)
        else:
            known[wanted] = found

    def _function(self, arn: str) -> Function | str:
        """The published function of this ARN; what is only being developed does not run.

        Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_PublishFunction.html
        """
        name = arn.rpartition("/")[2]
        summary = self._api.describe_function(Name=name, Stage="LIVE")["FunctionSummary"]
        stage = summary["FunctionMetadata"].get("Stage")
        if stage != "LIVE":
            return (
                f"function {name}: the API has it in stage {stage}, not LIVE; it is not published,"
                " or the emulator (moto is one) does not know of publishing"
            )
        code = self._api.get_function(Name=name, Stage="LIVE")["FunctionCode"].read()
        runtime = str(summary["FunctionConfig"]["Runtime"])
        return Function(name, runtime, code.decode("utf-8", "replace"))
