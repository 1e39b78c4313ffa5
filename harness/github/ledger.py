"""Deployments: what a job that deploys to an environment leaves with GitHub.

A job with an `environment` makes one when it comes to be; it goes where the job goes. When one succeeds
the earlier ones of its environment become inactive.
https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.errors import DispatchError
from harness.github.archive import Archive, Deployment, DeploymentState, DeploymentStatus
from harness.github.outbox import Outbox
from harness.github.runs import Job, Run

FIRST = 3_000_000_001
STATES: tuple[DeploymentState, ...] = (
    "error",
    "failure",
    "inactive",
    "in_progress",
    "queued",
    "pending",
    "success",
)
_OF_JOBS: Mapping[str, DeploymentState] = {
    "waiting": "waiting",
    "pending": "queued",
    "queued": "queued",
    "in_progress": "in_progress",
}
_OF_ENDS: Mapping[str | None, DeploymentState] = {
    "success": "success",
    "failure": "failure",
    "cancelled": "failure",
}


class Ledger:
    """The deployments of a repository; used within a change of the archive."""

    def __init__(self, archive: Archive, journal: Outbox) -> None:
        """`journal` is told of each."""
        self._archive = archive
        self._journal = journal

    def job_moved(self, run: Run, job: Job, now: str) -> None:
        """A job is at another status: its deployment too."""
        if job.environment is None or job.calls:
            return
        state = _OF_ENDS.get(job.conclusion) if job.over else _OF_JOBS.get(job.status)
        if state is None:
            return  # skipped: nothing is deployed
        found = self._archive.deployments.find(job=job.id)
        deployment = found[0] if found else self._of_job(run, job, now)
        if deployment.state != state:
            self.add_status(
                deployment,
                state,
                creator=run.actor,
                now=now,
                environment_url=job.environment.url if state == "success" else "",
            )

    def _of_job(self, run: Run, job: Job, now: str) -> Deployment:
        return self.create(
            environment=job.environment.name if job.environment else "",
            ref=run.ref_name,
            sha=run.sha,
            creator=run.actor,
            now=now,
            run=run.id,
            job=job.id,
        )

    def create(self, *, now: str, **told: Any) -> Deployment:
        """A new deployment, without a status yet."""
        number = self._archive.store.next_number("deployments", first=FIRST)
        return self._archive.deployments.put(Deployment(id=number, at=now, **told))

    def add_status(
        self,
        deployment: Deployment,
        state: DeploymentState,
        *,
        creator: str,
        now: str,
        **told: Any,
    ) -> DeploymentStatus:
        """Say where a deployment is now; a success takes the earlier ones of its environment back."""
        number = self._archive.store.next_number("statuses", first=FIRST)
        status = DeploymentStatus(id=number, state=state, at=now, creator=creator, **told)
        deployment = replace(deployment, statuses=(*deployment.statuses, status))
        self._archive.deployments.put(deployment)
        self._journal.write(
            "deployment",
            run=str(deployment.run) if deployment.run else "",
            job=deployment.job,
            environment=deployment.environment,
            id=deployment.id,
            state=state,
        )
        if state == "success":
            for earlier in self._archive.deployments.find(
                environment=deployment.environment.lower(), state="success"
            ):
                if earlier.id < deployment.id:
                    self.add_status(earlier, "inactive", creator=creator, now=now)
        return status

    def get(self, deployment: int) -> Deployment:
        """The deployment of this id.

        Raises:
            DispatchError: GitHub's 404.
        """
        found = self._archive.deployments.get(deployment)
        if found is None:
            raise DispatchError("Not Found", status=404)
        return found
