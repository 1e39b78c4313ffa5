"""Every answer has what GitHub's own description of its API says it must have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from github_world import (
    DEPLOY,
    OPENED,
    REPOSITORY,
    SOMEBODY,
    SOON,
    ScriptedCrew,
    commit,
    control_of,
)
from githubkit_schemas.latest import models
from pydantic import TypeAdapter
from test_github_api import Client, bearer

from harness.clock import SystemClock
from harness.github.api import RESOURCES, GitHubApi
from harness.github.api.desk import Desk, Resource
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.github.people import Membership, Team
from harness.github.protection import Rules
from harness.github.runs import Done

pytestmark = pytest.mark.unit

REPO = f"/api/v3/repos/{REPOSITORY}"
OWNERS = Rules(
    "prod",
    reviewers=("octo", "harbourlight/owners"),
    prevent_self_review=True,
    wait_minutes=1,
    branches=("main", "tag:v*"),
)
PROTECTED = Rules("nightly", branches=("**/*",), protected_only=True)
WHEN = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


class Settings:
    def variables(self, environment: str) -> dict[str, str]:
        return {"region": "us-east-1", **({"URL": f"http://{environment}"} if environment else {})}

    def secrets(self, environment: str) -> dict[str, str]:
        return {"TOKEN": "xyzzy"}


PEOPLE = Membership(
    "harbourlight",
    members={"octo": "admin", "on-call": "write", "reader": "read"},
    teams={"owners": Team("owners", members=("octo",))},
)


class Place:
    """A repository with a past: a run that ended, one that failed and was run again, one that waits."""

    def __init__(self, origin: Origin) -> None:
        self.control = control_of(
            origin,
            rules={"prod": OWNERS, "nightly": PROTECTED},
            vault=Settings(),
            resolve=PEOPLE.resolve,
        )
        self.api = GitHubApi(
            self.control, Issuer.generate(), clock=SystemClock(), members=lambda: PEOPLE
        )
        self.client = Client(self.api.app)
        self.crew = ScriptedCrew()
        origin.tag_release("v1.0.0", origin.head(), author=SOMEBODY, when=WHEN)
        commit(
            origin,
            {
                "docs/page.md": "two\nlines\n",
                ".github/workflows/bad.yml": "no: {",
                "CODEOWNERS": "* @octo\n/docs/ octo\n/infra/ @stranger\n",
            },
        )
        with self.control.staffed(self.crew):
            given = {"environment": "staging", "reason": "r"}
            start = {"ref": "main", "inputs": given, "actor": "on-call"}
            self.done = self.control.wait(self.control.dispatch("deploy.yml", **start), within=SOON)
            self.crew.ends["deploy"] = Done("failure", cause="no")
            failed = self.control.wait(self.control.dispatch("deploy.yml", **start), within=SOON)
            again = self.control.rerun(failed, actor="octo", failed_only=True)
            self.failed = self.control.wait(again, within=SOON)
            start["inputs"] = {**given, "environment": "prod"}
            self.waiting = self.control.dispatch("deploy.yml", **start)
        (self.job,) = self.control.archive.jobs_of(self.done)

    def get(self, path: str, *, by: str = "octo", **more: Any) -> Any:
        headers = {**bearer(self.api.token_of(by)), **more.pop("headers", {})}
        answer = self.client.get(path if path.startswith("/api") else REPO + path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, body: Any, *, by: str = "octo", method: str = "POST") -> Any:
        headers = bearer(self.api.token_of(by))
        return self.client.ask(method, REPO + path, headers=headers, json=body)


@pytest.fixture(scope="module")
def place(control_template: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("shapes")
    found = Place(control_template.copy_to(folder / "origin.git"))
    OPENED.remove(found.control)
    yield found
    found.control.close()
    found.control.journal.close()


def as_documented(kind: Any, answer: Any) -> Any:
    """What GitHub's description reads in an answer; it must have all that is required there."""
    return TypeAdapter(kind).validate_python(answer)


LISTS: list[tuple[str, str, str]] = [
    ("/actions/workflows", "workflows", "Workflow"),
    ("/actions/runs", "workflow_runs", "WorkflowRun"),
    ("/actions/workflows/deploy.yml/runs", "workflow_runs", "WorkflowRun"),
    ("/actions/runs/{done}/jobs", "jobs", "Job"),
    ("/actions/runs/{failed}/jobs?filter=all", "jobs", "Job"),
    ("/actions/runs/{failed}/attempts/1/jobs", "jobs", "Job"),
    ("/actions/runs/{waiting}/pending_deployments", "", "PendingDeployment"),
    ("/environments", "environments", "Environment"),
    ("/environments/prod/deployment-branch-policies", "branch_policies", "DeploymentBranchPolicy"),
    ("/deployments", "", "Deployment"),
    ("/actions/variables", "variables", "ActionsVariable"),
    ("/environments/prod/variables", "variables", "ActionsVariable"),
    ("/actions/secrets", "secrets", "ActionsSecret"),
    ("/environments/prod/secrets", "secrets", "ActionsSecret"),
    ("/branches", "", "ShortBranch"),
    ("/tags", "", "Tag"),
    ("/commits", "", "Commit"),
    ("/git/matching-refs/heads", "", "GitRef"),
    ("/collaborators", "", "Collaborator"),
    ("/contents/docs", "", "ContentDirectoryItems"),
    ("/api/v3/orgs/harbourlight/teams", "", "Team"),
    ("/api/v3/orgs/harbourlight/teams/owners/members", "", "SimpleUser"),
    ("/api/v3/orgs/harbourlight/members", "", "SimpleUser"),
]
ONES: list[tuple[str, str]] = [
    ("", "FullRepository"),
    ("/actions/workflows/deploy.yml", "Workflow"),
    ("/actions/runs/{done}", "WorkflowRun"),
    ("/actions/runs/{failed}/attempts/1", "WorkflowRun"),
    ("/actions/jobs/{job}", "Job"),
    ("/environments/prod", "Environment"),
    ("/branches/main", "BranchWithProtection"),
    ("/commits/main", "Commit"),
    ("/git/commits/{sha}", "GitCommit"),
    ("/git/trees/main?recursive=1", "GitTree"),
    ("/git/ref/heads/main", "GitRef"),
    ("/compare/v1.0.0...main", "CommitComparison"),
    ("/readme", "ContentFile"),
    ("/codeowners/errors", "CodeownersErrors"),
    ("/contents/docs/page.md", "ContentFile"),
    ("/collaborators/on-call/permission", "RepositoryCollaboratorPermission"),
    ("/api/v3/user", "PrivateUser"),
    ("/api/v3/users/on-call", "PublicUser"),
    ("/api/v3/orgs/harbourlight", "OrganizationFull"),
    ("/api/v3/rate_limit", "RateLimitOverview"),
    ("/api/v3/meta", "ApiOverview"),
]


def filled(place: Place, path: str) -> str:
    return path.format(
        done=place.done.id,
        failed=place.failed.id,
        waiting=place.waiting.id,
        job=place.job.id,
        sha=place.control.origin.head(),
    )


@pytest.mark.parametrize(("path", "within", "kind"), LISTS, ids=[path for path, *_ in LISTS])
def test_lists_are_as_documented(place: Place, path: str, within: str, kind: str) -> None:
    answer = place.get(filled(place, path))
    if within:
        assert answer["total_count"] == len(answer[within])
        answer = answer[within]
    assert answer, "there is something to look at"
    as_documented(list[getattr(models, kind)], answer)


@pytest.mark.parametrize(("path", "kind"), ONES, ids=[path for path, _ in ONES])
def test_single_things_are_as_documented(place: Place, path: str, kind: str) -> None:
    as_documented(getattr(models, kind), place.get(filled(place, path)))


def test_policies_say_whether_they_are_of_branches_or_tags(place: Place) -> None:
    found = place.get("/environments/prod/deployment-branch-policies")["branch_policies"]
    assert [(one["name"], one["type"]) for one in found] == [("main", "branch"), ("v*", "tag")]
    assert place.get("/environments/prod")["deployment_branch_policy"] == {
        "protected_branches": False,
        "custom_branch_policies": True,
    }
    assert place.get("/environments/nightly")["deployment_branch_policy"] == {
        "protected_branches": True,
        "custom_branch_policies": False,
    }
    assert not place.get("/environments/nightly/deployment-branch-policies")["branch_policies"]


def test_code_owners_that_own_nothing_are_told_with_their_places(place: Place) -> None:
    found = place.get("/codeowners/errors")["errors"]
    assert [(one["line"], one["column"], one["kind"]) for one in found] == [
        (2, 8, "Invalid owner"),
        (3, 9, "Unknown owner"),
    ]
    assert found[0]["message"].endswith("  /docs/ octo\n         ^")


def test_what_is_left_out_is_noticed(place: Place) -> None:
    run = place.get(f"/actions/runs/{place.done.id}")
    del run["display_title"]
    with pytest.raises(ValueError, match="display_title"):
        as_documented(models.WorkflowRun, run)


def test_every_route_names_githubs_page() -> None:
    found = 0
    for module in RESOURCES:
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        for name in re.findall(r"(?:repository|anywhere)\(\s*desk,\s*[^,]+,\s*([a-z]\w+)", text):
            handler = getattr(module, name, None)
            if handler is not None and name != "not_here":
                assert "https://docs.github.com/" in (handler.__doc__ or ""), name
                found += 1
    assert found > 60


def test_the_docs_name_every_address_and_what_it_needs() -> None:
    told = (Path(__file__).parents[3] / "docs" / "github.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z]+ `[^`]+`) \| (.+) \|$", told, flags=re.M)
    nobody = cast("Desk", None)
    found = []
    for route in (route for module in RESOURCES for route in module.routes(nobody)):
        if isinstance(route, Resource):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            short = path.replace("/repos/{owner}/{repo}", "…")
            needs = f"`{route.needs}`" if route.needs else "any token"
            methods = sorted((route.methods or set()) - {"HEAD"})
            found += [(f"{method} `{short}`", needs) for method in methods]
    assert rows == list(dict.fromkeys(found))


def test_what_was_made_is_as_documented(place: Place) -> None:
    made = place.send("/deployments", {"ref": "main", "environment": "preview"})
    assert made.status_code == 201, made.text
    deployment = as_documented(models.Deployment, made.json())
    status = place.send(
        f"/deployments/{deployment.id}/statuses",
        {"state": "success", "environment_url": "https://preview.example.com"},
    )
    assert status.status_code == 201, status.text
    as_documented(models.DeploymentStatus, status.json())
    listed = place.get(f"/deployments/{deployment.id}/statuses")
    as_documented(list[models.DeploymentStatus], listed)
    release = place.send("/releases", {"tag_name": "v1.1.0", "body": "News"})
    assert release.status_code == 201, release.text
    as_documented(models.Release, release.json())
    as_documented(models.Release, place.get("/releases/latest"))
    as_documented(models.Release, place.get("/releases/tags/v1.1.0"))
    assert "refs/tags/v1.1.0" in place.control.origin.tips()
    head = place.control.origin.head()
    tag = place.send(
        "/git/tags", {"tag": "v2", "message": "Two\n\nlines", "object": head, "type": "commit"}
    )
    assert tag.status_code == 201, tag.text
    read = as_documented(models.GitTag, tag.json())
    assert (read.tagger.name, read.message.strip()) == ("octo", "Two\n\nlines")
    ref = place.send("/git/refs", {"ref": "refs/tags/v2", "sha": read.sha})
    assert ref.status_code == 201, ref.text
    assert as_documented(models.GitRef, ref.json()).object_.type == "tag"
    assert place.get(f"/git/tags/{read.sha}")["tag"] == "v2"
    again = place.send("/git/refs", {"ref": "refs/tags/v2", "sha": read.sha})
    assert (again.status_code, again.json()["message"]) == (422, "Reference already exists")


def test_a_dispatch_tells_of_its_run_when_asked(place: Place) -> None:
    given = {"ref": "main", "inputs": {"environment": "staging", "reason": "r"}}
    path = "/actions/workflows/deploy.yml/dispatches"
    assert place.send(path, given).status_code == 204
    told = place.send(path, {**given, "return_run_details": True})
    assert told.status_code == 200
    details = as_documented(models.WorkflowDispatchResponse, told.json())
    assert place.control.run(details.workflow_run_id).file == "deploy.yml"


def test_lists_go_page_by_page(place: Place) -> None:
    path = f"{REPO}/actions/runs?per_page=1&branch=main"
    headers = bearer(place.api.token_of("octo"))
    seen = []
    while path:
        answer = place.client.get(path, headers=headers)
        seen += [run["id"] for run in answer.json()["workflow_runs"]]
        links = dict(
            reversed(link.strip().split("; rel=")) for link in answer.headers["link"].split(",")
        )
        path = links.get('"next"', "").strip("<>").removeprefix("http://github")
    runs = place.control.archive.runs.find(newest_first=True)
    assert seen == [run.id for run in runs]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=failure", {"failed"}),
        ("status=waiting", {"waiting"}),
        ("status=nonsense", set()),
        ("actor=ON-call&event=workflow_dispatch&status=success", {"done"}),
        ("branch=other", set()),
        ("created=<2026-01-01", set()),
        ("created=2999-01-01..*", set()),
        ("status=success&created=>2026-01-01", {"done"}),
    ],
)
def test_runs_are_found(place: Place, query: str, expected: set[str]) -> None:
    found = {run["id"] for run in place.get(f"/actions/runs?{query}")["workflow_runs"]}
    assert found == {getattr(place, name).id for name in expected}


def test_logs_are_where_github_says(place: Place) -> None:
    headers = bearer(place.api.token_of("octo"))
    moved = place.client.get(f"{REPO}/actions/runs/{place.done.id}/logs", headers=headers)
    assert moved.status_code == 302
    there = moved.headers["location"].removeprefix("http://github")
    archive = place.client.get(there)
    assert archive.content.startswith(b"PK")
    assert place.client.get(there.replace("seal=", "seal=0")).status_code == 403
    text = place.client.get(f"{REPO}/actions/jobs/{place.job.id}/logs", headers=headers)
    line = place.client.get(text.headers["location"].removeprefix("http://github")).text
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z working on deploy\n", line)
    early = place.client.get(f"{REPO}/actions/runs/{place.waiting.id}/logs", headers=headers)
    assert early.status_code == 404


def test_who_may_decide_is_told_to_each(place: Place) -> None:
    path = f"/actions/runs/{place.waiting.id}/pending_deployments"
    assert [one["current_user_can_approve"] for one in place.get(path)] == [True]
    assert [one["current_user_can_approve"] for one in place.get(path, by="on-call")] == [False]
    (pending,) = place.get(path)
    body = {"environment_ids": [pending["environment"]["id"]], "state": "approved", "comment": "ok"}
    refused = place.send(path, body, by="on-call")
    assert refused.status_code == 422
    assert "not permitted" in refused.json()["message"]
    approved = place.send(path, body)
    assert approved.status_code == 200, approved.text
    as_documented(list[models.Deployment], approved.json())
    history = place.get(f"/actions/runs/{place.waiting.id}/approvals")
    (approval,) = as_documented(list[models.EnvironmentApprovals], history)
    assert (approval.user.login, approval.state, approval.comment) == ("octo", "approved", "ok")


def test_what_cannot_be_answered_is_said(place: Place) -> None:
    headers = bearer(place.api.token_of("octo"))
    for path in ("/issues", "/commits/main/status", "/actions/runs/1/timing"):
        answer = place.client.get(REPO + path, headers=headers)
        assert answer.status_code == 501, path
        assert "docs/github.md" in answer.json()["message"]
    body = {"enable_debug_logging": True}
    assert place.send(f"/actions/runs/{place.done.id}/rerun", body).status_code == 501


def test_a_call_beyond_a_tokens_permissions_says_what_it_needs(
    place: Place, control_template: Origin
) -> None:
    job = replace(place.job, permissions={"contents": "read"})
    token = place.api.admit(place.done, job).token
    for method, path, needed in (
        ("POST", f"/actions/runs/{place.done.id}/cancel", "actions=write"),
        ("GET", "/actions/runs", "actions=read"),
        ("POST", "/git/refs", "contents=write"),
        ("GET", "/deployments", "deployments=read"),
        ("GET", "/actions/variables", "variables=read"),
    ):
        answer = place.client.ask(method, REPO + path, headers=bearer(token))
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            "Resource not accessible by integration",
        ), path
        assert answer.headers["x-accepted-github-permissions"] == needed
    assert place.client.get(f"{REPO}/commits", headers=bearer(token)).status_code == 200
    assert place.client.get("/api/v3/user", headers=bearer(token)).status_code == 403


def test_a_reader_reads_and_a_stranger_sees_nothing(place: Place) -> None:
    for by, expected in (("reader", (200, 403)), ("stranger", (404, 404))):
        headers = bearer(place.api.token_of(by))
        read = place.client.get(f"{REPO}/actions/runs", headers=headers).status_code
        path = f"{REPO}/actions/runs/{place.done.id}/rerun"
        assert (read, place.client.post(path, headers=headers).status_code) == expected
    assert len(place.get("/teams")) == 1
    headers = bearer(place.api.token_of("on-call"))
    assert place.client.get(f"{REPO}/teams", headers=headers).status_code == 403


def test_a_workflow_is_found_by_its_id_and_its_file_is_read(place: Place) -> None:
    (workflow,) = place.get("/actions/workflows")["workflows"]
    assert workflow["path"] == ".github/workflows/deploy.yml"
    assert place.get(f"/actions/workflows/{workflow['id']}") == workflow
    headers = {**bearer(place.api.token_of("octo")), "Accept": "application/vnd.github.raw+json"}
    path = f"{REPO}/contents/{workflow['path']}"
    assert place.client.get(path, headers=headers).text == DEPLOY
