"""Does the bucket policy let CloudFront, or anybody, in?

Evaluated as S3 does it: refused unless a statement allows it, and an explicit Deny wins. A
statement whose meaning we do not know never admits anybody: not as an Allow, and as a Deny it refuses
whomever it may be about. The decision says which.

Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.iam_policy import like, texts

#: Who signs requests that go through an origin access control.
CLOUDFRONT_SERVICE = "cloudfront.amazonaws.com"


@dataclass(frozen=True)
class Requester:
    """Who asks: CloudFront for a distribution, or (both empty) anybody, unsigned.

    `referer` and `agent` are the request's headers; `secure` says whether it came over HTTPS, which
    a website endpoint does not speak.
    """

    source_arn: str = ""
    source_account: str = ""
    referer: str = ""
    agent: str = ""
    secure: bool = True

    @property
    def anonymous(self) -> bool:
        """Whether the request is not signed."""
        return not self.source_arn

    @property
    def context(self) -> Mapping[str, str]:
        """The condition keys that such a request carries."""
        known = {"aws:securetransport": "true" if self.secure else "false"}
        if self.referer:
            known["aws:referer"] = self.referer
        if self.agent:
            known["aws:useragent"] = self.agent
        if not self.anonymous:
            known |= {"aws:sourcearn": self.source_arn, "aws:sourceaccount": self.source_account}
        return known


ANONYMOUS = Requester()


@dataclass(frozen=True)
class Decision:
    """`reason` is for people; `notes` name what in the policy could not be evaluated."""

    allowed: bool
    reason: str
    notes: tuple[str, ...] = ()


class _UnknownError(Exception):
    """A part of a statement that is not evaluated here."""


def evaluate(policy: str | None, action: str, resource: str, requester: Requester) -> Decision:
    """Decide whether `requester` may do `action` (`s3:GetObject`) on `resource` (an ARN).

    Args:
        policy: the bucket policy's JSON text, None when the bucket has none.
        action: the S3 action.
        resource: the ARN of the object, or of the bucket for `s3:ListBucket`.
        requester: who asks.
    """
    if policy is None:
        return Decision(False, "the bucket has no policy")
    statements = _statements(policy)
    if statements is None:
        return Decision(False, "the bucket policy cannot be read", ("it is not a policy document",))
    notes: list[str] = []
    allowed_by = ""
    for number, statement in enumerate(statements):
        name = str(statement.get("Sid") or f"statement {number}")
        try:
            applies = _applies(statement, action, resource, requester)
        except _UnknownError as unknown:
            notes.append(f"{name}: {unknown}")
            if statement.get("Effect") == "Deny":
                return Decision(False, f"{name} may deny {action}: {unknown}", tuple(notes))
            continue
        if applies and statement.get("Effect") == "Deny":
            return Decision(False, f"{name} denies {action}", tuple(notes))
        if applies and statement.get("Effect") == "Allow":
            allowed_by = allowed_by or name
    if allowed_by:
        return Decision(True, f"{allowed_by} allows {action}", tuple(notes))
    return Decision(False, f"no statement allows {action}", tuple(notes))


@lru_cache(maxsize=64)
def _statements(policy: str) -> tuple[Mapping[str, Any], ...] | None:
    try:
        found = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return None
    listed = found if isinstance(found, list) else [found]
    return tuple(listed) if all(isinstance(s, Mapping) for s in listed) else None


def _applies(
    statement: Mapping[str, Any], action: str, resource: str, requester: Requester
) -> bool:
    """Whether the statement is about this request, all of its elements taken together."""
    return (
        _admits_one(statement, "Action", action.lower(), fold=True)
        and _admits_one(statement, "Resource", resource, fold=False)
        and _admits_principal(statement, requester)
        and _conditions_hold(statement.get("Condition") or {}, requester.context)
    )


def _admits_principal(statement: Mapping[str, Any], requester: Requester) -> bool:
    if "NotPrincipal" in statement:
        raise _UnknownError("NotPrincipal is not evaluated")
    principal = statement.get("Principal")
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    if "*" in texts(principal.get("AWS")):
        return True
    return not requester.anonymous and CLOUDFRONT_SERVICE in texts(principal.get("Service"))


def _admits_one(statement: Mapping[str, Any], element: str, value: str, *, fold: bool) -> bool:
    """`Action` or `Resource`, or their negation; actions are compared without regard to case."""

    def among(patterns: Iterable[str]) -> bool:
        return any(like(value, p.lower() if fold else p) for p in patterns)

    if f"Not{element}" in statement:
        return not among(texts(statement[f"Not{element}"]))
    return among(texts(statement.get(element)))


def _arn_like(value: str, pattern: str) -> bool:
    """ARNs are compared part by part, so that a wildcard does not reach over a colon."""
    ours, theirs = value.split(":", 5), pattern.split(":", 5)
    return len(ours) == len(theirs) == 6 and all(map(like, ours, theirs))


def _same_ignoring_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": str.__eq__,
    "stringequalsignorecase": _same_ignoring_case,
    "stringlike": like,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": _same_ignoring_case,
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}


def _conditions_hold(conditions: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """One that does not hold settles it, whatever is not known of the others."""
    unknown: _UnknownError | None = None
    for operator, block in conditions.items():
        for key, wanted in block.items():
            try:
                if not _holds(operator, context.get(key.lower()), texts(wanted)):
                    return False
            except _UnknownError as error:
                unknown = unknown or error
    if unknown:
        raise unknown
    return True


def _holds(operator: str, value: str | None, wanted: tuple[str, ...]) -> bool:
    """One operator on one key; a request that does not carry the key matches only negations."""
    folded = operator.lower()
    if_exists = folded.endswith("ifexists")
    folded = folded.removesuffix("ifexists")
    if folded == "null":
        return (value is None) == (wanted == ("true",))
    compare = _OPERATORS.get(_NEGATED.get(folded, folded))
    if compare is None:
        raise _UnknownError(f"condition operator {operator} is not evaluated")
    if value is None:
        return if_exists or folded in _NEGATED
    return any(compare(value, w) for w in wanted) != (folded in _NEGATED)
