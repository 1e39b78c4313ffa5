"""Two emulators as one AWS: the second answers some services, the first all others.

    localstack+ministack          cloudfront ──> ministack
                                  s3, iam... ──> localstack

A service is answered by one part wholly: what one part knows of, the other does not.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.cloud.emulator import Emulator, Headers


class CompositeEmulator:
    """One emulated AWS made of two; started, cloned and stopped together."""

    def __init__(
        self, name: str, first: Emulator, second: Emulator, services: Iterable[str]
    ) -> None:
        """`services` are the second's, as they stand in signatures."""
        self.name = name
        self.first = first
        self.second = second
        self._services = frozenset(services)

    @property
    def endpoint(self) -> str:
        """Both URLs."""
        return f"{self.first.endpoint} {self.second.endpoint}"

    def part(self, service: str) -> Emulator:
        """Which of the two answers a service."""
        return (self.second if service in self._services else self.first).part(service)

    def prepared(self, headers: Headers) -> Headers:
        """As they came: the parts prepare their own."""
        return headers

    def implements(self, service: str, operation: str) -> bool:
        """Whether the part that answers the service has the operation."""
        return self.part(service).implements(service, operation)

    def admits(self, status: int, body: bytes) -> bool:
        """Its parts do."""
        del status, body
        return False

    def clone(self, owner_pid: int, *, grace: float = 0) -> CompositeEmulator:
        """Both cloned; none is left when one cannot be."""
        first = self.first.clone(owner_pid, grace=grace)
        try:
            second = self.second.clone(owner_pid, grace=grace)
        except BaseException:
            first.stop()
            raise
        return CompositeEmulator(self.name, first, second, self._services)

    def adopt(self, owner_pid: int) -> None:
        """Both."""
        self.first.adopt(owner_pid)
        self.second.adopt(owner_pid)

    def stop(self) -> None:
        """Stop both; the second even when the first cannot be."""
        try:
            self.first.stop()
        finally:
            self.second.stop()
