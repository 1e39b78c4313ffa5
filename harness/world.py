"""A world: everything that one drill happens in, and nothing outside it.

                dispatch                     AWS calls                  viewers
                   v                             v                        v
              github (origin, API) -> runner -> gateway -> emulator      edge
                                                   └── tells the edge of changes

    with World(...) as world:
        ran = world.dispatch("emergency.yml", ref="main", inputs={...}, actor=who, role="response")

Worlds share nothing, so drills run side by side and in any order.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.clock import Clock
from harness.cloud.calls import AwsCall
from harness.cloud.clients import Clients
from harness.cloud.emulator import Emulator
from harness.cloud.gateway import Gateway
from harness.cloud.operations import OperationIndex
from harness.edge import BUCKET_CHANGES, Edge, WebsiteBucket
from harness.egress.egress import Egress
from harness.egress.way_out import WayOut
from harness.errors import DispatchError, DrillError
from harness.github.api import GitHubApi, RunCredentials
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.github.runs import RunRequest
from harness.journal import Journal
from harness.outside import Outside
from harness.places import Environment, Values
from harness.runner.job import Job, Outcome, Runner
from harness.serving import Serving
from harness.settings import SiteSettings


@dataclass(frozen=True)
class Ran:
    """A run and how it ended."""

    run: RunRequest
    outcome: Outcome


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
        new_id: Callable[[], int],
        index: OperationIndex,
        outside: Outside,
        environment: str = "",
        run_timeout: float = 300,
    ) -> None:
        """Nothing runs before `__enter__`.

        Args:
            directory: the world's own; runs get their folders in it.
            settings: the site's.
            emulator: the AWS behind the gateway; stopped with the world.
            origin: the site's repository, changed by what happens.
            issuer: signs identity tokens.
            runner: executes runs.
            journal: told everything.
            clock: whose time counts.
            new_id: makes up run ids.
            index: recognises AWS operations; may be shared with worlds that are not open now.
            outside: what answers for the world outside.
            environment: the one that all runs are about: they see its variables and secrets.
            run_timeout: seconds after which a run is ended.
        """
        self._about = environment
        self.directory = directory
        self.settings = settings
        self.origin = origin
        self.journal = journal
        self.clock = clock
        self.control = ControlPlane(origin, repository=settings.site.repository, new_id=new_id)
        self._emulator = emulator
        self._index = index
        self._runner = runner
        self._outside = outside
        self._run_timeout = run_timeout
        self._api = GitHubApi(self.control, issuer, clock=clock)
        self._way_out: WayOut
        self._clients: dict[str, Clients] = {}
        self._stack = ExitStack()
        self.endpoint = ""
        self.api_url = ""
        self.ports: tuple[int, ...] = ()
        self.environments: dict[str, Environment] = {}
        self._values: Values | None = None

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
        serving = enter.enter_context(Serving())
        gateway = Gateway(self._emulator, journal=self.journal, clock=self.clock, index=self._index)
        enter.callback(lambda: serving.run(gateway.aclose()))
        self.endpoint = f"http://{serving.host}:{self._opened(serving.serve(gateway))}"
        self.api_url = f"http://{serving.host}:{self._opened(serving.serve(self._api.app))}"
        out = enter.enter_context(WayOut(self._egress(gateway), serving, self._outside.proxy))
        self._opened(out.port)
        self._way_out = out
        enter.callback(self._close_clients)
        listeners: dict[int, str | WebsiteBucket] = {}
        sockets = []
        for name, known in self.settings.environments.items():
            socket = serving.bind()
            sockets.append(socket)
            port = self._opened(socket.getsockname()[1])
            here = Environment.of(name, known, f"http://{serving.host}:{port}")
            listeners[port] = WebsiteBucket(here.bucket) if here.website else here.alias
            self.environments[name] = here
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
        edge = Edge(self.clients("edge"), self.clock, listeners)
        serving.serve(edge, *sockets)
        serving.run(edge.refresh())

        async def tell_edge(call: AwsCall) -> None:
            if call.service == "cloudfront" or call.operation in BUCKET_CHANGES:
                await edge.refresh()

        gateway.subscribe(tell_edge)
        return self

    def _egress(self, gateway: Gateway) -> Egress:
        return Egress(
            repository=self.settings.site.repository,
            github=self._api.app,
            aws=gateway,
            downloads=self._outside.downloads,
            journal=self.journal,
        )

    def clients(self, caller: str) -> Clients:
        """AWS clients whose calls the journal attributes to `caller`."""
        if caller not in self._clients:
            self._clients[caller] = Clients(self.endpoint, caller)
        return self._clients[caller]

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

    def dispatch(
        self,
        workflow: str,
        *,
        ref: str,
        inputs: Mapping[str, Any],
        actor: str,
        role: str,
        said: Mapping[str, Any] | None = None,
    ) -> Ran:
        """Start a workflow by hand, and run it to its end.

        Args:
            workflow: the file's name, such as `emergency.yml`.
            ref: the branch or tag it is started on.
            inputs: as the person gives them.
            actor: the person's handle.
            role: what the run is for in the drill: setup, inject, response or pipeline.
            said: what else the journal is to hold about the dispatch.

        Raises:
            DispatchError: GitHub would refuse it; journaled, and nothing has run.
        """
        self.control.variables = self.values.variables(self._about)
        given = self.values.filled(inputs)
        try:
            run = self.control.dispatch(workflow, ref=ref, inputs=given, actor=actor)
        except DispatchError as error:
            self.journal.write(
                "dispatch.rejected", workflow=workflow, status=error.status, message=error.message
            )
            raise
        self.journal.write(
            "dispatched",
            run=run.key,
            workflow=workflow,
            ref=run.ref,
            sha=run.sha,
            actor=actor,
            inputs=run.inputs,
            role=role,
            **(said or {}),
        )
        return self._execute(run, role)

    def push_tag(self, tag: str, *, actor: str, role: str) -> list[Ran]:
        """Run what the push of a tag starts, and what that starts, to its end."""
        self.control.variables = self.values.variables(self._about)
        runs = self.control.pushed(tag, actor=actor)
        for run in runs:
            self.journal.write(
                "pushed",
                run=run.key,
                workflow=run.workflow.file,
                ref=run.ref,
                sha=run.sha,
                actor=actor,
                role=role,
            )
        return self.run_waiting(role)

    def run_waiting(self, role: str = "pipeline") -> list[Ran]:
        """Execute the runs that other runs have started, until none is left."""
        ran = []
        while self.control.waiting:
            ran.append(self._execute(self.control.waiting.popleft(), role))
        return ran

    def _execute(self, run: RunRequest, role: str) -> Ran:
        before = {tag.name for tag in self.origin.tags()}
        directory = self.directory / "runs" / run.key
        directory.mkdir(parents=True)
        credentials = self._api.admit(run)
        variables, secrets = self.values.variables(self._about), self.values.secrets(self._about)
        outward, outward_token = self._way_out.environment(run.key, directory / "egress")
        self.journal.mask((credentials.oidc, credentials.runtime, outward_token))
        try:
            workspace = directory / "workspace"
            github = f"https://github.com/{run.repository}"
            self.origin.clone_to(workspace, run.sha, remote=github)
            job = Job(
                run=run.key,
                attempt=run.attempt,
                role=role,
                workspace=workspace,
                workflow=run.workflow.file,
                event_name=run.event_name,
                event=run.event,
                actor=run.actor,
                directory=directory,
                environment={**outward, **self._run_environment(run, credentials)},
                variables=variables,
                secrets={**secrets, "GITHUB_TOKEN": credentials.token},
                git_urls={github: self._api.git_url(self.api_url, run.repository)},
                timeout=self._run_timeout,
                ports=self.ports,
                doubles=self._outside.actions,
                real_actions=self._outside.real_actions,
            )
            outcome = self._runner.execute(job, self.journal)
        finally:
            self._api.dismiss(credentials)
            self._way_out.dismiss(run.key)
            shutil.rmtree(directory, ignore_errors=True)
        for tag in self.origin.tags():
            if tag.name not in before:
                self.journal.write(
                    "tag",
                    run=run.key,
                    name=tag.name,
                    commit=tag.commit,
                    annotated=tag.annotated,
                    message=tag.message,
                    tagger=tag.tagger,
                )
        self.control.completed(run, outcome.conclusion)
        return Ran(run, outcome)

    def _run_environment(self, run: RunRequest, credentials: RunCredentials) -> dict[str, str]:
        return {
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": credentials.oidc,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.api_url}/oidc/token?run={run.key}",
            "ACTIONS_RESULTS_URL": f"{self.api_url}/",
            "ACTIONS_RUNTIME_TOKEN": credentials.runtime,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_PAGER": "",
            "GITHUB_API_URL": f"{self.api_url}/api/v3",
            "GITHUB_REF": run.ref,
            "GITHUB_REF_NAME": run.ref_name,
            "GITHUB_REPOSITORY": run.repository,
            "GITHUB_RUN_ATTEMPT": str(run.attempt),
            "GITHUB_RUN_ID": run.key,
            "GITHUB_SHA": run.sha,
        }

    @property
    def values(self) -> Values:
        """What placeholders stand for; there once the world is open."""
        if self._values is None:
            raise DrillError("the world is not open")
        return self._values

    @property
    def runner(self) -> Runner:
        """Executes runs."""
        return self._runner

    def _opened(self, port: int) -> int:
        """Note that runs may reach this port."""
        self.ports = (*self.ports, port)
        return port

    def _close_clients(self) -> None:
        for clients in self._clients.values():
            clients.close()
