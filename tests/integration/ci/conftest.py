"""A team's repository with the example workflows in it, and the parts of GitHub that they meet."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import httpx
import pytest
from team import FEATURE, ROOT, Ran, SetUp

from harness.clock import SystemClock
from harness.crew import Surroundings, WorldCrew
from harness.egress.proxy import Proxy
from harness.egress.way_out import WayOut
from harness.github.actors import Actor
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.github.requests import request
from harness.github.runs import Run
from harness.journal import Journal, read_journal
from harness.outside import Outside
from harness.resources import reference_site
from harness.runner.act import HostRunner
from harness.runner.brake import Brake
from harness.runner.job import Job, Listener, Outcome
from harness.runner.linters import ensure_actionlint, ensure_zizmor
from harness.runner.tools import Tool, cache_directory, ensure_act, find_tools
from harness.runner.wall import OpenWall
from harness.serving import Serving

REPOSITORY = "harbourlight/website"
SOMEBODY = Actor("on-call")
ACTION = "OWNER/sitedrill"
#: Seconds within which a workflow of the examples is over.
WITHIN = 500.0


class TeamsMachine:
    """A machine of GitHub's: nothing on it knows of an AWS or of a proxy, and sitedrill is installed."""

    name = "host"

    def __init__(self, runner: HostRunner) -> None:
        self._runner = runner

    def versions(self) -> Mapping[str, str]:
        return self._runner.versions()

    def execute(
        self,
        job: Job,
        journal: Journal,
        *,
        listener: Listener | None = None,
        brake: Brake | None = None,
    ) -> Outcome:
        environment = {
            name: value
            for name, value in job.environment.items()
            if name.startswith(("ACTIONS_", "GITHUB_", "SHA_"))
        }
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        known = replace(job, environment=environment)
        return self._runner.execute(known, journal, listener=listener, brake=brake)


class NoWayOut:
    """In place of a world's: what the examples run asks nothing of the world outside."""

    def environment(self, run: str, directory: Path) -> tuple[dict[str, str], str]:
        return {}, ""

    def dismiss(self, run: str) -> None:
        pass


@dataclass
class Repository:
    """The variables that the team has set; it has no secrets."""

    set_to: dict[str, str] = field(default_factory=dict)

    def variables(self, environment: str) -> Mapping[str, str]:
        return self.set_to

    def secrets(self, environment: str) -> Mapping[str, str]:
        return {}


@dataclass
class Team:
    """Has the workflows of its repository run, one after the other, by GitHub's side."""

    origin: Origin
    control: ControlPlane
    api: GitHubApi
    url: str
    repository: Repository
    journal: Path
    clock: SystemClock
    main: str = ""

    def commit(self, change: SetUp, branch: str = "main") -> str:
        return self.origin.commit(
            change, message="A change", author=SOMEBODY, when=self.clock.now(), branch=branch
        )

    def dispatch(self, workflow: str, inputs: Mapping[str, str]) -> Ran:
        """Somebody starts a workflow of the main branch."""
        return self._ran(
            self.control.dispatch(workflow, ref="main", inputs=inputs, actor=SOMEBODY.handle)
        )

    def pull_request(self, workflow: str, number: int, head: str) -> Ran:
        """Somebody pushes to a pull request; its workflow is the one at its head."""
        pull = {
            "number": number,
            "base": {"sha": self.main, "ref": "main"},
            "head": {"sha": head},
        }
        asked = request(
            self.control,
            self.control.library.at(f".github/workflows/{workflow}", head),
            event_name="pull_request",
            event={"action": "synchronize", "number": number, "pull_request": pull},
            ref=f"refs/pull/{number}/merge",
            sha=head,
            actor=SOMEBODY.handle,
        )
        return self._ran(self.control.begin(asked))

    def _ran(self, begun: Run) -> Ran:
        run = self.control.wait(begun, within=WITHIN)
        records = [
            record for record in read_journal(self.journal) if record.data.get("run") == run.key
        ]
        return Ran(run, records, self._artifacts(run.key))

    def _artifacts(self, run: str) -> dict[str, bytes]:
        """What the run left with GitHub, by the REST API."""
        headers = {"authorization": f"Bearer {self.api.token_of(SOMEBODY.handle)}"}
        base = f"{self.url}/repos/{REPOSITORY}/actions"
        with httpx.Client(headers=headers, trust_env=False) as client:
            listed = client.get(f"{base}/runs/{run}/artifacts").raise_for_status().json()
            return {
                artifact["name"]: client.get(
                    f"{base}/artifacts/{artifact['id']}/zip", follow_redirects=True
                )
                .raise_for_status()
                .content
                for artifact in listed["artifacts"]
            }


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    directory = tmp_path_factory.mktemp("team")
    clock = SystemClock()
    session = f"test-{directory.name}-{os.getpid()}"
    origin = Origin.create(directory / "origin.git")
    repository = Repository()
    file = directory / "journal.jsonl"
    with Serving() as serving, Journal(file, clock=clock) as journal:
        control = ControlPlane(
            origin,
            directory / "github",
            repository=REPOSITORY,
            journal=journal,
            clock=clock,
            vault=repository,
            # Two jobs at once, as CI has two processors.
            runners=2,
        )
        api = GitHubApi(control, Issuer.generate(), clock=clock)
        url = f"http://127.0.0.1:{serving.serve(api.app)}"
        team = Team(origin, control, api, url, repository, file, clock)
        crew = WorldCrew(
            _machine(clock, session),
            directory=directory / "jobs",
            origin=origin,
            api=api,
            outside=Outside(
                _proxy(directory, session, clock), actions={ACTION: _action(directory)}
            ),
            way_out=cast("WayOut", NoWayOut()),
            surroundings=Surroundings("", url, ()),
            journal=journal,
            run_timeout=WITHIN,
        )
        with control.staffed(crew):
            # Committed, not pushed: the site's own workflows have no part in this.
            team.main = team.commit(_website)
            yield team
        control.close()


def _machine(clock: SystemClock, session: str) -> TeamsMachine:
    cache = cache_directory()
    tools = find_tools(cache)[1:]
    # A team's machine would fetch them once; this one has no way to.
    linters = (
        Tool("actionlint", ensure_actionlint(cache, say=print), "", ""),
        Tool("zizmor", ensure_zizmor(cache, say=print), "", ""),
    )
    sitedrill = Path(sys.executable).with_name("sitedrill")
    act = ensure_act(cache, say=print)
    return TeamsMachine(
        HostRunner(
            act=act,
            tools=(
                *tools,
                *linters,
                Tool("sitedrill", sitedrill, "", ""),
                Tool("act", act, "", ""),
            ),
            wall=OpenWall(clock),
            clock=clock,
            session=session,
        )
    )


def _action(directory: Path) -> Path:
    """What `uses: OWNER/sitedrill@v1` finds."""
    folder = directory / "action"
    folder.mkdir()
    shutil.copy(ROOT / "action.yml", folder)
    return folder


def _proxy(directory: Path, session: str, clock: SystemClock) -> Proxy:
    """Is never started: nobody has a way to it."""
    return Proxy(
        directory,
        cache=cache_directory(),
        session=session,
        owner_pid=os.getpid(),
        clock=clock,
        say=print,
    )


def _website(tree: Path) -> None:
    """The reference site, the example workflows as they stand, and two drills of the team's own."""
    shutil.copytree(reference_site(), tree, dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples" / ".github", tree / ".github", dirs_exist_ok=True)
    (tree / "drill" / "features").mkdir(parents=True)
    (tree / "drill" / "features" / "content.feature").write_text(FEATURE)
    settings = tree / "sitedrill.toml"
    text, number = re.subn(
        r"^\[features\]$", '[features]\nfolder = "drill/features"', settings.read_text(), flags=re.M
    )
    assert number == 1
    settings.write_text(text)
