"""The stand-in for configure-aws-credentials gets a role with the job's identity, as the real one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from runner_support import EVERYTHING, FILE, SOMEBODY, WHEN, Bench, Ran, github_of, workflow

from harness.clock import SystemClock
from harness.cloud.gateway import Gateway
from harness.cloud.moto import MotoEmulator
from harness.github.api import GitHubApi
from harness.github.control import ControlPlane
from harness.github.oidc import Issuer
from harness.journal import Journal
from harness.serving import Serving

pytestmark = pytest.mark.integration

ROLE = "arn:aws:iam::123456789012:role/site-deploy-prod"
CONFIGURE = """
- name: Configure
  id: aws
  uses: aws-actions/configure-aws-credentials@v4
  with:
    role-to-assume: %s
    role-session-name: emergency ${{ github.run_id }}/1
    aws-region: us-east-1
"""
USE = """
- name: Use
  run: |
    aws s3 mb s3://made-by-a-run
    aws sts get-caller-identity --query Account --output text
    echo "$AWS_REGION $AWS_DEFAULT_REGION ${{ steps.aws.outputs.aws-account-id }}"
    env | grep -c AWS_SESSION_TOKEN
"""


@dataclass
class Cloud:
    """An AWS and a GitHub that a run can talk to."""

    journal: Journal
    endpoint: str
    api_url: str
    api: GitHubApi
    control: ControlPlane

    def run(self, bench: Bench, steps: str, *, identity: bool = True) -> Ran:
        """Run these steps with an identity of their own."""

        def change(tree: Path) -> None:
            (tree / FILE).parent.mkdir(parents=True, exist_ok=True)
            (tree / FILE).write_text(workflow(steps))

        bench.origin.commit(change, message="A change", author=SOMEBODY, when=WHEN)
        request = self.control.dispatch("w.yml", ref="main", inputs={}, actor="on-call")
        (job,) = self.control.archive.jobs_of(request)
        known = self.api.admit(request, replace(job, permissions=EVERYTHING))
        environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GITHUB_RUN_ID": request.key,
        }
        if identity:
            environment |= {
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": known.oidc,
                "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.api_url}/oidc/token?run={request.key}",
            }
        self.journal.mask([known.oidc])
        return bench.run_at(request.sha, environment=environment, journal=self.journal)


@pytest.fixture
def cloud(bench: Bench, tmp_path: Path) -> Iterator[Cloud]:
    clock = SystemClock()
    with (
        Journal(tmp_path / "journal.jsonl", clock=clock) as journal,
        MotoEmulator.start(
            owner_pid=os.getpid(), directory=tmp_path / "moto", clock=clock
        ) as emulator,
        Serving() as serving,
        github_of(bench, new_id=itertools.count(8001).__next__) as control,
    ):
        gateway = Gateway(emulator, journal=journal, clock=clock)
        api = GitHubApi(control, Issuer.generate(), clock=clock)
        yield Cloud(
            journal,
            f"http://127.0.0.1:{serving.serve(gateway)}",
            f"http://127.0.0.1:{serving.serve(api.app)}",
            api,
            control,
        )
        serving.run(gateway.aclose())


def test_a_role_is_assumed_and_named_in_every_call(bench: Bench, cloud: Cloud) -> None:
    ran = cloud.run(bench, CONFIGURE % ROLE + USE)
    assert ran.outcome.cause == ""
    calls = {call["operation"]: call for call in ran.data("aws.call")}
    assert list(calls) == ["AssumeRoleWithWebIdentity", "CreateBucket", "GetCallerIdentity"]
    assert calls["AssumeRoleWithWebIdentity"]["params"]["RoleArn"] == ROLE
    # what AWS does not take in a session's name is replaced
    assert calls["CreateBucket"]["caller"] == "emergency-8001-1"
    assert calls["GetCallerIdentity"]["caller"] == "emergency-8001-1"
    assert ran.output("Use") == [
        "make_bucket: made-by-a-run",
        "123456789012",
        "us-east-1 us-east-1 123456789012",
        "1",
    ]


def test_credentials_are_masked(bench: Bench, cloud: Cloud) -> None:
    steps = CONFIGURE % ROLE + (
        '- name: Tell\n  run: echo "$AWS_SECRET_ACCESS_KEY and $AWS_SESSION_TOKEN"\n'
    )
    ran = cloud.run(bench, steps)
    assert ran.output("Tell") == ["*** and ***"]


def test_without_an_identity_the_step_says_what_is_missing(bench: Bench, cloud: Cloud) -> None:
    ran = cloud.run(bench, CONFIGURE % ROLE + USE, identity=False)
    assert ran.outcome.conclusion == "failure"
    assert ran.outcome.cause.startswith("step Configure failed: Credentials could not be loaded")
    assert "id-token: write" in ran.outcome.cause
    assert ran.data("aws.call") == []


def test_an_empty_role_is_said(bench: Bench, cloud: Cloud) -> None:
    ran = cloud.run(bench, CONFIGURE % '""' + USE)
    assert ran.outcome.cause == (
        "step Configure failed: role-to-assume is empty, and there are no keys"
    )
    assert ran.data("aws.call") == []
