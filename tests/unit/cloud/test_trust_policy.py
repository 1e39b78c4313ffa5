"""Trust policies, statement by statement, as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cloud.trust_policy import Caller, decide

pytestmark = pytest.mark.unit

HOST = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
SUB, AUD = f"{HOST}:sub", f"{HOST}:aud"
CLAIMS = {
    "sub": "repo:acme/site:environment:prod",
    "aud": "sts.amazonaws.com",
    "environment": "prod",
    "repository": "acme/site",
    "actor": "Ada",
    "ref": "refs/heads/main",
    "run_id": "7",
}
CALLER = Caller.of(PROVIDER, CLAIMS, session="deploy-7")


def policy(condition: Any = None, **more: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        **({} if condition is None else {"Condition": condition}),
        **more,
    }
    # An element and its opposite do not stand together.
    for element in ("Action", "Principal"):
        if f"Not{element}" in more:
            del statement[element]
    return {"Version": "2012-10-17", "Statement": [statement]}


ADMITTED = {
    "no condition": policy(),
    "subject and audience": policy(
        {"StringEquals": {SUB: CLAIMS["sub"], AUD: "sts.amazonaws.com"}}
    ),
    "one of several": policy({"StringEquals": {SUB: ["other", CLAIMS["sub"]]}}),
    "a pattern": policy({"StringLike": {SUB: "repo:acme/*:environment:pro?"}}),
    "the key in other letters": policy({"StringEquals": {SUB.upper(): CLAIMS["sub"]}}),
    "letters do not count": policy({"StringEqualsIgnoreCase": {f"{HOST}:actor": "ADA"}}),
    "not another": policy({"StringNotEquals": {SUB: "repo:acme/site:environment:staging"}}),
    "not like another": policy({"StringNotLike": {SUB: "repo:other/*"}}),
    "an absent key that is not wanted": policy({"StringNotEquals": {f"{HOST}:amr": "x"}}),
    "an absent key, if it exists": policy({"StringEqualsIfExists": {f"{HOST}:amr": "x"}}),
    "a present key, if it exists": policy({"StringLikeIfExists": {f"{HOST}:ref": "refs/*"}}),
    "an absent key is null": policy({"Null": {f"{HOST}:amr": "true"}}),
    "a present key is not null": policy({"Null": {SUB: False}}),
    "the session's name": policy({"StringLike": {"sts:RoleSessionName": "deploy-*"}}),
    "for any value": policy({"ForAnyValue:StringEquals": {SUB: CLAIMS["sub"]}}),
    "for all values of an absent key": policy({"ForAllValues:StringEquals": {f"{HOST}:amr": "x"}}),
    "several providers": policy(Principal={"Federated": ["accounts.google.com", PROVIDER]}),
    "anybody": policy(Principal="*"),
    "anybody of AWS's": policy(Principal={"AWS": "*"}),
    "every action of STS": policy(Action="sts:*"),
    "every action": policy(Action=["sts:TagSession", "*"]),
    "action in other letters": policy(Action="STS:assumerolewithwebidentity"),
    "everything but another action": policy(NotAction="sts:AssumeRole"),
    "a statement without a list": {"Statement": policy()["Statement"][0]},
    "the second statement": {
        "Statement": [*policy({"StringEquals": {SUB: "x"}})["Statement"], *policy()["Statement"]]
    },
    "a denial of others": {
        "Statement": [
            *policy()["Statement"],
            *policy({"StringEquals": {f"{HOST}:actor": "eve"}}, Effect="Deny")["Statement"],
        ]
    },
}
REFUSED = {
    "no statement": {"Version": "2012-10-17", "Statement": []},
    "another environment": policy({"StringEquals": {SUB: "repo:acme/site:environment:staging"}}),
    "a pattern is text for StringEquals": policy({"StringEquals": {SUB: "repo:acme/*"}}),
    "letters count": policy({"StringEquals": {f"{HOST}:actor": "ada"}}),
    "a pattern of another": policy({"StringLike": {SUB: "repo:acme/site:ref:*"}}),
    "a pattern is all of the text": policy({"StringLike": {SUB: "repo:acme/site"}}),
    "brackets are text": policy({"StringLike": {SUB: "repo:acme/site:environment:[a-z]rod"}}),
    "one of two conditions": policy({"StringEquals": {SUB: CLAIMS["sub"], AUD: "other"}}),
    "one of two operators": policy({"StringEquals": {AUD: "x"}, "StringLike": {SUB: "*"}}),
    "not this": policy({"StringNotEquals": {SUB: ["x", CLAIMS["sub"]]}}),
    "not like this": policy({"StringNotLike": {SUB: "repo:acme/*"}}),
    "an absent key": policy({"StringEquals": {f"{HOST}:amr": "x"}}),
    "an absent key like anything": policy({"StringLike": {f"{HOST}:amr": "*"}}),
    "a claim that STS does not look at": policy({"StringEquals": {f"{HOST}:run_id": "7"}}),
    "a present key is null": policy({"Null": {SUB: "true"}}),
    "an absent key is not null": policy({"Null": {f"{HOST}:amr": "false"}}),
    "a present key, if it exists": policy({"StringEqualsIfExists": {SUB: "x"}}),
    "for any value of an absent key": policy({"ForAnyValue:StringEquals": {f"{HOST}:amr": "x"}}),
    "for all values": policy({"ForAllValues:StringEquals": {SUB: "x"}}),
    "an operator for numbers": policy({"NumericEquals": {SUB: "1"}}),
    "an operator that is none": policy({"StringSomehow": {SUB: CLAIMS["sub"]}}),
    "another provider's key": policy({"StringEquals": {"gitlab.example:sub": CLAIMS["sub"]}}),
    "another provider": policy(Principal={"Federated": f"{PROVIDER}.example"}),
    "part of a provider": policy(Principal={"Federated": "arn:aws:iam::123456789012:*"}),
    "an account": policy(Principal={"AWS": "123456789012"}),
    "any provider": policy(Principal={"Federated": "*"}),
    "everybody but the provider": policy(NotPrincipal={"Federated": PROVIDER}),
    "everybody but another": policy(NotPrincipal={"Federated": "accounts.google.com"}),
    "a variable of the policy's": policy({"StringEquals": {f"{HOST}:actor": "${aws:username}"}}),
    "an operator for dates, if it exists": policy({"DateLessThanIfExists": {SUB: "2030-01-01"}}),
    "a denial by date": {
        "Statement": [
            *policy()["Statement"],
            *policy({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}, Effect="Deny")[
                "Statement"
            ],
        ]
    },
    "a denial by an operator that is none": {
        "Statement": [
            *policy()["Statement"],
            *policy({"StringSomehow": {SUB: "x"}}, Effect="Deny")["Statement"],
        ]
    },
    "another action": policy(Action="sts:AssumeRole"),
    "everything but this action": policy(NotAction=["sts:AssumeRoleWith*"]),
    "an explicit denial": {
        "Statement": [*policy()["Statement"], *policy(Effect="Deny")["Statement"]]
    },
    "a denial that comes first": {
        "Statement": [
            *policy({"StringLike": {SUB: "*:environment:prod"}}, Effect="Deny")["Statement"],
            *policy()["Statement"],
        ]
    },
}


@pytest.mark.parametrize("name", ADMITTED)
def test_who_is_admitted(name: str) -> None:
    assert decide(ADMITTED[name], CALLER).admitted


@pytest.mark.parametrize("name", REFUSED)
def test_who_is_refused_and_why(name: str) -> None:
    decision = decide(REFUSED[name], CALLER)
    assert not decision.admitted
    assert decision.why


def test_the_reason_names_what_is_and_what_is_wanted() -> None:
    assert decide(REFUSED["another environment"], CALLER).why == (
        f"{SUB} is repo:acme/site:environment:prod, and the policy wants StringEquals "
        "repo:acme/site:environment:staging"
    )


def test_a_principal_that_is_null_is_nobody() -> None:
    assert not decide(policy(Principal=None), CALLER).admitted


@given(st.text(max_size=20), st.text(max_size=20))
def test_equality_is_equality(wanted: str, sub: str) -> None:
    caller = Caller.of(PROVIDER, {"sub": sub or "x"}, session="s")
    admitted = decide(policy({"StringEquals": {SUB: wanted}}), caller).admitted
    assert admitted == (wanted == (sub or "x"))


@given(st.text(min_size=1, max_size=12), st.integers(0, 11), st.text(max_size=4))
def test_a_star_in_place_of_any_part_admits(sub: str, at: int, more: str) -> None:
    pattern = sub[:at].replace("*", "?") + "*"
    caller = Caller.of(PROVIDER, {"sub": sub + more}, session="s")
    assert decide(policy({"StringLike": {SUB: pattern}}), caller).admitted


@given(st.sampled_from(sorted(ADMITTED)), st.sampled_from(sorted(ADMITTED)))
def test_a_denial_of_whom_a_policy_admits_wins_over_every_other(one: str, other: str) -> None:
    statements = ADMITTED[one]["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    if any(statement["Effect"] == "Deny" for statement in listed):
        return
    # Only what admits by itself can deny by itself.
    denials = [
        {**statement, "Effect": "Deny"}
        for statement in listed
        if decide({"Statement": [statement]}, CALLER).admitted
    ]
    both = ADMITTED[other]["Statement"]
    whole = [*(both if isinstance(both, list) else [both]), *denials]
    assert not decide({"Statement": whole}, CALLER).admitted


@given(st.permutations(range(3)))
def test_the_order_of_statements_does_not_count(order: list[int]) -> None:
    statements = [
        *policy({"StringEquals": {SUB: "x"}})["Statement"],
        *policy({"StringLike": {SUB: "repo:acme/*"}})["Statement"],
        *policy({"StringEquals": {f"{HOST}:actor": "Ada"}}, Effect="Deny")["Statement"],
    ]
    assert not decide({"Statement": [statements[at] for at in order]}, CALLER).admitted
