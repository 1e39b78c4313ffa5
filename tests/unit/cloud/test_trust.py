"""STS's judgement of a token: whose it is, for whom, since when, and what the role says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import jwt
import pytest

from harness.cloud.answers import Answer, error_answer
from harness.cloud.trust import Judged, Trust
from harness.github.oidc import ISSUER, Claims, Issuer

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOST = ISSUER.removeprefix("https://")
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
ROLE = "arn:aws:iam::123456789012:role/deployer"
OURS = Issuer.generate()
CLAIMS = Claims("acme/site", "refs/heads/main", "0" * 40, "Run", "7", "1", "ada", "push", "staging")


class Still:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


class Account:
    """What IAM knows, in IAM's words."""

    def __init__(self, subject: str, clients: tuple[str, ...] = ("sts.amazonaws.com",)) -> None:
        self.clients: tuple[str, ...] | None = clients
        self.roles = {ROLE: subject}

    async def ask(self, action: str, params: Mapping[str, str]) -> Answer:
        if action == "GetRole":
            return self._role(params["RoleName"])
        assert action == "GetOpenIDConnectProvider"
        if self.clients is None or params["OpenIDConnectProviderArn"] != PROVIDER:
            return self._nothing()
        members = "".join(f"<member>{client}</member>" for client in self.clients)
        return self._result(action, f"<Url>{HOST}</Url><ClientIDList>{members}</ClientIDList>")

    def _role(self, name: str) -> Answer:
        for role, subject in self.roles.items():
            if role.endswith(f"/{name}"):
                statement = {
                    "Effect": "Allow",
                    "Principal": {"Federated": PROVIDER},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringLike": {f"{HOST}:sub": subject}},
                }
                text = quote(json.dumps({"Statement": [statement]}))
                trusts = f"<AssumeRolePolicyDocument>{escape(text)}</AssumeRolePolicyDocument>"
                inner = f"<Arn>{role}</Arn>{trusts}"
                return self._result("GetRole", f"<Role>{inner}</Role>")
        return self._nothing()

    def _nothing(self) -> Answer:
        return error_answer(
            service="iam", protocol="query", status=404, code="NoSuchEntity", message="no"
        )

    def _result(self, action: str, inner: str) -> Answer:
        body = f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"
        return Answer(200, (), body.encode())


def judge(
    token: str, account: Account, *, role: str = ROLE, later: timedelta = timedelta(0)
) -> Judged:
    trust = Trust(issuer=ISSUER, keys=OURS.key_set(), clock=Still(NOW + later))
    form = {"RoleArn": role, "RoleSessionName": "s", "WebIdentityToken": token}
    return asyncio.run(trust.judge(form, account.ask))


def token(
    claims: Claims = CLAIMS, *, issuer: Issuer = OURS, audience: str = "sts.amazonaws.com"
) -> str:
    return issuer.token(claims, audience=audience, now=NOW, token_id="1")


ENVIRONMENT = "repo:acme/site:environment:staging"


def test_the_environment_that_the_policy_names_is_admitted() -> None:
    assert judge(token(), Account(ENVIRONMENT)) == Judged(ROLE, ENVIRONMENT)


@pytest.mark.parametrize("environment", ["", "prod", "Staging", "staging2"])
def test_any_other_is_refused_in_the_words_of_aws(environment: str) -> None:
    found = judge(token(replace(CLAIMS, environment=environment)), Account(ENVIRONMENT))
    assert (found.code, found.status) == ("AccessDenied", 403)
    assert found.message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert ENVIRONMENT in found.why


def test_a_role_that_is_not_there_is_refused_in_the_same_words() -> None:
    found = judge(token(), Account("*"), role=f"{ROLE}-of-another")
    assert found.message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert found.why == "there is no such role"


def test_a_role_of_the_same_name_in_another_account_is_not_the_role() -> None:
    account = Account("*")
    found = judge(token(), account, role=ROLE.replace("123456789012", "210987654321"))
    assert found.code == "InvalidIdentityToken"
    assert found.message == f"No OpenIDConnect provider found in your account for {ISSUER}"


def test_a_role_of_the_same_name_on_another_path_is_not_the_role() -> None:
    assert (
        judge(token(), Account("*"), role=ROLE.replace("role/", "role/x/")).code == "AccessDenied"
    )


def test_an_account_without_the_provider_knows_nobody() -> None:
    account = Account("*")
    account.clients = None
    found = judge(token(), account)
    assert (found.code, found.status) == ("InvalidIdentityToken", 400)


def test_a_token_for_somebody_else_is_refused() -> None:
    found = judge(token(audience="https://github.com/acme"), Account("*"))
    assert found.message == "Incorrect token audience"
    assert "https://github.com/acme" in found.why


def test_a_provider_with_several_audiences_takes_each() -> None:
    account = Account("*", ("one", "two"))
    assert [judge(token(audience=name), account).code for name in ("one", "two", "three")] == [
        "",
        "",
        "InvalidIdentityToken",
    ]


@pytest.mark.parametrize(
    ("later", "code"), [(-10, ""), (299, ""), (304, ""), (306, "ExpiredTokenException")]
)
def test_a_token_lives_for_five_minutes(later: int, code: str) -> None:
    assert judge(token(), Account("*"), later=timedelta(seconds=later)).code == code


def test_a_forged_token_is_refused() -> None:
    assert judge(token(issuer=Issuer.generate()), Account("*")).code == "InvalidIdentityToken"


def test_a_token_that_names_another_algorithm_is_refused() -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    for key, algorithm in (("", "none"), ("x" * 32, "HS256")):
        forged = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "sitedrill"})
        assert judge(forged, Account("*")).code == "InvalidIdentityToken"


def test_a_token_of_another_issuer_belongs_to_no_provider() -> None:
    claims: dict[str, Any] = {
        "iss": "https://gitlab.example",
        "sub": "x",
        "aud": "sts.amazonaws.com",
    }
    forged = jwt.encode(claims, OURS.key, algorithm="RS256", headers={"kid": "sitedrill"})
    assert judge(forged, Account("*")).message == (
        "No OpenIDConnect provider found in your account for https://gitlab.example"
    )


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "🚢"])
def test_what_is_no_token_is_refused(text: str) -> None:
    assert judge(text, Account("*")).code == "InvalidIdentityToken"
