"""What an emulated AWS is to the world, and which `--cloud` has what another lacks.

              aws cli, terraform, SDKs          edge, checks, drift
                         │                              │
                         └──────────────┬───────────────┘
                                        v   the one AWS endpoint
                                     gateway
                                        │ by service (from the signature)
                     ┌──────────────────┼──────────────────┐
                     v                  v                  v
                  moto              ministack          localstack      each an Emulator

An emulator is one folder beside its siblings: how it is started and stopped is its own affair, what
it can do is told by `implements`. Two of them may stand together as one (`harness.cloud.composite`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

_MINISTACKS = ("moto+ministack", "localstack+ministack", "ministack")
#: Operations that moto lacks, and the `--cloud` choices that have them, the best first. The keys are
#: regular expressions over "service:Operation"; tests/conformance sees that they are right.
ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    r"cloudfront:\w+(Cache|OriginRequest|ResponseHeaders)(Policy|Policies|PolicyConfig)$": _MINISTACKS,
    r"cloudfront:(PublishFunction|UpdateFunction)$": _MINISTACKS,
}


#: As ASGI has them: names in lower case.
Headers = list[tuple[bytes, bytes]]


class Emulator(Protocol):
    """A running emulated AWS, or a part of one."""

    @property
    def name(self) -> str:
        """The `--cloud` choice it is."""
        ...

    @property
    def endpoint(self) -> str:
        """Its URL, without a path; of one that stands for several, theirs with a space between."""
        ...

    def part(self, service: str) -> Emulator:
        """The emulator that answers a service, as it stands in signatures; itself if it is one."""
        ...

    def prepared(self, headers: Headers) -> Headers:
        """A request's headers as it needs them."""
        ...

    def implements(self, service: str, operation: str) -> bool:
        """Whether it has the operation. May ask the emulator, so it may take a while once."""
        ...

    def admits(self, status: int, body: bytes) -> bool:
        """Whether an answer of its own says that it lacks the operation after all."""
        ...

    def clone(self, owner_pid: int, *, grace: float = 0) -> Emulator:
        """A new emulator with this one's state, that ends with the process `owner_pid`.

        `grace` is for how many seconds it waits, after that process, for another to `adopt` it.
        """
        ...

    def adopt(self, owner_pid: int) -> None:
        """From now on it ends with this process.

        Raises:
            EmulatorError: it is gone, or belongs to nobody.
        """
        ...

    def stop(self) -> None:
        """End it, leaving nothing behind; may be called again."""
        ...


def clouds_with(service: str, operation: str) -> tuple[str, ...]:
    """The `--cloud` choices known to have an operation that this emulator lacks; perhaps none."""
    asked = f"{service}:{operation}"
    return next((clouds for pattern, clouds in ELSEWHERE.items() if re.match(pattern, asked)), ())
