"""Whether a role's trust policy lets somebody take it who comes with a token of an identity provider.

    decide(policy, caller)  ->  Decision(admitted=False, why="sub is ..., and the policy wants ...")

An explicit Deny wins, then any Allow, else it is refused:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Elements and operators:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.iam_policy import like, texts

ACTION = "sts:AssumeRoleWithWebIdentity"
#: What a condition key of a token's provider may name: the claims that any provider has, and those of
#: GitHub's that STS looks at since 2026.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
CLAIMS = (
    *("aud", "sub", "amr", "azp"),
    *("actor", "actor_id", "job_workflow_ref", "repository", "repository_id"),
    *("workflow", "ref", "environment", "enterprise_id"),
)


@dataclass(frozen=True)
class Caller:
    """Who asks: the provider's ARN, and the values of every condition key by its name in lower case."""

    provider: str
    keys: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, provider: str, claims: Mapping[str, Any], *, session: str) -> Caller:
        """Whoever holds a token with these claims.

        Args:
            provider: the ARN of the account's provider that the token is of.
            claims: the token's.
            session: the name that the session will have.
        """
        host = provider.partition(":oidc-provider/")[2].lower()
        keys = {
            f"{host}:{name}": tuple(str(one) for one in _listed(claims[name]))
            for name in CLAIMS
            if claims.get(name) not in (None, "")
        }
        return cls(provider, {**keys, "sts:rolesessionname": (session,)})


@dataclass(frozen=True)
class Decision:
    """Whether the role may be taken; and if not, why, in a line."""

    admitted: bool
    why: str = ""


def decide(policy: Mapping[str, Any], caller: Caller) -> Decision:
    """What the policy says of the caller; whatever we cannot read admits nobody."""
    reasons = []
    admitted = False
    for statement in _listed(policy.get("Statement", [])):
        denies = str(statement.get("Effect")) == "Deny"
        mismatch = _mismatch(statement, caller, unknown_holds=denies)
        if denies:
            if not mismatch:
                return Decision(False, "a statement denies it")
        elif not mismatch:
            admitted = True
        else:
            reasons.append(mismatch)
    if admitted:
        return Decision(True)
    return Decision(False, "; ".join(dict.fromkeys(reasons)) or "no statement allows it")


def _mismatch(statement: Mapping[str, Any], caller: Caller, *, unknown_holds: bool) -> str:
    """Why a statement does not speak of the caller; empty when it does.

    `unknown_holds`: what a condition that we cannot judge counts as, so that it never admits anybody.
    """
    if not _names(statement, "Action", lambda pattern: like(ACTION.lower(), pattern.lower())):
        return f"no statement speaks of {ACTION}"
    if not _names_provider(statement, caller.provider):
        return f"no statement trusts {caller.provider}"
    for operator, wanted in dict(statement.get("Condition", {})).items():
        for key, values in dict(wanted).items():
            found = caller.keys.get(key.lower())
            asked = texts(values)
            if not _holds(operator, asked, found, unknown=unknown_holds):
                said = " and ".join(found) if found else "not there"
                return f"{key} is {said}, and the policy wants {operator} {' or '.join(asked)}"
    return ""


def _names(statement: Mapping[str, Any], element: str, fits: Callable[[str], bool]) -> bool:
    if element in statement:
        return any(fits(str(one)) for one in _listed(statement[element]))
    against = f"Not{element}"
    return against in statement and not any(fits(str(one)) for one in _listed(statement[against]))


def _names_provider(statement: Mapping[str, Any], provider: str) -> bool:
    # The ARN of a provider is compared as it is. `*`, and `AWS: *`, which means the same, are everybody;
    # `NotPrincipal` is none of a trust policy's elements.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return principal == "*"
    named = [str(one) for one in _listed(principal.get("Federated", []))]
    return provider in named or "*" in _listed(principal.get("AWS", []))


def _holds(
    operator: str, wanted: tuple[str, ...], found: tuple[str, ...] | None, *, unknown: bool
) -> bool:
    """Whether a condition holds; `unknown`, where it is one that we cannot judge.

    A key with several values needs `ForAllValues` or `ForAnyValue`; without, its first one counts.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    words = operator.split(":")
    name = words[-1]
    if name == "Null":
        return any((found is None) == (text.lower() == "true") for text in wanted)
    absent_holds = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    compare = _OPERATORS.get(name.replace("Not", ""))
    if compare is None or any("${" in text for text in wanted):
        # An operator for numbers, dates or addresses, none at all, or a variable in the policy.
        return unknown
    against = "Not" in name

    def one_holds(value: str) -> bool:
        return any(compare(text, value) for text in wanted) != against

    if len(words) > 1 and words[0] == "ForAllValues":
        return all(map(one_holds, found or ()))
    if len(words) > 1 and words[0] == "ForAnyValue":
        return any(map(one_holds, found)) if found else absent_holds and found is None
    if not found:
        return absent_holds or against
    return one_holds(found[0])


#: How a text of the policy and a value of the request are compared, by the operator without its `Not`.
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda text, value: text == value,
    "StringEqualsIgnoreCase": lambda text, value: text.casefold() == value.casefold(),
    "StringLike": lambda text, value: like(value, text),
    "ArnEquals": lambda text, value: like(value, text),
    "ArnLike": lambda text, value: like(value, text),
    "Bool": lambda text, value: text.lower() == value.lower(),
}


def _listed(value: Any) -> list[Any]:
    """AWS lets one stand without its list."""
    if isinstance(value, list | tuple):
        return list(value)
    return [value]
