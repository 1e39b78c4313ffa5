"""Environments, what protects them, and letting runs into them.

https://docs.github.com/en/rest/deployments/environments
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.deployments import told_deployment
from harness.github.api.desk import Asked, Desk, cannot, repository
from harness.github.api.pages import listed
from harness.github.api.people import told_team
from harness.github.api.runs import ONE as RUN
from harness.github.api.runs import run_of
from harness.github.api.shapes import began_at, node_id, user
from harness.github.numbers import number_of
from harness.github.protection import TAG, Rules

ONE = "/environments/{environment}"
POLICIES = f"{ONE}/deployment-branch-policies"


def routes(desk: Desk) -> list[Route]:
    """What can be asked of environments."""
    pending = f"{RUN}/pending_deployments"
    return [
        repository(desk, "/environments", list_environments, needs="actions:read"),
        repository(desk, ONE, get_environment, needs="actions:read"),
        repository(
            desk, ONE, change_environment, needs="administration:write", methods=["PUT", "DELETE"]
        ),
        repository(desk, POLICIES, list_branch_policies, needs="actions:read"),
        repository(desk, f"{POLICIES}/{{policy:int}}", get_branch_policy, needs="actions:read"),
        repository(
            desk, f"{ONE}/deployment_protection_rules", list_custom_rules, needs="actions:read"
        ),
        repository(desk, pending, list_pending, needs="actions:read"),
        repository(desk, pending, review, needs="deployments:write", methods=["POST"]),
        repository(desk, f"{RUN}/approvals", list_approvals, needs="actions:read"),
    ]


def list_environments(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/environments#list-environments ."""
    found = [_told(asked, rules) for rules in asked.control.environments]
    return listed(asked, found, within="environments")


def get_environment(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/environments#get-an-environment ."""
    return JSONResponse(_told(asked, environment_of(asked)))


def change_environment(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/environments#create-or-update-an-environment ."""
    raise cannot("change an environment's rules: they stand in the site's sitedrill.toml")


def list_branch_policies(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/branch-policies#list-deployment-branch-policies ."""
    return listed(asked, _policies(environment_of(asked)), within="branch_policies")


def get_branch_policy(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/branch-policies#get-a-deployment-branch-policy ."""
    for policy in _policies(environment_of(asked)):
        if policy["id"] == asked.number("policy"):
            return JSONResponse(policy)
    raise DispatchError("Not Found", status=404)


def list_custom_rules(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/deployments/protection-rules .

    Rules of apps; the world has no apps.
    """
    environment_of(asked)
    return listed(asked, [], within="custom_deployment_protection_rules")


def list_pending(asked: Asked) -> Response:
    """What a run waits for.

    https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run
    """
    run, reviews = run_of(asked), asked.control.reviews
    return JSONResponse(
        [
            {
                "environment": _in_short(asked, one.rules),
                "wait_timer": one.rules.wait_minutes,
                "wait_timer_started_at": f"{one.since[:19]}Z" if one.rules.wait_minutes else None,
                "current_user_can_approve": reviews.may_review(asked.handle, run, one.rules),
                "reviewers": _reviewers(asked, one.rules),
            }
            for one in reviews.pending(run)
        ]
    )


def review(asked: Asked) -> Response:
    """Approve or reject.

    https://docs.github.com/en/rest/actions/workflow-runs#review-pending-deployments-for-a-workflow-run
    """
    run, reviews = run_of(asked), asked.control.reviews
    wanted = asked.given("environment_ids", list)
    state, comment = asked.given("state", str), asked.given("comment", str)
    if state not in {"approved", "rejected"}:
        raise DispatchError(
            f'Invalid request.\n\n{state} is not a member of ["approved", "rejected"].'
        )
    pending = {one.rules.id: one.rules.name for one in reviews.pending(run)}
    unknown = [str(number) for number in wanted if number not in pending]
    if unknown or not wanted:
        raise DispatchError(
            "There are no pending deployment requests to approve or reject for the environment "
            f"ids {', '.join(unknown) or 'that are given'}"
        )
    found = reviews.review(
        run, [pending[number] for number in wanted], state, by=asked.handle, comment=comment
    )
    return JSONResponse([told_deployment(asked, one) for one in found])


def list_approvals(asked: Asked) -> Response:
    """What was decided.

    https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
    """
    control, run = asked.control, run_of(asked)
    return JSONResponse(
        [
            {
                "environments": [_told(asked, control.rules(name)) for name in one.environments],
                "state": one.state,
                "user": user(asked, one.by),
                "comment": one.comment,
            }
            for one in control.reviews.history(run)
        ]
    )


def environment_of(asked: Asked) -> Rules:
    """The environment that the path names.

    Raises:
        DispatchError: GitHub's 404.
    """
    name = asked.text("environment").lower()
    for rules in asked.control.environments:
        if rules.name.lower() == name:
            return rules
    raise DispatchError("Not Found", status=404)


def _in_short(asked: Asked, rules: Rules) -> dict[str, Any]:
    return {
        "id": rules.id,
        "node_id": node_id("Environment", rules.id),
        "name": rules.name,
        "url": asked.url(f"/environments/{rules.name}"),
        "html_url": asked.page(f"/deployments/activity_log?environments_filter={rules.name}"),
    }


def _told(asked: Asked, rules: Rules) -> dict[str, Any]:
    began = began_at(asked.control.origin.path)
    protection: list[dict[str, Any]] = []

    def rule(kind: str, **more: Any) -> None:
        number = number_of(f"{kind} {rules.name}")
        named = {"id": number, "node_id": node_id("GateRule", number), "type": kind}
        protection.append({**named, **more})

    if rules.wait_minutes:
        rule("wait_timer", wait_timer=rules.wait_minutes)
    if rules.reviewers:
        rule(
            "required_reviewers",
            prevent_self_review=rules.prevent_self_review,
            reviewers=_reviewers(asked, rules),
        )
    policy = None
    if rules.branches is not None:
        rule("branch_policy")
        policy = {
            "protected_branches": rules.protected_only,
            "custom_branch_policies": not rules.protected_only,
        }
    return {
        **_in_short(asked, rules),
        "created_at": began,
        "updated_at": began,
        "protection_rules": protection,
        "deployment_branch_policy": policy,
    }


def _reviewers(asked: Asked, rules: Rules) -> list[dict[str, Any]]:
    return [
        {"type": "Team", "reviewer": told_team(asked, name.split("/")[1])}
        if "/" in name
        else {"type": "User", "reviewer": user(asked, name)}
        for name in rules.reviewers
    ]


def _policies(rules: Rules) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if rules.protected_only:
        # Branches that are protected by themselves have no policy of the environment's.
        return found
    for pattern in rules.branches or ():
        number = number_of(f"policy {rules.name} {pattern}")
        found.append(
            {
                "id": number,
                "node_id": node_id("GateBranchPolicy", number),
                "name": pattern.removeprefix(TAG),
                "type": "tag" if pattern.startswith(TAG) else "branch",
            }
        )
    return found
