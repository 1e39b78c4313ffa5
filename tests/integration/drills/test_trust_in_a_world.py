"""A role whose trust policy does not admit the job's environment is refused, and the cause says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import BeginDrill

from harness.drill import Drill
from harness.journal import read_journal
from harness.places import ACCOUNT

pytestmark = pytest.mark.integration


def _trust(drill: Drill, subject: str) -> None:
    """The role of staging trusts another subject from now on."""
    iam = drill.world.clients("drift").iam
    role = drill.world.environment("staging").role
    policy: Any = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    condition = policy["Statement"][0]["Condition"]["StringEquals"]
    (key,) = (key for key in condition if key.endswith(":sub"))
    condition[key] = subject
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(policy))


def test_a_role_that_trusts_another_environment_stops_the_emergency(begin: BeginDrill) -> None:
    drill = begin("mistrusted")
    drill.open("staging")
    drill.check_steady_state()
    drill.drift("html-truncated")
    drill.see_symptom()
    repository = drill.world.settings.site.repository
    _trust(drill, f"repo:{repository}:environment:production")
    drill.roll_back("content_only")
    verdict = drill.conclude("recovers")
    assert verdict.verdict == "unmet"
    assert any(
        "Not authorized to perform sts:AssumeRoleWithWebIdentity" in c for c in verdict.causes
    )
    records = read_journal(drill.journal.path)
    refused = next(r.data for r in records if r.kind == "trust" and r.data["code"])
    assert refused["code"] == "AccessDenied"
    assert refused["role"].startswith(f"arn:aws:iam::{ACCOUNT}:role/")
    assert f"is repo:{repository}:environment:staging, and the policy wants" in refused["why"]
    # The call is in AWS's log as refused, so that the audit sees it.
    assert any(
        r.data["operation"] == "AssumeRoleWithWebIdentity" and r.data["error"] == "AccessDenied"
        for r in records
        if r.kind == "aws.call"
    )
