"""GitHub's OpenID Connect issuer: the tokens with which a job asks AWS for a role.

https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from harness.github.numbers import number_of

ISSUER = "https://token.actions.githubusercontent.com"
KEY_ID = "sitedrill"
#: GitHub's tokens live this long.
LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class Claims:
    """What a token says about the job that asked for it."""

    repository: str
    ref: str
    sha: str
    workflow: str
    run_id: str
    run_attempt: str
    actor: str
    event_name: str
    environment: str = ""
    workflow_ref: str = ""
    job_workflow_ref: str = ""
    run_number: str = "1"

    @property
    def subject(self) -> str:
        """`sub`, in the environment form when the job has one; characters that would split it escaped.

        https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
        """
        if self.environment:
            name = self.environment.replace(":", "%3A")
            return f"repo:{self.repository}:environment:{name}"
        if self.event_name == "pull_request":
            return f"repo:{self.repository}:pull_request"
        return f"repo:{self.repository}:ref:{self.ref}"


@dataclass(frozen=True)
class Issuer:
    """Signs tokens with a key of its own."""

    key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Issuer:
        """An issuer with a new key."""
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def load(cls, path: Path) -> Issuer:
        """The issuer whose key was saved there."""
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path} holds no RSA key")
        return cls(key)

    @property
    def seal(self) -> bytes:
        """Something that only the issuer knows, always the same for the same key."""
        numbers = self.key.private_numbers()
        return hashlib.sha256(str(numbers.d).encode()).digest()

    def save(self, path: Path) -> None:
        """Save the key, readable by its owner only."""
        path.touch(mode=0o600)
        path.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def token(self, claims: Claims, *, audience: str, now: datetime, token_id: str) -> str:
        """A signed token for `audience`, valid from `now`."""
        owner = claims.repository.split("/", 1)[0]
        payload: dict[str, Any] = {
            "jti": token_id,
            "iss": ISSUER,
            "sub": claims.subject,
            "aud": audience,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "repository": claims.repository,
            "repository_owner": owner,
            "ref": claims.ref,
            "ref_type": "tag" if claims.ref.startswith("refs/tags/") else "branch",
            "sha": claims.sha,
            "workflow": claims.workflow,
            "workflow_ref": claims.workflow_ref,
            "workflow_sha": claims.sha,
            "job_workflow_ref": claims.job_workflow_ref or claims.workflow_ref,
            "run_id": claims.run_id,
            "run_number": claims.run_number,
            "run_attempt": claims.run_attempt,
            "actor": claims.actor,
            "actor_id": str(number_of(claims.actor)),
            "repository_id": str(number_of(claims.repository)),
            "repository_owner_id": str(number_of(owner)),
            "event_name": claims.event_name,
            # What runs here stands in for a runner of GitHub's.
            "runner_environment": "github-hosted",
        }
        if claims.environment:
            payload["environment"] = claims.environment
        return jwt.encode(payload, self.key, algorithm="RS256", headers={"kid": KEY_ID})

    def runtime_token(self, run: str, *, token_id: str) -> str:
        """What a run proves itself with to the service that keeps artifacts; the run's id stands in it.

        https://github.com/actions/toolkit/blob/main/packages/artifact/src/internal/shared/util.ts
        """
        payload = {"jti": token_id, "scp": f"Actions.Results:{run}:{run}"}
        return jwt.encode(payload, self.key, algorithm="RS256", headers={"kid": KEY_ID})

    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set, for whoever verifies tokens."""
        numbers = self.key.public_key().public_numbers()
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "alg": "RS256",
                    "kid": KEY_ID,
                    "n": _base64(numbers.n),
                    "e": _base64(numbers.e),
                }
            ]
        }


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
