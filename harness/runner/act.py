"""Runs a workflow under act on this host, and journals what happens as it happens.

    HostRunner(act=..., tools=..., wall=...).execute(job, journal)  ->  Outcome

Nothing of the person running it is visible to the run: it gets an environment, a HOME and a temporary
folder of its own. Everything it starts carries the run's token and is ended with it. What it can see and
reach of the machine is up to the wall.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.clock import Clock
from harness.journal import Journal
from harness.runner.brake import Brake
from harness.runner.call import offer_warm, prepare, run_environment
from harness.runner.job import Job, Listener, Outcome
from harness.runner.running import conduct
from harness.runner.terraform import Terraform
from harness.runner.tools import ACT_VERSION, Tool
from harness.runner.wall import Wall


class HostRunner:
    """act in host mode: the steps are processes of this machine."""

    name = "host"

    def __init__(
        self,
        *,
        act: Path,
        tools: tuple[Tool, ...],
        wall: Wall,
        clock: Clock,
        session: str,
        terraform: Terraform | None = None,
        warm: bool = True,
    ) -> None:
        """Nothing runs yet.

        Args:
            act: the program.
            tools: the programs that steps find on PATH, besides the system's own.
            wall: what stands between the steps and the machine.
            clock: whose time counts.
            session: begins the token of every process, so that whoever owns the session can end
                what a killed drill left behind.
            terraform: the programs of that kind, and the providers that runs find.
            warm: the AWS CLI's imports are paid for once a run, not at every call.
        """
        self._warm = warm
        self._session = session
        self._act = act
        self._tools = (*tools, *(terraform.programs if terraform else ()))
        self._terraform = terraform
        self._wall = wall
        self._clock = clock

    def versions(self) -> Mapping[str, str]:
        """Of act, the tools and the wall."""
        tools = {tool.name: tool.version for tool in self._tools if tool.path is not None}
        return {"act": ACT_VERSION, **tools, **self._wall.versions()}

    def execute(
        self,
        job: Job,
        journal: Journal,
        *,
        listener: Listener | None = None,
        brake: Brake | None = None,
    ) -> Outcome:
        """Run the job to its end, or to its timeout; everything that happens is journaled."""
        tools = {tool.name: tool.path for tool in self._tools if tool.path is not None}
        if self._terraform:
            offered = self._terraform.offer(job.directory)
            job = replace(
                job,
                environment={**offered, **job.environment},
                readable=(*job.readable, *self._terraform.readable),
            )
        command = prepare(job, act=self._act, tools=tools)
        if self._warm and "aws" in tools:
            offer_warm(job.directory, "aws", tools["aws"])
        token = f"{self._session}.{os.getpid()}.{job.token}."
        return conduct(
            job,
            journal,
            start=lambda: self._wall.start(
                command, job, environment=run_environment(job), token=token
            ),
            clock=self._clock,
            listener=listener,
            brake=brake,
        )
