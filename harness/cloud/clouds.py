"""The `--cloud` choices, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from harness.clock import Clock
from harness.cloud.emulator import Emulator
from harness.cloud.moto.emulator import MotoEmulator
from harness.errors import ConfigError


class Cloud(Protocol):
    """Starts emulators of one kind, and finds the ones that other processes started."""

    @property
    def name(self) -> str:
        """What `--cloud` says."""
        ...

    def start(self, *, owner_pid: int, directory: Path) -> Emulator:
        """A new, empty emulator that ends with the process `owner_pid`."""
        ...

    def attach(self, endpoint: str) -> Emulator:
        """The emulator that answers there."""
        ...

    def versions(self) -> Mapping[str, str]:
        """What exactly answers, by program."""
        ...


class MotoCloud:
    """The embedded default."""

    name = "moto"

    def __init__(self, clock: Clock, token: str) -> None:
        """`clock` is whose time counts while waiting; `token` marks the processes."""
        self._clock = clock
        self._token = token

    def start(self, *, owner_pid: int, directory: Path) -> Emulator:
        """A moto process."""
        return MotoEmulator.start(
            owner_pid=owner_pid, directory=directory, clock=self._clock, token=self._token
        )

    def attach(self, endpoint: str) -> Emulator:
        """A handle to a moto process."""
        return MotoEmulator.attach(endpoint, clock=self._clock)

    def versions(self) -> Mapping[str, str]:
        """moto's."""
        return {"moto": version("moto")}


CLOUDS: Mapping[str, Callable[[Clock, str], Cloud]] = {"moto": MotoCloud}


def choose_cloud(name: str, clock: Clock, *, token: str) -> Cloud:
    """The cloud of this name, whose processes all carry `token`.

    Raises:
        ConfigError: there is none; names those there are.
    """
    try:
        return CLOUDS[name](clock, token)
    except KeyError:
        raise ConfigError(
            file="options", key="--cloud", value=name, expected="one of " + ", ".join(CLOUDS)
        ) from None
