"""AssumeRoleWithWebIdentity as STS judges it, before the emulator, which lets everybody in, is asked.

    trust = Trust(issuer=ISSUER, keys=issuer.key_set(), clock=clock)
    judged = await trust.judge(form, ask)         # judged.code: "AccessDenied", or "" when it may

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import jwt
import xmltodict

from harness.clock import Clock
from harness.cloud.answers import Answer
from harness.cloud.trust_policy import ACTION, Caller, Decision, decide

OPERATION = "AssumeRoleWithWebIdentity"
#: Asks IAM something: action and parameters to the answer.
Ask = Callable[[str, Mapping[str, str]], Awaitable[Answer]]
#: Seconds that clocks may differ.
LEEWAY = 5


@dataclass(frozen=True)
class Judged:
    """What came of a request for a role.

    Attributes:
        role: the ARN that was asked for.
        subject: the token's `sub`, as far as it has one.
        code: AWS's error; empty when the role may be taken.
        message: AWS's words.
        why: ours, for people, in a line.
    """

    role: str
    subject: str
    code: str = ""
    message: str = ""
    why: str = ""

    @property
    def status(self) -> int:
        """The HTTP status of the error."""
        return 403 if self.code == "AccessDenied" else 400


class Trust:
    """Knows the keys of one issuer; tokens of any other belong to no provider of the account."""

    def __init__(self, *, issuer: str, keys: Mapping[str, Any], clock: Clock) -> None:
        """Nothing is asked yet.

        Args:
            issuer: the URL in its tokens' `iss`.
            keys: its public keys, as a JSON Web Key Set.
            clock: says when a token is too old.
        """
        self._issuer = issuer
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys}
        self._clock = clock

    async def judge(self, form: Mapping[str, str], ask: Ask) -> Judged:
        """Whether the role may be taken with the token of the request."""
        role = form.get("RoleArn", "")
        token = form.get("WebIdentityToken", "")
        try:
            claims = self._claims(token)
        except jwt.InvalidTokenError as error:
            return Judged(role, "", *_wrong_token(error))
        subject = str(claims.get("sub", ""))
        if claims.get("iss") != self._issuer:
            said = f"No OpenIDConnect provider found in your account for {claims.get('iss', '')}"
            return Judged(role, subject, "InvalidIdentityToken", said, said)
        provider = _provider(role, self._issuer)
        clients = await _clients_of(provider, ask)
        if clients is None:
            said = f"No OpenIDConnect provider found in your account for {self._issuer}"
            return Judged(role, subject, "InvalidIdentityToken", said, said)
        audiences = _audiences(claims)
        if not audiences & clients:
            why = (
                f"aud is {' and '.join(sorted(audiences))}, and {provider} takes {sorted(clients)}"
            )
            return Judged(role, subject, "InvalidIdentityToken", "Incorrect token audience", why)
        policy = await _trust_policy_of(role, ask)
        caller = Caller.of(provider, claims, session=form.get("RoleSessionName", ""))
        decision = (
            Decision(False, "there is no such role") if policy is None else decide(policy, caller)
        )
        if decision.admitted:
            return Judged(role, subject)
        # AWS does not say why, nor whether the role is there.
        return Judged(
            role, subject, "AccessDenied", f"Not authorized to perform {ACTION}", decision.why
        )

    def _claims(self, token: str) -> dict[str, Any]:
        unverified: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        if unverified.get("iss") != self._issuer:
            return unverified
        key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise jwt.InvalidKeyError("signed with a key that the issuer does not have")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            options={
                "verify_aud": False,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        if float(claims.get("exp", 0)) + LEEWAY < self._clock.now().timestamp():
            raise jwt.ExpiredSignatureError("the token has expired")
        return claims


def _wrong_token(error: jwt.InvalidTokenError) -> tuple[str, str, str]:
    if isinstance(error, jwt.ExpiredSignatureError):
        return "ExpiredTokenException", "Token expired", str(error)
    if isinstance(error, jwt.InvalidSignatureError | jwt.InvalidKeyError):
        said = "Couldn't retrieve verification key from your identity provider"
        return "InvalidIdentityToken", said, str(error)
    said = "The ID Token provided is not a valid JWT"
    return "InvalidIdentityToken", said, str(error)


def _audiences(claims: Mapping[str, Any]) -> set[str]:
    given = claims.get("aud", [])
    return {given} if isinstance(given, str) else {str(one) for one in given}


def _provider(role: str, issuer: str) -> str:
    """The provider of the role's account: its name is the issuer's URL without the scheme."""
    parts = role.split(":")
    account = parts[4] if len(parts) > 4 else ""
    return f"arn:aws:iam::{account}:oidc-provider/{issuer.removeprefix('https://')}"


async def _clients_of(provider: str, ask: Ask) -> set[str] | None:
    """The audiences that the account's provider takes; None where there is no such provider.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html
    """
    found = _result(
        await ask("GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": provider}),
        "GetOpenIDConnectProvider",
    )
    if found is None:
        return None
    clients = (found.get("ClientIDList") or {}).get("member") or []
    return {clients} if isinstance(clients, str) else set(clients)


async def _trust_policy_of(role: str, ask: Ask) -> Mapping[str, Any] | None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html ."""
    name = role.rpartition("/")[2]
    found = _result(await ask("GetRole", {"RoleName": name}), "GetRole")
    if found is None or found["Role"].get("Arn") != role:
        return None
    text = unquote(found["Role"].get("AssumeRolePolicyDocument") or "{}")
    policy: Mapping[str, Any] = json.loads(text)
    return policy


def _result(answer: Answer, action: str) -> Mapping[str, Any] | None:
    if answer.status >= 400:
        return None
    whole = xmltodict.parse(answer.body)
    result: Mapping[str, Any] = whole[f"{action}Response"][f"{action}Result"]
    return result
