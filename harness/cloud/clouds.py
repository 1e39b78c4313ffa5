"""The `--cloud` choices, by name.

moto                      everything by moto, embedded
ministack                 everything by MiniStack
localstack                LocalStack, and moto for what its free edition lacks
moto+ministack            moto, and MiniStack for CloudFront
localstack+ministack      LocalStack, and MiniStack for what its free edition lacks
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from harness.clock import Clock
from harness.cloud.composite import CompositeEmulator
from harness.cloud.emulator import Emulator
from harness.cloud.foreign import ForeignEnvironment
from harness.cloud.localstack.emulator import LocalStackEmulator
from harness.cloud.localstack.shared import Endpoint, SharedLocalStack, resolve
from harness.cloud.ministack.emulator import MiniStackEmulator
from harness.cloud.moto.emulator import MotoEmulator
from harness.errors import ConfigError, EmulatorError

#: What moto calls the account that keys belong to; the others are told to.
ACCOUNT = "123456789012"

MINISTACK = ("ministack", "ministack", ">=3.11", "use another --cloud")
#: LocalStack 2026.3.0 imports what came with Python 3.13 (warnings.deprecated), whatever its
#: metadata say: https://docs.python.org/3/library/warnings.html#warnings.deprecated
LOCALSTACK = (
    "localstack",
    "localstack-core",
    ">=3.13",
    "or start LocalStack as a container and say --endpoint (see docs/clouds.md)",
)


class Cloud(Protocol):
    """Starts emulators of one kind, and finds the ones that other processes started."""

    @property
    def name(self) -> str:
        """What `--cloud` says."""
        ...

    @property
    def shared(self) -> bool:
        """Whether all its emulators are one, so that only one drill can run at a time."""
        ...

    def ensure(self, say: Callable[[str], None]) -> None:
        """Make what it needs, telling `say` when that takes a while."""
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


@dataclass(frozen=True)
class Ground:
    """What every cloud stands on.

    Attributes:
        clock: whose time counts while waiting.
        token: marks the processes.
        cache: where environments are kept, for this user.
        endpoint: of the LocalStack that runs already; "" for one of our own.
    """

    clock: Clock
    token: str
    cache: Path
    endpoint: str = ""

    def environment(
        self, name: str, package: str, python: str, otherwise: str
    ) -> ForeignEnvironment:
        """The environment of an emulator that needs its own."""
        return ForeignEnvironment(name, package, self.cache, python, otherwise)


class MotoCloud:
    """The embedded default."""

    name = "moto"
    shared = False

    def __init__(self, ground: Ground) -> None:
        """Nothing runs yet."""
        self._ground = ground

    def ensure(self, say: Callable[[str], None]) -> None:
        """It came with sitedrill."""

    def start(self, *, owner_pid: int, directory: Path) -> Emulator:
        """A moto process."""
        ground = self._ground
        return MotoEmulator.start(
            owner_pid=owner_pid, directory=directory, clock=ground.clock, token=ground.token
        )

    def attach(self, endpoint: str) -> Emulator:
        """A handle to a moto process."""
        return MotoEmulator.attach(endpoint, clock=self._ground.clock)

    def versions(self) -> Mapping[str, str]:
        """moto's."""
        return {"moto": version("moto")}


class _ForeignCloud:
    """An emulator that needs an environment of its own."""

    shared = False
    name: str
    _emulator: type[MiniStackEmulator | LocalStackEmulator]
    _needs: tuple[str, str, str, str]

    def __init__(self, ground: Ground) -> None:
        """Nothing runs yet."""
        self._ground = ground
        self.environment = ground.environment(*self._needs)

    def ensure(self, say: Callable[[str], None]) -> None:
        """Make its environment."""
        self.environment.ensure(say)

    def start(self, *, owner_pid: int, directory: Path) -> Emulator:
        """A process of it."""
        return self._emulator.start(
            self.environment,
            account=ACCOUNT,
            owner_pid=owner_pid,
            directory=directory,
            clock=self._ground.clock,
            token=self._ground.token,
        )

    def attach(self, endpoint: str) -> Emulator:
        """A handle to a process of it."""
        return self._emulator.attach(endpoint, clock=self._ground.clock)

    def versions(self) -> Mapping[str, str]:
        """Its own."""
        return {self.name: self.environment.version}


class MiniStackCloud(_ForeignCloud):
    """MiniStack."""

    name = "ministack"
    _emulator = MiniStackEmulator
    _needs = MINISTACK


class LocalStackCloud(_ForeignCloud):
    """LocalStack alone: without what its free edition lacks."""

    name = "localstack"
    _emulator = LocalStackEmulator
    _needs = LOCALSTACK


class EndpointCloud:
    """A LocalStack that somebody else runs."""

    name = "localstack"
    shared = True

    def __init__(self, ground: Ground) -> None:
        """Nothing is asked yet."""
        self._endpoint = Endpoint(resolve(ground.endpoint), account=ACCOUNT)
        self._begun: list[SharedLocalStack] = []

    def ensure(self, say: Callable[[str], None]) -> None:
        """See that it answers, and is LocalStack."""
        say(f"LocalStack {self._endpoint.version()} at {self._endpoint.url}")

    def start(self, *, owner_pid: int, directory: Path) -> Emulator:
        """The endpoint, emptied of what this session made there before."""
        del owner_pid, directory
        if self._begun:
            self._begun[-1].keep()
            self._begun[-1].stop()
        self._begun.append(SharedLocalStack(self._endpoint, number=len(self._begun)))
        return self._begun[-1]

    def attach(self, endpoint: str) -> Emulator:
        """The endpoint as it was begun, in this process."""
        for begun in self._begun:
            if begun.endpoint == endpoint:
                return begun
        raise EmulatorError(
            f"the state of {endpoint} is known to another process", hint="use one worker"
        )

    def versions(self) -> Mapping[str, str]:
        """As the endpoint tells."""
        return {"localstack": self._endpoint.version()}


class CompositeCloud:
    """Two clouds as one: the second answers some services, the first all others."""

    def __init__(self, name: str, first: Cloud, second: Cloud, services: tuple[str, ...]) -> None:
        """`services` are the second's."""
        self.name = name
        self.first = first
        self.second = second
        self.services = services

    @property
    def shared(self) -> bool:
        """Whether either is."""
        return self.first.shared or self.second.shared

    def ensure(self, say: Callable[[str], None]) -> None:
        """Make what both need."""
        self.first.ensure(say)
        self.second.ensure(say)

    def start(self, *, owner_pid: int, directory: Path) -> Emulator:
        """One emulator of each; none is left when one cannot be started."""
        first = self.first.start(owner_pid=owner_pid, directory=directory / "first")
        try:
            second = self.second.start(owner_pid=owner_pid, directory=directory / "second")
        except BaseException:
            first.stop()
            raise
        return CompositeEmulator(self.name, first, second, self.services)

    def attach(self, endpoint: str) -> Emulator:
        """Both emulators."""
        first, second = endpoint.split(" ")
        return CompositeEmulator(
            self.name, self.first.attach(first), self.second.attach(second), self.services
        )

    def versions(self) -> Mapping[str, str]:
        """Both's."""
        return {**self.first.versions(), **self.second.versions()}


#: What LocalStack's free edition has not got, or fetches from the internet and runs beside itself.
_NOT_LOCALSTACKS = ("cloudfront", "dynamodb")


def _localstack(ground: Ground) -> Cloud:
    return EndpointCloud(ground) if ground.endpoint else LocalStackCloud(ground)


CLOUDS: Mapping[str, Callable[[Ground], Cloud]] = {
    "moto": MotoCloud,
    "ministack": MiniStackCloud,
    "localstack": lambda ground: CompositeCloud(
        "localstack", _localstack(ground), MotoCloud(ground), _NOT_LOCALSTACKS
    ),
    "moto+ministack": lambda ground: CompositeCloud(
        "moto+ministack", MotoCloud(ground), MiniStackCloud(ground), ("cloudfront",)
    ),
    "localstack+ministack": lambda ground: CompositeCloud(
        "localstack+ministack", _localstack(ground), MiniStackCloud(ground), _NOT_LOCALSTACKS
    ),
}


def choose_cloud(name: str, ground: Ground) -> Cloud:
    """The cloud of this name.

    Raises:
        ConfigError: there is none, and which there are; or it has no use for an endpoint.
    """
    if name not in CLOUDS:
        raise ConfigError(
            file="options", key="--cloud", value=name, expected="one of " + ", ".join(CLOUDS)
        )
    if ground.endpoint and not name.startswith("localstack"):
        raise ConfigError(
            file="options",
            key="--endpoint",
            value=ground.endpoint,
            expected="to be used with --cloud localstack or --cloud localstack+ministack",
        )
    return CLOUDS[name](ground)
