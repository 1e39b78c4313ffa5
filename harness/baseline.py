"""The baseline: a world with a past, built once through the site's own pipeline and cloned per drill.

    baselines = Baselines(directory, ...)
    with baselines.get("staging").clone(...) as world:
        ...                                     # v1.0.0 and then v1.1.0 were deployed to staging

Several processes may ask for the same baseline; the first builds it, the others wait for it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness.checks.release import ExpectedRelease
from harness.clock import Clock
from harness.cloud.clouds import Cloud
from harness.cloud.emulator import Emulator
from harness.cloud.kept import KeptEmulator
from harness.cloud.operations import OperationIndex
from harness.content import Content
from harness.errors import ConfigError
from harness.github.actors import Actor, Cast
from harness.github.history import Release, open_history
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.journal import Journal
from harness.outside import Outside
from harness.past import deploy_past
from harness.runner.job import Runner
from harness.settings import FILE_NAME, SiteSettings
from harness.world import World

#: The past does not depend on the drill: every drill with this site begins with the same releases.
PAST_SEED = 7


@dataclass(frozen=True)
class Baseline:
    """What there is to clone. `states` holds the infrastructure, as captured, by release tag."""

    environment: str
    directory: Path
    endpoint: str
    releases: tuple[Release, ...]
    author: Actor
    states: Mapping[str, Mapping[str, Any]]

    @property
    def origin(self) -> Origin:
        """The repository with its past; never changed, only copied."""
        return Origin(self.directory / "origin.git")

    @property
    def live(self) -> Release:
        """The release that is live at the beginning of a drill."""
        return self.releases[-1]

    @property
    def earlier(self) -> Release:
        """The release that was live before it; itself, where there was none."""
        return self.releases[-2] if len(self.releases) > 1 else self.live


class Baselines:
    """The baselines of one session, kept in a folder of its own.

    One for each environment with both releases, and one in which the first was never followed.
    """

    def __init__(
        self,
        directory: Path,
        *,
        owner_pid: int,
        site: Path,
        settings: SiteSettings,
        cloud: Cloud,
        runner: Runner,
        clock: Clock,
        keep: Path,
        outside: Outside,
    ) -> None:
        """Nothing is built before `get`.

        Args:
            directory: shared by all processes of the session.
            owner_pid: the process with which the emulators end.
            site: the site's folder.
            settings: the site's.
            cloud: which emulated AWS.
            runner: executes the deployments.
            clock: whose time counts.
            keep: where the journal of a baseline that failed is left, to be read.
            outside: what answers for the world outside.
        """
        self.directory = directory
        self._keep = keep
        self.outside = outside
        self.site = site
        self.settings = settings
        self.cloud = cloud
        self.runner = runner
        self.clock = clock
        self._owner_pid = owner_pid
        self._content = Content(
            directory / "content", settings=settings, runner=runner, clock=clock, keep=keep
        )
        self._known: dict[Path, Baseline] = {}
        self._started: list[Emulator] = []
        # Reading botocore's models takes a tenth of a second: once for all worlds.
        self.index = OperationIndex()

    def get(self, environment: str, *, first: bool = False) -> Baseline:
        """The baseline of this environment, built when it is not there yet.

        Args:
            environment: one of the site's.
            first: only the first release was ever tagged and deployed.

        Raises:
            SitedrillError: the site's own pipeline does not deploy its releases.
        """
        place = self.directory / (f"{environment}.first" if first else environment)
        if place in self._known:
            return self._known[place]
        self.directory.mkdir(parents=True, exist_ok=True)
        if environment not in self.settings.environments:
            raise ConfigError(
                file=FILE_NAME,
                key="environments",
                value=environment,
                expected="one of " + ", ".join(self.settings.environments),
            )
        facts = place / "baseline.json"
        with FileLock(self.directory / f"{place.name}.lock"):
            if not facts.exists():
                shutil.rmtree(place, ignore_errors=True)
                self._build(environment, place, first=first)
            baseline = _read(environment, place)
        self._known[place] = baseline
        return baseline

    def clone(
        self,
        baseline: Baseline,
        *,
        directory: Path,
        journal: Journal,
        new_id: Callable[[], int],
        run_timeout: float = 300,
    ) -> World:
        """A world of one's own that begins as the baseline ends; not entered yet."""
        directory.mkdir(parents=True, exist_ok=True)
        self.copy_github(baseline, directory / "github")
        template = self.cloud.attach(baseline.endpoint)
        return World(
            directory=directory,
            settings=self.settings,
            emulator=template.clone(os.getpid()),
            origin=baseline.origin.copy_to(directory / "origin.git"),
            issuer=Issuer.load(baseline.directory / "issuer.pem"),
            runner=self.runner,
            journal=journal,
            clock=self.clock,
            new_id=new_id,
            index=self.index,
            outside=self.outside,
            run_timeout=run_timeout,
        )

    @staticmethod
    def copy_github(baseline: Baseline, target: Path) -> None:
        """What GitHub knows of the past: its runs, their logs, its deployments."""
        shutil.copytree(baseline.directory / "github", target)

    def expected(self, origin: Origin, name: str, commit: str) -> ExpectedRelease:
        """What viewers should get of a commit.

        Raises:
            SitedrillError: the commit cannot be built.
        """
        return self._content.expected(origin, name, commit)

    def close(self) -> None:
        """Stop the emulators that this process started, and remove the folder; for the owner.

        What other processes of the session started carries the session's token.
        """
        for emulator in self._started:
            emulator.stop()
        self._started.clear()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _build(self, environment: str, place: Path, *, first: bool) -> None:
        cast = Cast(PAST_SEED)
        author = cast.actor()
        origin, history = open_history(
            self.site, place / "origin.git", settings=self.settings, cast=cast, author=author
        )
        releases: tuple[Release, ...] = history
        if first:
            # What came after it is on the branch, and nobody has released it.
            origin.forget_tag(releases[-1].tag)
            releases = releases[:1]
        issuer = Issuer.generate()
        issuer.save(place / "issuer.pem")
        emulator = self.cloud.start(owner_pid=self._owner_pid, directory=place / "cloud")
        self._started.append(emulator)
        try:
            with Journal(place / "journal.jsonl", clock=self.clock) as journal:
                world = World(
                    directory=place / "world",
                    settings=self.settings,
                    emulator=KeptEmulator(emulator),
                    origin=origin,
                    issuer=issuer,
                    runner=self.runner,
                    journal=journal,
                    clock=self.clock,
                    new_id=cast.run_id,
                    index=self.index,
                    outside=self.outside,
                )
                world.community.introduce(author.handle)
                with world:
                    states = deploy_past(world, releases, environment, author, keep=self._keep)
            (place / "world" / "github").rename(place / "github")
            shutil.rmtree(place / "world", ignore_errors=True)
        except BaseException:
            emulator.stop()
            raise
        facts = {
            "endpoint": emulator.endpoint,
            "author": author.handle,
            "releases": [[release.tag, release.commit] for release in releases],
            "states": states,
        }
        scratch = place / "baseline.json.new"
        scratch.write_text(json.dumps(facts, default=str))
        scratch.rename(place / "baseline.json")


def _read(environment: str, place: Path) -> Baseline:
    facts = json.loads((place / "baseline.json").read_text())
    return Baseline(
        environment=environment,
        directory=place,
        endpoint=facts["endpoint"],
        releases=tuple(Release(tag, commit) for tag, commit in facts["releases"]),
        author=Actor(facts["author"]),
        states=facts["states"],
    )
