"""A world: everything that one drill happens in, and nothing outside it.

                dispatch                     AWS calls                  viewers
                   v                             v                        v
              github (origin, API) -> runner -> gateway -> emulator      edge
                                                   └── tells the edge of changes

    with World(...) as world:
        run = world.dispatcher.dispatch(
            "emergency.yml", ref="main", inputs={...}, actor=who, role="response"
        )
        ran = world.dispatcher.finished(run)

Worlds share nothing, so drills run side by side and in any order.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from harness.clock import Clock
from harness.cloud.calls import AwsCall
from harness.cloud.clients import Clients
from harness.cloud.emulator import Emulator
from harness.cloud.gateway import Gateway, Listener
from harness.cloud.operations import OperationIndex
from harness.cloud.trust import Trust
from harness.community import Community, rules_of
from harness.crew import Surroundings, WorldCrew
from harness.dispatcher import Dispatcher
from harness.edge import BUCKET_CHANGES, Edge, WebsiteBucket
from harness.egress.egress import Egress
from harness.egress.way_out import WayOut
from harness.errors import DrillError
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import ISSUER, Issuer
from harness.github.origin import Origin
from harness.github.runs import Job, Run
from harness.journal import Journal
from harness.outside import Outside
from harness.places import Environment, Values
from harness.runner.call import LABELS
from harness.runner.job import Runner
from harness.serving import Serving
from harness.settings import SiteSettings
from harness.shells import HOST, Shell, ensure_certificate

T = TypeVar("T")

#: What listens for people's shells.
SHELLS = "github.shells"


class World:
    """One emulated AWS, one edge, one GitHub; a context manager that leaves nothing behind."""

    def __init__(
        self,
        *,
        directory: Path,
        settings: SiteSettings,
        emulator: Emulator,
        origin: Origin,
        issuer: Issuer,
        runner: Runner,
        journal: Journal,
        clock: Clock,
        new_id: Callable[[], int] | None,
        index: OperationIndex,
        outside: Outside,
        run_timeout: float = 300,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        """Nothing runs before `__enter__`.

        Args:
            directory: the world's own; what GitHub keeps is in it, and jobs get their folders there.
            settings: the site's.
            emulator: the AWS behind the gateway; stopped with the world.
            origin: the site's repository, changed by what happens.
            issuer: signs identity tokens.
            runner: executes jobs.
            journal: told everything.
            clock: whose time counts.
            new_id: makes up run ids; they are counted, where nobody does.
            index: recognises AWS operations; may be shared with worlds that are not open now.
            outside: what answers for the world outside.
            run_timeout: seconds after which a job is ended.
            ports: those that the world would like to have, by what listens there.
        """
        self._wanted = dict(ports or {})
        self.directory = directory
        self.settings = settings
        self.origin = origin
        self.journal = journal
        self.clock = clock
        self._new_id = new_id
        self._emulator = emulator
        self._issuer = issuer
        self._index = index
        self._runner = runner
        self._outside = outside
        self._run_timeout = run_timeout
        self._clients: dict[str, Clients] = {}
        self._stack = ExitStack()
        self.endpoint = ""
        self.api_url = ""
        #: Who belongs to it; those whom the drill makes up are introduced.
        self.community = Community(settings, directory / "github")
        #: Where the world listens, by what does.
        self.listening: dict[str, int] = {}
        self.environments: dict[str, Environment] = {}
        self._values: Values | None = None
        self._dispatcher: Dispatcher | None = None
        self._control: ControlPlane | None = None
        self._api: GitHubApi | None = None
        self._shells = threading.Lock()
        self._serving: Serving
        self._gateway: Gateway

    def __enter__(self) -> World:
        """Open every server; what was opened is closed again when something goes wrong."""
        try:
            return self._open()
        except BaseException:
            self._stack.close()
            raise

    def __exit__(self, *_: object) -> None:
        """Close the servers, stop the emulator, drop the clients."""
        self._stack.close()

    def _open(self) -> World:
        enter = self._stack
        enter.callback(self._emulator.stop)
        serving = self._serving = enter.enter_context(Serving())
        gateway = Gateway(
            self._emulator,
            journal=self.journal,
            clock=self.clock,
            index=self._index,
            trust=Trust(issuer=ISSUER, keys=self._issuer.key_set(), clock=self.clock),
        )
        enter.callback(lambda: serving.run(gateway.aclose()))
        aws = self._bind(serving, "aws")
        self.endpoint = f"http://{serving.host}:{serving.serve(gateway, aws)}"
        enter.callback(self._close_clients)
        edge = self._open_edge(serving)

        async def tell_edge(call: AwsCall) -> None:
            if call.service == "cloudfront" or call.operation in BUCKET_CHANGES:
                await edge.refresh()

        gateway.subscribe(tell_edge)
        self._gateway = gateway
        self._open_github(serving, gateway)
        return self

    def _open_edge(self, serving: Serving) -> Edge:
        listeners: dict[int, str | WebsiteBucket] = {}
        sockets = []
        for name, known in self.settings.environments.items():
            sock = self._bind(serving, f"edge.{name}")
            sockets.append(sock)
            port = self.listening[f"edge.{name}"]
            here = Environment.of(name, known, f"http://{serving.host}:{port}")
            listeners[port] = WebsiteBucket(here.bucket) if here.website else here.alias
            self.environments[name] = here
        edge = Edge(self.clients("edge"), self.clock, listeners)
        serving.serve(edge, *sockets)
        serving.run(edge.refresh())
        return edge

    def _open_github(self, serving: Serving, gateway: Gateway) -> None:
        enter = self._stack
        sock = self._bind(serving, "github")
        self.api_url = f"http://{serving.host}:{self.listening['github']}"
        self._values = Values(
            self.settings,
            self.environments,
            world={
                "aws_endpoint": self.endpoint,
                "branch": self.origin.default_branch,
                "github_api": f"{self.api_url}/api/v3",
            },
            distribution_id=lambda here: self.find_distribution(here) or "",
        )
        control = ControlPlane(
            self.origin,
            self.directory / "github",
            repository=self.settings.site.repository,
            journal=self.journal,
            clock=self.clock,
            new_id=self._new_id,
            vault=self._values,
            rules=rules_of(self.settings),
            resolve=self.community.resolve,
            labels=LABELS,
        )
        enter.callback(control.close)
        api = GitHubApi(
            control, self._issuer, clock=self.clock, members=lambda: self.community.membership
        )
        serving.serve(api.app, sock)
        egress = Egress(
            repository=self.settings.site.repository,
            github=api.app,
            aws=gateway,
            downloads=self._outside.downloads,
            journal=self.journal,
        )
        way_out = enter.enter_context(WayOut(egress, serving, self._outside.proxy))
        self.listening["way_out"] = way_out.port
        crew = WorldCrew(
            self._runner,
            directory=self.directory / "jobs",
            origin=self.origin,
            api=api,
            outside=self._outside,
            way_out=way_out,
            surroundings=Surroundings(self.endpoint, self.api_url, self.ports),
            journal=self.journal,
            run_timeout=self._run_timeout,
        )
        enter.enter_context(control.staffed(crew))
        self._control, self._api = control, api
        self._dispatcher = Dispatcher(
            control,
            self.community,
            values=self._values,
            journal=self.journal,
            run_timeout=self._run_timeout,
        )

    def token_of(self, handle: str) -> str:
        """With which somebody proves to GitHub who they are."""
        return self._github.token_of(handle)

    def person(self, handle: str) -> Shell:
        """What somebody needs to use the real `gh` and git; opens GitHub's HTTPS at the first call."""
        return Shell(
            handle=handle,
            token=self.token_of(handle),
            host=f"{HOST}:{self.open_shells()}",
            repository=self.settings.site.repository,
            directory=self.directory / "people",
        )

    def open_shells(self) -> int:
        """Let GitHub listen by HTTPS as well, as `gh` wants it; the port."""
        with self._shells:
            if SHELLS not in self.listening:
                certificate = ensure_certificate(self.directory / "people")
                sock = self._bind(self._serving, SHELLS)
                self._serving.serve(self._github.app, sock, certificate=certificate)
            return self.listening[SHELLS]

    @contextmanager
    def token_of_job(self, run: Run, job: Job) -> Iterator[str]:
        """What a job of a run proves itself with, as long as this is open."""
        api = self._github
        credentials = api.admit(run, job)
        try:
            yield credentials.token
        finally:
            api.dismiss(credentials)

    def clients(self, caller: str) -> Clients:
        """AWS clients whose calls the journal attributes to `caller`."""
        if caller not in self._clients:
            self._clients[caller] = Clients(self.endpoint, caller)
        return self._clients[caller]

    def follow(self, listener: Listener, *, at_end: Callable[[], None]) -> None:
        """Tell `listener` of every change to AWS, before whoever made it gets the answer.

        `at_end` is called before the world closes: a listener must keep nobody waiting then.
        """
        self._stack.callback(at_end)
        self._gateway.subscribe(listener)

    def environment(self, name: str) -> Environment:
        """The environment of this name.

        Raises:
            DrillError: the site has none.
        """
        try:
            return self.environments[name]
        except KeyError:
            known = ", ".join(self.environments)
            raise DrillError(f"the site has no environment {name!r}, only {known}") from None

    def distribution_id(self, environment: Environment) -> str:
        """The distribution that serves an environment.

        Raises:
            DrillError: none has its alias.
        """
        found = self.find_distribution(environment)
        if found is None:
            raise DrillError(f"no distribution serves {environment.alias}")
        return found

    def find_distribution(self, environment: Environment) -> str | None:
        """The distribution that serves an environment, None when there is none."""
        if environment.website:
            return None
        listed = self.clients("checks").cloudfront.list_distributions()["DistributionList"]
        for item in listed.get("Items", []):
            if environment.alias in item["Aliases"].get("Items", []):
                return str(item["Id"])
        return None

    @property
    def _github(self) -> GitHubApi:
        return _opened(self._api)

    @property
    def control(self) -> ControlPlane:
        """GitHub's side; there once the world is open."""
        return _opened(self._control)

    @property
    def dispatcher(self) -> Dispatcher:
        """Starts runs, and waits for them; there once the world is open."""
        return _opened(self._dispatcher)

    @property
    def values(self) -> Values:
        """What placeholders stand for; there once the world is open."""
        return _opened(self._values)

    @property
    def runner(self) -> Runner:
        """Executes runs."""
        return self._runner

    @property
    def ports(self) -> tuple[int, ...]:
        """Those that runs may reach."""
        return tuple(self.listening.values())

    def _bind(self, serving: Serving, what: str) -> socket.socket:
        """Listen where the world listened before, or else anywhere."""
        wanted = self._wanted.get(what, 0)
        try:
            sock = serving.bind(wanted)
        except OSError:
            sock = serving.bind()
        self.listening[what] = sock.getsockname()[1]
        return sock

    def _close_clients(self) -> None:
        for clients in self._clients.values():
            clients.close()


def _opened(part: T | None) -> T:
    if part is None:
        raise DrillError("the world is not open")
    return part
