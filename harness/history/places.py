"""Where a history lies: in a folder, or in S3. Appending never loses what another writer put there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from harness.clock import Clock
from harness.errors import ConfigError, SitedrillError
from harness.history.database import read, with_runs
from harness.history.runs import RunRow

#: The database's name in a folder, or under a prefix of a bucket.
FILE = "history.sqlite3"
#: Seconds to wait for another writer on the same machine.
PATIENCE = 30.0


class Place(Protocol):
    """Where a history lies."""

    @property
    def name(self) -> str:
        """The database's path or address."""
        ...

    def read(self) -> list[RunRow]:
        """Every run that is kept there, the oldest first."""
        ...

    def append(self, runs: Sequence[RunRow]) -> list[RunRow]:
        """Keep these runs as well; returns all that is kept then."""
        ...


class Folder:
    """A history in a folder: `history.sqlite3`."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before the first `append`."""
        self._file = folder / FILE

    @property
    def name(self) -> str:
        """Its path."""
        return str(self._file)

    def read(self) -> list[RunRow]:
        """Every run, the oldest first; none when there is no history yet.

        Raises:
            ConfigError: the database is damaged, or not one of ours.
            SitedrillError: it cannot be read.
        """
        return read(self._image(), name=self.name)

    def append(self, runs: Sequence[RunRow]) -> list[RunRow]:
        """Keep these runs as well: a new database is written beside the old one, and renamed.

        Raises:
            ConfigError: the database is damaged, or not one of ours; it is left as it is.
            SitedrillError: it cannot be written, or another writer does not end.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._file}.lock", timeout=PATIENCE):
                image = with_runs(self._image(), runs, name=self.name)
                self._replace(image)
        except Timeout as error:
            raise SitedrillError(
                f"{self.name}: another sitedrill has been writing it for {PATIENCE:.0f} s",
                hint="add the run later with `sitedrill report DIR --history ...`",
            ) from error
        except OSError as error:
            raise _unwritable(self.name, error.strerror or str(error)) from error
        return read(image, name=self.name)

    def _image(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(
                file=self.name,
                key="file",
                value=error.strerror,
                expected="a history that can be read, in a folder",
                hint="name a folder with --history",
            ) from error

    def _replace(self, image: bytes) -> None:
        temporary = self._file.with_name(f".{FILE}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(image)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._file)
        finally:
            temporary.unlink(missing_ok=True)


def place_of(text: str, *, clock: Clock, client: Callable[[], Any] | None = None) -> Place:
    """What `--history` names.

    Args:
        text: a folder, or `s3://bucket/prefix`.
        clock: waits between two tries to write.
        client: makes the client of S3; by default with what boto3 finds in the environment.

    Raises:
        ConfigError: it is neither.
    """
    address = urlsplit(text)
    if address.scheme == "s3":
        # boto3 takes its time to load, and a folder needs none of it.
        from harness.history.bucket import Bucket, make_client  # noqa: PLC0415

        if not address.netloc or address.query or address.fragment:
            raise _neither(text)
        prefix = address.path.strip("/")
        key = f"{prefix}/{FILE}" if prefix else FILE
        return Bucket(address.netloc, key, client=(client or make_client)(), clock=clock)
    if not text or (address.scheme and "://" in text):
        raise _neither(text)
    return Folder(Path(text).expanduser())


def _neither(text: str) -> ConfigError:
    return ConfigError(
        file="options", key="--history", value=text, expected="a folder, or s3://bucket/prefix"
    )


def _unwritable(name: str, why: str) -> SitedrillError:
    return SitedrillError(
        f"{name}: the history cannot be written: {why}",
        hint="the reports are there; add the run later with `sitedrill report DIR --history ...`",
    )
