"""What the drills of one session share: the baselines, the incidents, the runner, a folder.

A session belongs to one process, its owner; workers join it by its folder.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from harness.baseline import Baselines
from harness.camera import choose_camera
from harness.clock import Clock
from harness.cloud.clouds import Ground, choose_cloud
from harness.community import membership_of
from harness.drill import Drill, Plan
from harness.egress.downloads import Downloads
from harness.egress.proxy import Proxy
from harness.errors import ConfigError, ToolMissingError
from harness.fitting import site_incidents
from harness.github import codeowners
from harness.github.git import git
from harness.github.source import commit_of, has_commits, is_repository, uncommitted
from harness.incidents import Catalogue
from harness.journal import Journal
from harness.outside import Outside
from harness.processes import end_marked
from harness.resources import reference_site
from harness.runner.act import HostRunner
from harness.runner.choice import AUTO, choose_runner, engine_runner, sweep_engine
from harness.runner.job import Runner
from harness.runner.real_actions import RealActions
from harness.runner.terraform import find_terraform
from harness.runner.tools import cache_directory, ensure_act, find_tools
from harness.runner.walls import choose_wall
from harness.settings import SiteSettings, load_settings

#: What a workflow's actions are: ours and the site's stand-ins, or the real ones where reachable.
ACTIONS = ("doubles", "real")
#: A file in the folder of a session that uses a Docker engine.
_ENGINE = "engine"
#: Seconds that processes left behind get to end by themselves.
GRACE = 2.0


@dataclass(frozen=True)
class Options:
    """What a person chooses: the site (None: the reference site), the cloud, the runner, the seed.

    `settings` is the site's settings file, when it is not in the site itself. `actions` says whether the
    workflows' actions are doubles or the real ones.

    `endpoint` is of a LocalStack that runs already, "" for one of our own; `workers` is how many
    drills run at once.

    `sandbox` False lets host runs be ordinary processes of the person's.

    `screenshots` is `on`, `off`, or `auto`: where a browser is found, but not in CI.

    `run_timeout` is in seconds, for one workflow run; `out` is where journals and reports go.
    """

    site: Path | None = None
    settings: Path | None = None
    cloud: str = "moto"
    endpoint: str = ""
    workers: int = 1
    runner: str = AUTO
    sandbox: bool = True
    actions: str = "doubles"
    out: Path = Path("build/drills")
    seed: int = 1
    run_timeout: float = 300
    screenshots: str = "off"


class Session:
    """Makes drills. `open` it once; other processes `join` it by its folder."""

    def __init__(
        self,
        options: Options,
        *,
        directory: Path,
        owner_pid: int,
        clock: Clock,
        say: Callable[[str], None],
        token: str = "",
    ) -> None:
        """Check the options; nothing runs yet.

        Args:
            options: what was chosen.
            directory: the session's own, shared by its processes.
            owner_pid: the process with which everything ends.
            clock: whose time counts.
            say: told what is going on when something takes longer.
            token: marks the emulators, where they are to outlive the session.

        Raises:
            ConfigError: an option or a file is wrong.
        """
        if options.actions not in ACTIONS:
            raise ConfigError(
                file="options",
                key="--actions",
                value=options.actions,
                expected="one of " + ", ".join(ACTIONS),
            )
        ground = Ground(
            clock=clock,
            token=token or f"{directory.name}.",
            cache=cache_directory(),
            endpoint=options.endpoint,
        )
        self._camera = choose_camera(options.screenshots, environ=os.environ)
        cloud = choose_cloud(options.cloud, ground)
        if cloud.shared and options.workers > 1:
            raise ConfigError(
                file="options",
                key="-n",
                value=options.workers,
                expected="1 with --endpoint: drills take turns on an AWS that they share",
            )
        cloud.ensure(say)
        runner = choose_runner(options.runner, cache_directory(), say=say)
        #: As they were given, with the runner that `auto` stands for.
        self.options = replace(options, runner=runner)
        self.directory = directory
        self._clock = clock
        site = (options.site or reference_site()).resolve()
        settings = load_settings(site, options.settings)
        self._proxy = Proxy(
            directory / "egress",
            cache=cache_directory(),
            session=directory.name,
            owner_pid=owner_pid,
            clock=clock,
            say=say,
        )
        self.catalogue: Catalogue = site_incidents(site, settings)
        #: What people should know of the site before it is drilled.
        self.notes = (*notes_on(site), *notes_on_owners(site, settings))
        self._site = {"repository": settings.site.repository, "commit": commit_of(site)}
        self.baselines = Baselines(
            directory / "baselines",
            owner_pid=owner_pid,
            site=site,
            settings=settings,
            cloud=cloud,
            runner=make_runner(self.options, directory, site, clock, say),
            clock=clock,
            keep=options.out,
            outside=Outside(
                self._proxy,
                actions={key: site / path for key, path in settings.doubles.actions.items()},
                downloads=Downloads(
                    {key: site / path for key, path in settings.doubles.downloads.items()}
                ),
                real_actions=RealActions(cache_directory() / "actions")
                if options.actions == "real"
                else None,
            ),
        )

    def drill(self, drill: str, *, feature: str, scenario: str, journal: Journal) -> Drill:
        """A drill of this session, to be used in a `with`.

        Its seed depends on the session's and on its id alone: the same wherever and whenever.
        """
        plan = Plan(
            id=drill,
            feature=feature,
            scenario=scenario,
            seed=zlib.crc32(f"{self.options.seed}:{drill}".encode()),
            runner=self.options.runner,
            cloud=self.options.cloud,
            versions=self.versions(),
            site=self._site,
        )
        return Drill(
            plan,
            baselines=self.baselines,
            catalogue=self.catalogue,
            journal=journal,
            directory=Path(tempfile.mkdtemp(prefix="drill-", dir=self.directory)),
            clock=self._clock,
            run_timeout=self.options.run_timeout,
            camera=self._camera,
        )

    def versions(self) -> dict[str, str]:
        """Of everything that decides how a drill goes."""
        return {
            "sitedrill": version("sitedrill"),
            "python": platform.python_version(),
            **self.baselines.runner.versions(),
            **self.baselines.cloud.versions(),
        }

    def journal(self, drill: str) -> Journal:
        """The journal of a drill, begun anew.

        Raises:
            ConfigError: another drill of this run has the same id.
        """
        path = self.options.out / "journals" / f"{drill}.jsonl"
        if path.exists():
            raise ConfigError(
                file="features",
                key="drill",
                value=drill,
                expected="ids of which no two are the same",
                hint="rename the scenario, or give its examples a column that tells them apart",
            )
        return Journal(path, clock=self._clock)

    def close(self) -> None:
        """End everything that is left and remove the folder; for the owner."""
        self.leave()
        self.baselines.close()
        self._proxy.close()
        close_session(self.directory, self._clock)

    def leave(self) -> None:
        """End what this process alone has; for those who joined."""
        if self._camera is not None:
            self._camera.close()


def close_session(directory: Path, clock: Clock) -> None:
    """End what carries the session's token and remove its folder, whatever state it is in."""
    end_marked(f"{directory.name}.", grace=GRACE, clock=clock, under=directory)
    if (directory / _ENGINE).exists():
        sweep_engine(directory.name)
    shutil.rmtree(directory, ignore_errors=True)


def notes_on(site: Path) -> tuple[str, ...]:
    """What of a site is not drilled: of a repository, all that is not committed."""
    if not (is_repository(site) and has_commits(site)):
        return ()
    changed = uncommitted(site)
    if not changed:
        return ()
    head = git(site, "-c", "safe.directory=*", "rev-parse", "--short", "HEAD")
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return (
        f"{changed[0]}{more} differ from what is committed; drilled is what is committed: {head}",
    )


def notes_on_owners(site: Path, settings: SiteSettings) -> tuple[str, ...]:
    """What GitHub would complain of in the site's CODEOWNERS: such a line owns nothing."""

    def read(path: str) -> str | None:
        file = site / path
        return (
            file.read_text(encoding="utf-8", errors="surrogateescape") if file.is_file() else None
        )

    found = codeowners.find(read)
    if found is None:
        return ()
    if found.too_large:
        return (f"{found.path}: larger than 3 MB, so GitHub does not read it",)
    return tuple(
        f"{one.path}:{one.line}:{one.column}: {one.kind.lower()}: {one.source.strip()}"
        + (f" ({one.suggestion})" if one.suggestion else "")
        for one in found.problems(membership_of(settings))
    )


def new_directory() -> Path:
    """A folder for a session.

    Raises:
        ConfigError: the temporary folder's name holds white space, which act cannot deal with.
    """
    directory = Path(tempfile.mkdtemp(prefix="sitedrill-"))
    if any(letter.isspace() for letter in str(directory)):
        directory.rmdir()
        raise ConfigError(
            file="environment",
            key="TMPDIR",
            value=str(directory.parent),
            expected="a folder without white space in its name (act cannot run there)",
        )
    return directory


def make_runner(
    options: Options, directory: Path, site: Path, clock: Clock, say: Callable[[str], None]
) -> Runner:
    """The chosen runner for the session in `directory`, with what this site's runs need.

    Raises:
        ToolMissingError: a tool is not there, or the sandbox; says which, and how to get it.
    """
    name, session = options.runner, directory.name
    act = ensure_act(cache_directory(), say=say)
    found = find_terraform(environ=os.environ, home=Path.home())
    terraform = found.serving(site, cache_directory())
    if name != HostRunner.name:
        (directory / _ENGINE).touch()
        return engine_runner(
            name,
            act,
            cache_directory(),
            session=session,
            clock=clock,
            say=say,
            terraform=terraform,
        )
    tools = find_tools(cache_directory())
    for tool in tools:
        if not tool.ready:
            raise ToolMissingError(
                f"{tool.name}: {tool.problem or 'not found'}", hint=tool.how_to_get
            )
    foreign = options.settings is not None or site != reference_site().resolve()
    wall = choose_wall(
        sandbox=options.sandbox,
        foreign=site if foreign else None,
        programs=[act, *(tool.path for tool in tools if tool.path is not None)],
        readable=terraform.readable,
        clock=clock,
        say=say,
    )
    return HostRunner(
        act=act,
        tools=tools[1:],
        wall=wall,
        clock=clock,
        session=session,
        terraform=terraform,
    )
