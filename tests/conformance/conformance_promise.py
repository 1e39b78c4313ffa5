"""What a promise is: something AWS does that drills rely on, and a check that sees whether it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.cloud.calls import access_key_for
from harness.journal import Record, read_journal

REGION = "us-east-1"
ACCOUNT = "123456789012"


@dataclass
class Scene:
    """An empty AWS behind a gateway, and the journal that the gateway writes."""

    endpoint: str
    journal: Path
    opened: list[Any] = field(default_factory=list)

    def client(self, service: str, **key: str) -> Any:
        """A client without retries; of a role session when `key` says whose."""
        made = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=key.get("AccessKeyId", access_key_for("tests")),
            aws_secret_access_key=key.get("SecretAccessKey", "unused"),
            aws_session_token=key.get("SessionToken"),
            config=Config(
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
                proxies={},
                read_timeout=60,
            ),
        )
        self.opened.append(made)
        return made

    def bucket(self, name: str = "the-site", *, versioned: bool = False) -> Any:
        """A client of S3, where there is a bucket now."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name)
        if versioned:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return s3

    def calls(self) -> list[Record]:
        """What the gateway journaled."""
        return [record for record in read_journal(self.journal) if record.kind == "aws.call"]

    def close(self) -> None:
        """Close the clients."""
        for client in self.opened:
            client.close()


@dataclass(frozen=True)
class Promise:
    """`area` is whose promise it is, such as "S3"; `text` says it in a line."""

    area: str
    text: str
    check: Callable[[Scene], None]

    @property
    def id(self) -> str:
        """Names it in the data and in the tests."""
        return f"{self.area.lower()}:{self.check.__name__}"


class Promises:
    """The promises of one area: `@promise("...")` on each check."""

    def __init__(self, area: str) -> None:
        self.area = area
        self.made: list[Promise] = []

    def __call__(self, text: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
        def add(check: Callable[[Scene], None]) -> Callable[[Scene], None]:
            self.made.append(Promise(self.area, text, check))
            return check

        return add


def refused(code: str, status: int, call: Callable[..., Any], **params: Any) -> None:
    """The call is answered with this AWS error."""
    with pytest.raises(ClientError) as error:
        call(**params)
    answer = error.value.response
    told = (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])
    if told[0] == "NotImplemented":
        raise error.value  # lacking altogether is another thing than refusing otherwise
    assert told == (code, status)


def identity_token() -> str:
    """As an identity provider signs one; no emulator asks it for its keys."""
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": "repo:acme/website:environment:staging",
        "exp": 4102444800,
        "iat": 1700000000,
    }
    return jwt.encode(claims, "a secret of thirty-two letters, no", algorithm="HS256")
