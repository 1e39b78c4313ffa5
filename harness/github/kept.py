"""What runs leave with GitHub to be kept: artifacts and caches.

artifacts/ID.zip    one artifact
caches/ID           one cache

What they are is written down in the archive; what is still on its way is in memory, and lost with the
process, as the job is that sends it.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harness.clock import Clock
from harness.github.archive import Archive, Artifact, Cache

#: Artifacts and caches are numbered from here.
FIRST_ID = 1001


@dataclass
class Upload:
    """Something on its way here, whole or in blocks."""

    content: bytes = b""
    blocks: dict[str, bytes] = field(default_factory=dict)


class Kept:
    """All artifacts and caches of a repository; safe to use from several threads."""

    def __init__(
        self,
        archive: Archive,
        clock: Clock,
        *,
        told: Callable[[Artifact, bytes], None] = lambda *_: None,
        new_key: Callable[[], str] = lambda: secrets.token_urlsafe(24),
    ) -> None:
        """Go on with what the archive has.

        Args:
            archive: where it is written down.
            clock: whose time counts.
            told: is told of each artifact that is kept, with its archive.
            new_key: makes up what cannot be guessed.
        """
        self._archive = archive
        self._told = told
        self._clock = clock
        self._new_key = new_key
        #: What can be put or got by whoever knows the key.
        self.uploads: dict[str, Upload] = {}
        #: Uploads that somebody has announced, by what they are of.
        self.expected: dict[tuple[str, ...], Upload] = {}

    def artifacts(self, run: str | None = None) -> list[Artifact]:
        """Those of a run, or all, the newest first."""
        table = self._archive.artifacts
        found = table.find() if run is None else table.find(run=run)
        return sorted(found, key=lambda one: -one.id)

    def artifact(self, run: str, name: str) -> Artifact | None:
        """The artifact of this name."""
        found = self._archive.artifacts.find(run=run, name=name)
        return found[0] if found else None

    def numbered(self, number: int) -> Artifact | None:
        """The artifact of this id."""
        return self._archive.artifacts.get(number)

    def content(self, artifact: Artifact) -> bytes:
        """An artifact's archive."""
        return self._file(artifact).read_bytes()

    def keep_artifact(self, run: str, name: str, archive: bytes) -> Artifact:
        """Keep an archive; into one that is there already its files are added."""
        with self._archive.store.change():
            self.expected.pop(("artifact", run, name), None)
            before = self.artifact(run, name)
            whole = _merged(self.content(before), archive) if before else archive
            artifact = Artifact(
                id=before.id if before else self._next(),
                run=run,
                name=name,
                size=len(whole),
                digest=f"sha256:{hashlib.sha256(whole).hexdigest()}",
                created=self._now(),
            )
            _write(self._file(artifact), whole)
            self._told(artifact, whole)
            return self._archive.artifacts.put(artifact)

    def delete_artifact(self, run: str, name: str) -> None:
        """Keep it no longer."""
        with self._archive.store.change():
            artifact = self.artifact(run, name)
            if artifact is not None:
                self._archive.artifacts.remove(artifact.id)
                self._file(artifact).unlink(missing_ok=True)

    def cache(self, key: str, version: str) -> Cache | None:
        """The cache of this very key."""
        found = self._archive.caches.find(key=key, version=version)
        return found[0] if found else None

    def keep_cache(self, key: str, version: str, content: bytes) -> int:
        """Keep a cache; the first under a key stays."""
        with self._archive.store.change():
            self.expected.pop(("cache", key, version), None)
            there = self.cache(key, version)
            if there is not None:
                return there.id
            cache = Cache(id=self._next(), key=key, version=version, created=self._now())
            _write(self._of_cache(cache), content)
            return self._archive.caches.put(cache).id

    def find_cache(
        self, key: str, restore_keys: Iterable[str], version: str
    ) -> tuple[str, bytes] | None:
        """The key that matches, and what is kept under it.

        The key itself, else the newest that begins with it, else the newest that begins with one of the
        restore-keys, in their order.
        https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching#cache-key-matching
        """
        whole = self.cache(key, version)
        if whole is not None:
            return key, self._of_cache(whole).read_bytes()
        there = self._archive.caches.find(newest_first=True, version=version)
        for prefix in (key, *restore_keys):
            for cache in there:
                if cache.key.startswith(prefix):
                    return cache.key, self._of_cache(cache).read_bytes()
        return None

    def expect(self, *which: str) -> str:
        """The key under which an upload is to be put."""
        upload = self.expected[which] = Upload()
        key = self._new_key()
        self.uploads[key] = upload
        return key

    def offer(self, content: bytes) -> str:
        """The key under which this can be got."""
        key = self._new_key()
        self.uploads[key] = Upload(content)
        return key

    def _next(self) -> int:
        return self._archive.store.next_number("kept", first=FIRST_ID)

    def _file(self, artifact: Artifact) -> Path:
        return self._archive.directory / "artifacts" / f"{artifact.id}.zip"

    def _of_cache(self, cache: Cache) -> Path:
        return self._archive.directory / "caches" / str(cache.id)

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")


def _write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.new")
    scratch.write_bytes(content)
    scratch.replace(path)


def _merged(first: bytes, second: bytes) -> bytes:
    """One archive of two; where both have a file, the second's stays."""
    whole = io.BytesIO()
    with (
        zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target,
        zipfile.ZipFile(io.BytesIO(first)) as old,
        zipfile.ZipFile(io.BytesIO(second)) as new,
    ):
        for name in old.namelist():
            if name not in new.namelist():
                target.writestr(name, old.read(name))
        for name in new.namelist():
            target.writestr(name, new.read(name))
    return whole.getvalue()
