"""An emulator that outlives the world it was filled in."""

from __future__ import annotations

from harness.cloud.emulator import Emulator, Headers


class KeptEmulator:
    """Whoever else has it ends it."""

    def __init__(self, emulator: Emulator) -> None:
        """`emulator` does everything but stop."""
        self._emulator = emulator

    @property
    def name(self) -> str:
        """The emulator's."""
        return self._emulator.name

    @property
    def endpoint(self) -> str:
        """The emulator's."""
        return self._emulator.endpoint

    def part(self, service: str) -> Emulator:
        """The emulator's."""
        return self._emulator.part(service)

    def prepared(self, headers: Headers) -> Headers:
        """As the emulator needs them."""
        return self._emulator.prepared(headers)

    def implements(self, service: str, operation: str) -> bool:
        """As the emulator says."""
        return self._emulator.implements(service, operation)

    def admits(self, status: int, body: bytes) -> bool:
        """As the emulator says."""
        return self._emulator.admits(status, body)

    def clone(self, owner_pid: int, *, grace: float = 0) -> Emulator:
        """A clone of the emulator."""
        return self._emulator.clone(owner_pid, grace=grace)

    def adopt(self, owner_pid: int) -> None:
        """The emulator is adopted."""
        self._emulator.adopt(owner_pid)

    def stop(self) -> None:
        """Stays."""
