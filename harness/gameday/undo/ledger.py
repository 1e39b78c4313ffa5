"""The undo journal on disk: lines that are there before anything goes on, and what they refer to.

    DIR/undo.jsonl       one JSON object a line, each with the sum of its own text
    DIR/blobs/SHA-256    configurations and objects, named by their content

`append` returns once the line is on the disk (fsync), `keep` once the blob is, and its folder. A last
line that a power cut tore is left out by readers, and taken off before the next one is written.
https://man7.org/linux/man-pages/man2/fsync.2.html
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import SitedrillError

FILE, BLOBS = "undo.jsonl", "blobs"


class Ledger:
    """One undo journal; one process writes at a time."""

    def __init__(self, directory: Path) -> None:
        """Make the folder when it is not there; nothing is written."""
        self.directory = directory
        self._blobs = directory / BLOBS
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._file = directory / FILE

    def append(self, kind: str, **data: Any) -> None:
        """Write one line, and return once it is on the disk.

        Raises:
            SitedrillError: the disk does not take it.
        """
        body = json.dumps({"kind": kind, **data}, sort_keys=True)
        line = f"{_sum(body.encode())} {body}\n".encode()
        try:
            whole = self._whole()
            with self._file.open("r+b" if self._file.exists() else "w+b") as file:
                file.truncate(whole)
                file.seek(whole)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if not whole:
                _sync_folder(self.directory)
                _sync_folder(self.directory.parent)
        except OSError as error:
            raise _no_room(self._file, error) from error

    def keep(self, content: bytes) -> str:
        """Keep content, and return its name once it is on the disk.

        Raises:
            SitedrillError: the disk does not take it.
        """
        name = hashlib.sha256(content).hexdigest()
        path = self._blobs / name
        if path.exists() and path.read_bytes() == content:
            return name
        scratch = self._blobs / f"{name}.new"
        try:
            with scratch.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
            _sync_folder(self._blobs)
        except OSError as error:
            raise _no_room(path, error) from error
        return name

    def blob(self, name: str) -> bytes:
        """What was kept under this name.

        Raises:
            SitedrillError: it is not there, or no longer what was kept.
        """
        path = self.blob_path(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SitedrillError(f"{path}: cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != name:
            raise SitedrillError(f"{path}: is damaged: it is not what was captured")
        return content

    def blob_path(self, name: str) -> Path:
        """Where it lies, for a person."""
        return self._blobs / name

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Every line, in order.

        Raises:
            SitedrillError: a line before the last is damaged.
        """
        content = self._content()
        lines = content.split(b"\n")
        torn = lines.pop()
        for number, line in enumerate(lines, start=1):
            found = _read(line)
            if found is None:
                if number == len(lines) and not torn:
                    return
                raise SitedrillError(f"{self._file}:{number}: is damaged")
            yield found

    def _whole(self) -> int:
        """How many bytes of the file are whole lines."""
        content = self._content()
        end = content.rfind(b"\n") + 1
        last = content[:end].rstrip(b"\n").rpartition(b"\n")[2]
        return end if not last or _read(last) is not None else end - len(last) - 1

    def _content(self) -> bytes:
        return self._file.read_bytes() if self._file.exists() else b""


def _sum(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _read(line: bytes) -> Mapping[str, Any] | None:
    told, _, body = line.partition(b" ")
    if told.decode(errors="replace") != _sum(body):
        return None
    found: Mapping[str, Any] = json.loads(body)
    return found


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _no_room(path: Path, error: OSError) -> SitedrillError:
    return SitedrillError(
        f"{path}: cannot be written: {error.strerror}",
        hint="nothing is changed without a journal on disk; choose another --out",
    )
