"""What runs leave with GitHub to be kept: artifacts and caches, for as long as the world is there."""

from __future__ import annotations

import hashlib
import io
import itertools
import secrets
import threading
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.clock import Clock

#: Artifacts and caches are numbered from here.
FIRST_ID = 1001


@dataclass(frozen=True)
class Artifact:
    """A named zip archive of one run; `created` in ISO 8601."""

    id: int
    run: str
    name: str
    archive: bytes = field(repr=False)
    created: str

    @property
    def digest(self) -> str:
        """The archive's, as GitHub says it."""
        return f"sha256:{hashlib.sha256(self.archive).hexdigest()}"


@dataclass
class Upload:
    """Something on its way here, whole or in blocks."""

    content: bytes = b""
    blocks: dict[str, bytes] = field(default_factory=dict)


class Kept:
    """All artifacts and caches of a repository; safe to use from several threads."""

    def __init__(
        self, clock: Clock, *, new_key: Callable[[], str] = lambda: secrets.token_urlsafe(24)
    ) -> None:
        """Nothing is kept yet; `new_key` makes up what cannot be guessed."""
        self._clock = clock
        self._new_key = new_key
        self._ids = itertools.count(FIRST_ID)
        self._lock = threading.Lock()
        self._artifacts: dict[tuple[str, str], Artifact] = {}
        self._caches: dict[tuple[str, str], bytes] = {}
        #: What can be put or got by whoever knows the key.
        self.uploads: dict[str, Upload] = {}
        #: Uploads that somebody has announced, by what they are of.
        self.expected: dict[tuple[str, ...], Upload] = {}

    def artifacts(self, run: str | None = None) -> list[Artifact]:
        """Those of a run, or all, the newest first."""
        with self._lock:
            found = [one for one in self._artifacts.values() if run in {None, one.run}]
        return sorted(found, key=lambda one: -one.id)

    def artifact(self, run: str, name: str) -> Artifact | None:
        """The artifact of this name."""
        return self._artifacts.get((run, name))

    def keep_artifact(self, run: str, name: str, archive: bytes) -> Artifact:
        """Keep an archive; into one that is there already its files are added."""
        with self._lock:
            self.expected.pop(("artifact", run, name), None)
            before = self._artifacts.pop((run, name), None)
            whole = _merged(before.archive, archive) if before else archive
            number = before.id if before else next(self._ids)
            artifact = Artifact(number, run, name, whole, self._now())
            self._artifacts[run, name] = artifact
            return artifact

    def delete_artifact(self, run: str, name: str) -> None:
        """Keep it no longer."""
        with self._lock:
            self._artifacts.pop((run, name), None)

    def cache(self, key: str, version: str) -> bytes | None:
        """The cache of this very key."""
        return self._caches.get((key, version))

    def keep_cache(self, key: str, version: str, content: bytes) -> int:
        """Keep a cache; the first under a key stays."""
        with self._lock:
            self.expected.pop(("cache", key, version), None)
            self._caches.setdefault((key, version), content)
            return next(self._ids)

    def find_cache(
        self, key: str, restore_keys: Iterable[str], version: str
    ) -> tuple[str, bytes] | None:
        """The key that matches, and what is kept under it.

        The key itself, else the newest that begins with it, else the newest that begins with one of the
        restore-keys, in their order.
        https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching#cache-key-matching
        """
        with self._lock:
            if (key, version) in self._caches:
                return key, self._caches[key, version]
            for prefix in (key, *restore_keys):
                for (known, of), content in reversed(self._caches.items()):
                    if of == version and known.startswith(prefix):
                        return known, content
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

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")


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
