"""Who executes the jobs of a world: an empty workspace, the job's own tokens, and the runner.

crew = WorldCrew(runner, origin=..., api=..., ...)
with control.staffed(crew):
    ...
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.egress.way_out import WayOut
from harness.github.api import Credentials, GitHubApi
from harness.github.attention import Attention
from harness.github.frames import leg_path
from harness.github.origin import Origin
from harness.github.projection import STUB_LABEL, TEACHER
from harness.github.runs import Conclusion, Done, Order
from harness.journal import Journal
from harness.outside import Outside
from harness.runner.brake import Brake
from harness.runner.job import Job, Outcome, Runner

_CONCLUSIONS: Mapping[str, Conclusion] = {
    "success": "success",
    "skipped": "skipped",
    "cancelled": "cancelled",
    # https://docs.github.com/en/actions/reference/limits
    "timed_out": "cancelled",
}


@dataclass(frozen=True)
class Surroundings:
    """What jobs find around them: the addresses of the world, and the ports that belong to it."""

    endpoint: str
    api_url: str
    ports: tuple[int, ...]


class WorldCrew:
    """Executes jobs, each in a folder of its own, of which nothing is left."""

    def __init__(
        self,
        runner: Runner,
        *,
        directory: Path,
        origin: Origin,
        api: GitHubApi,
        outside: Outside,
        way_out: WayOut,
        surroundings: Surroundings,
        journal: Journal,
        run_timeout: float,
    ) -> None:
        """Nothing is executed yet.

        Args:
            runner: executes.
            directory: jobs get their folders in it.
            origin: the site's repository.
            api: gives jobs their tokens.
            outside: the site's doubles.
            way_out: what jobs ask of the world outside goes through it.
            surroundings: what they find around them.
            journal: told everything.
            run_timeout: seconds after which a job is ended, whatever its file says.
        """
        self.name = runner.name
        self._runner = runner
        self._directory = directory
        self._origin = origin
        self._api = api
        self._outside = outside
        self._way_out = way_out
        self._around = surroundings
        self._journal = journal
        self._run_timeout = run_timeout
        self._brakes: dict[int, Brake] = {}
        self._lock = threading.Lock()

    def execute(self, order: Order, attention: Attention, begin: Callable[[], bool]) -> Done:
        """Carry a job out, from an empty workspace to its end."""
        run, job = order.run, order.job
        brake = self._brake(job.id)
        directory = self._directory / f"{run.key}-{job.id}"
        (directory / "workspace").mkdir(parents=True)
        credentials = self._api.admit(run, job)
        asker = f"{run.key}.{job.id}"
        outward, outward_token = self._way_out.environment(asker, directory / "egress")
        self._journal.mask(
            token for token in (credentials.oidc, credentials.runtime, outward_token) if token
        )
        try:
            self._origin.clone_to(directory / "source", run.sha)
            file = _write(order.files, directory / "workflow")
            assignment = self._assignment(order, directory, file, credentials, outward)
            if not begin():
                return Done("cancelled")
            outcome = self._runner.execute(
                assignment, self._journal, listener=attention, brake=brake
            )
            return _done(outcome)
        finally:
            self._api.dismiss(credentials)
            self._way_out.dismiss(asker)
            with self._lock:
                self._brakes.pop(job.id, None)
            shutil.rmtree(directory, ignore_errors=True)

    def stop(self, job: int, *, now: bool) -> None:
        """Ask a job to end; with `now`, end it."""
        self._brake(job).pull(now=now)

    def _brake(self, job: int) -> Brake:
        with self._lock:
            return self._brakes.setdefault(job, Brake())

    def _assignment(
        self,
        order: Order,
        directory: Path,
        file: Path,
        credentials: Credentials,
        outward: Mapping[str, str],
    ) -> Job:
        run, job = order.run, order.job
        github = f"https://github.com/{run.repository}"
        return Job(
            run=run.key,
            attempt=run.attempt,
            role=run.role,
            name=leg_path(job),
            own=order.own,
            helpers=STUB_LABEL,
            outputs_from=TEACHER,
            workspace=directory / "workspace",
            source=directory / "source",
            workflow=str(file),
            event_name=run.event_name,
            event=run.event,
            actor=run.actor,
            directory=directory,
            environment={**outward, **self._environment(order, credentials)},
            variables=order.variables,
            secrets={**order.secrets, "GITHUB_TOKEN": credentials.token},
            git_urls={github: self._api.git_url(self._around.api_url, run.repository)},
            timeout=min(self._run_timeout, order.timeout_minutes * 60),
            ports=self._around.ports,
            readable=(directory / "egress",),
            doubles=self._outside.actions,
            real_actions=self._outside.real_actions,
        )

    def _environment(self, order: Order, credentials: Credentials) -> dict[str, str]:
        """https://docs.github.com/en/actions/reference/workflows-and-actions/variables ."""
        run, around = order.run, self._around
        found = {
            "ACTIONS_RESULTS_URL": f"{around.api_url}/",
            "ACTIONS_RUNTIME_TOKEN": credentials.runtime,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": around.endpoint,
            "AWS_PAGER": "",
            "GITHUB_API_URL": f"{around.api_url}/api/v3",
            "GITHUB_REF": run.ref,
            "GITHUB_REF_NAME": run.ref_name,
            "GITHUB_REF_TYPE": "tag" if run.ref.startswith("refs/tags/") else "branch",
            "GITHUB_REPOSITORY": run.repository,
            "GITHUB_REPOSITORY_OWNER": run.repository.split("/", 1)[0],
            "GITHUB_RUN_ATTEMPT": str(run.attempt),
            "GITHUB_RUN_ID": run.key,
            "GITHUB_RUN_NUMBER": str(run.number),
            "GITHUB_SHA": run.sha,
            "GITHUB_TRIGGERING_ACTOR": run.triggering_actor,
            "GITHUB_WORKFLOW_REF": f"{run.repository}/{run.workflow}@{run.ref}",
            "GITHUB_WORKFLOW_SHA": run.sha,
            # act looks for the commit under this name, or else in the workspace, which is empty.
            "SHA_REF": run.sha,
        }
        if credentials.oidc:
            found["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = credentials.oidc
            found["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{around.api_url}/oidc/token?run={run.key}"
        return found


def _write(files: Mapping[str, str], directory: Path) -> Path:
    """Put the files where act finds them; the first of them."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory / next(iter(files))


def _done(outcome: Outcome) -> Done:
    more: dict[str, Any] = {"timed_out": outcome.conclusion == "timed_out"}
    return Done(
        _CONCLUSIONS.get(outcome.conclusion, "failure"),
        outputs=outcome.outputs,
        cause=outcome.cause,
        exit_code=outcome.exit_code,
        **more,
    )
