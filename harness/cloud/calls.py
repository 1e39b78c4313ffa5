"""One call to AWS, as the gateway saw it; and who made it, told from the access key.

The tools that sitedrill itself uses sign with keys that carry their name (`access_key_for`), so
that a journal keeps the workflow's calls apart from the edge's and the checks'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PREFIX = "SITEDRILL"


@dataclass(frozen=True)
class AwsCall:
    """One call, after it was answered; the journal's `aws.call` has the same fields.

    Attributes:
        caller: who called: the role session's name once the key came from an AssumeRole* answer,
            the name in a key made by `access_key_for`, else the key itself; "anonymous" without
            one.
        access_key: the key that signed, "" when nobody did.
        service: as in the signature, such as "cloudfront".
        operation: the API's name for it, or "Unknown".
        params: the parameters by the API's names; never contents or secrets.
        status: the HTTP status answered.
        error: the AWS error code answered, "" on success.
        mutating: whether the operation changes anything.
        seconds: from the gateway to the emulator and back.
    """

    caller: str
    access_key: str
    service: str
    operation: str
    params: Mapping[str, Any]
    status: int
    error: str
    mutating: bool
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether AWS did what was asked."""
        return not self.error and self.status < 400


def access_key_for(caller: str) -> str:
    """The access key of one of sitedrill's own callers: "edge" has SITEDRILLEDGE."""
    return _PREFIX + caller.upper()


def caller_of(access_key: str, sessions: Mapping[str, str]) -> str:
    """Who signs with this key; `sessions` are the role sessions' names by access key."""
    if access_key in sessions:
        return sessions[access_key]
    if access_key.startswith(_PREFIX) and access_key != _PREFIX:
        return access_key.removeprefix(_PREFIX).lower()
    return access_key or "anonymous"
