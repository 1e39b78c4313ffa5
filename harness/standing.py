"""A world that stands in a folder: begun once, and gone on with by whoever comes later.

    DIR/world.json        what it is, where its emulated AWS answers, which ports it had
    DIR/origin.git        the site's repository
    DIR/issuer.pem        the key that identity tokens are signed with
    DIR/github/           runs, jobs, reviews, deployments, logs, artifacts
    DIR/journal.jsonl     everything that happened

What is written down survives the process, whenever it is killed. The emulated AWS is a process of its
own, which waits for somebody to come back for `GRACE` seconds.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from harness.baseline import Baseline, Baselines
from harness.clock import Clock
from harness.cloud.emulator import Emulator
from harness.cloud.kept import KeptEmulator
from harness.errors import EmulatorError, SitedrillError
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.journal import Journal
from harness.processes import end_marked
from harness.world import World

FILE, LOCK = "world.json", "world.lock"
#: Seconds that the emulated AWS waits for somebody to come back.
GRACE = 3600.0
#: What the file says; another number is another program's.
EDITION = 1


@dataclass(frozen=True)
class Standing:
    """What is written down of a world that stands in a folder.

    Attributes:
        environment: which has the site live.
        release: that was live in the beginning.
        site: the site's folder.
        cloud: which emulated AWS.
        endpoint: where it answers.
        token: marks its process.
        ports: those that the world had.
    """

    environment: str
    release: str
    site: str
    cloud: str
    endpoint: str
    token: str
    ports: Mapping[str, int]
    edition: int = EDITION

    def write(self, directory: Path) -> None:
        """Write it down, whole or not at all."""
        scratch = directory / f"{FILE}.new"
        scratch.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        scratch.replace(directory / FILE)


def read_standing(directory: Path) -> Standing | None:
    """What stands in a folder; None where nothing does.

    Raises:
        SitedrillError: the file cannot be read.
    """
    path = directory / FILE
    if not path.exists():
        return None
    try:
        found = Standing(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise SitedrillError(
            f"{path}: cannot be read: {error}", hint="remove the folder, and begin anew"
        ) from error
    if found.edition != EDITION:
        raise SitedrillError(f"{path}: edition is {found.edition!r}, expected {EDITION}")
    return found


def new_token() -> str:
    """Marks the processes of one standing world."""
    return f"standing-{secrets.token_hex(6)}."


@dataclass(frozen=True)
class Place:
    """A folder in which one world stands; held by one process at a time.

    `grace`: seconds that its emulated AWS waits for somebody to come back.
    """

    directory: Path
    clock: Clock
    grace: float = GRACE

    def hold(self) -> FileLock:
        """Keep everybody else away, as long as this process holds it.

        Raises:
            SitedrillError: somebody else does already.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.directory / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise SitedrillError(
                f"{self.directory}: another `sitedrill up` has this world",
                hint="end that one first, or name another folder",
            ) from None
        return lock

    def begin(self, baselines: Baselines, baseline: Baseline, token: str) -> Standing:
        """Put a world here that begins as the baseline ends."""
        for name in ("origin.git", "github", "jobs"):
            shutil.rmtree(self.directory / name, ignore_errors=True)
        (self.directory / "journal.jsonl").unlink(missing_ok=True)
        baseline.origin.copy_to(self.directory / "origin.git")
        shutil.copy(baseline.directory / "issuer.pem", self.directory / "issuer.pem")
        baselines.copy_github(baseline, self.directory / "github")
        template = baselines.cloud.attach(baseline.endpoint)
        emulator = template.clone(os.getpid(), grace=self.grace)
        standing = Standing(
            environment=baseline.environment,
            release=baseline.live.tag,
            site=str(baselines.site),
            cloud=baselines.cloud.name,
            endpoint=emulator.endpoint,
            token=token,
            ports={},
        )
        standing.write(self.directory)
        return standing

    def open(self, baselines: Baselines, standing: Standing, journal: Journal) -> World:
        """The world that stands here; not entered yet.

        Raises:
            SitedrillError: it is of another site or cloud, or its emulated AWS is gone.
        """
        for what, asked, there in (
            ("site", str(baselines.site), standing.site),
            ("cloud", baselines.cloud.name, standing.cloud),
        ):
            if asked != there:
                raise SitedrillError(
                    f"{self.directory}: the world there has {what} {there}, not {asked}",
                    hint="name another folder",
                )
        shutil.rmtree(self.directory / "jobs", ignore_errors=True)
        return World(
            directory=self.directory,
            settings=baselines.settings,
            emulator=KeptEmulator(self._emulator(baselines, standing)),
            origin=Origin(self.directory / "origin.git"),
            issuer=Issuer.load(self.directory / "issuer.pem"),
            runner=baselines.runner,
            journal=journal,
            clock=self.clock,
            new_id=None,
            index=baselines.index,
            outside=baselines.outside,
            ports=standing.ports,
        )

    def end(self, standing: Standing) -> None:
        """End the emulated AWS; what is written down stays."""
        end_marked(standing.token, grace=2, clock=self.clock)

    def _emulator(self, baselines: Baselines, standing: Standing) -> Emulator:
        try:
            emulator = baselines.cloud.attach(standing.endpoint)
            emulator.adopt(os.getpid())
        except EmulatorError as error:
            raise SitedrillError(
                f"{self.directory}: the emulated AWS of this world is gone: it waits "
                f"{GRACE / 60:.0f} minutes for somebody to come back",
                hint="what GitHub knew is still there to be read; --fresh begins anew in its place",
            ) from error
        return emulator
