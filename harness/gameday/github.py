"""GitHub's REST API, as far as a game day looks at it: workflows, runs, approvals, environments.

    github = GitHub(repository, token=find_token(), http=httpx.Client())

Nothing is changed there: the team responds with its own tools.
https://docs.github.com/en/rest/actions/workflow-runs
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from harness.errors import SitedrillError

#: https://docs.github.com/en/actions/reference/workflows-and-actions/variables
API = os.environ.get("GITHUB_API_URL") or "https://api.github.com"


class GitHubError(SitedrillError):
    """GitHub does not answer, or refuses; `status` is 0 where it did not answer."""

    def __init__(self, message: str, *, status: int = 0, hint: str = "") -> None:
        """`status` is HTTP's."""
        super().__init__(message, hint=hint)
        self.status = status


@dataclass(frozen=True)
class SeenRun:
    """A run, as GitHub tells of it; times are ISO 8601, `conclusion` is "" while it goes on."""

    id: int
    title: str
    workflow: str
    actor: str
    status: str
    conclusion: str
    created: str
    updated: str
    url: str
    attempt: int
    sha: str


@dataclass(frozen=True)
class SeenReview:
    """Somebody's word about a deployment."""

    run: int
    environment: str
    state: str
    by: str
    comment: str


def find_token(environment: Mapping[str, str] | None = None) -> str:
    """The person's token: `GH_TOKEN`, `GITHUB_TOKEN`, or what `gh auth token` says; "" for none.

    https://cli.github.com/manual/gh_auth_token
    """
    given = os.environ if environment is None else environment
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        if given.get(name):
            return given[name]
    try:
        told = subprocess.run(
            ["gh", "auth", "token"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


class GitHub:
    """One repository on GitHub; answers that have not changed cost nothing of the rate limit."""

    def __init__(self, repository: str, *, token: str, http: httpx.Client, url: str = "") -> None:
        """Nothing is asked yet.

        Args:
            repository: owner/name.
            token: of the person; "" for none.
            http: to ask with.
            url: of the API; by default `GITHUB_API_URL`, or github.com's.
        """
        self.repository = repository
        self._url = (url or API).rstrip("/")
        self._http = http
        self._headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        self._known: dict[str, tuple[str, Any]] = {}

    def workflow(self, file: str) -> Mapping[str, Any]:
        """A workflow by its file's name: `state` is `active` where it can be started."""
        return dict(self._get(f"/actions/workflows/{file}"))

    def reviewers(self, environment: str) -> list[str]:
        """Who must approve deployments to an environment; empty where nobody must.

        https://docs.github.com/en/rest/deployments/environments#get-an-environment
        """
        rules = self._get(f"/environments/{environment}").get("protection_rules", [])
        return [
            str(one["reviewer"].get("login") or one["reviewer"].get("slug"))
            for rule in rules
            if rule.get("type") == "required_reviewers"
            for one in rule.get("reviewers", [])
        ]

    def runs(self, file: str, since: str) -> list[SeenRun]:
        """Runs of a workflow that were created since then (ISO 8601), the newest first."""
        found = self._get(
            f"/actions/workflows/{file}/runs", {"created": f">={since}", "per_page": "30"}
        )
        runs = [_run(item) for item in found.get("workflow_runs", [])]
        return [run for run in runs if run.created >= since]

    def reviews(self, run: int) -> list[SeenReview]:
        """What reviewers have said about a run.

        https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
        """
        return [
            SeenReview(
                run=run,
                environment=str(environment.get("name", "")),
                state=str(item.get("state", "")),
                by=str((item.get("user") or {}).get("login", "")),
                comment=str(item.get("comment") or ""),
            )
            for item in self._get(f"/actions/runs/{run}/approvals")
            for environment in item.get("environments", [])
        ]

    def waits_for(self, run: int) -> list[str]:
        """Environments that a run waits to be let into.

        https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run
        """
        found = self._get(f"/actions/runs/{run}/pending_deployments")
        return [str(item["environment"]["name"]) for item in found]

    def refs(self, prefix: str) -> list[Mapping[str, Any]]:
        """Refs whose names begin like this, such as `tags/v0.0.0-`.

        https://docs.github.com/en/rest/git/refs#list-matching-references
        """
        return list(self._get(f"/git/matching-refs/{prefix}"))

    def tag_message(self, sha: str) -> str:
        """What an annotated tag says.

        https://docs.github.com/en/rest/git/tags#get-a-tag
        """
        return str(self._get(f"/git/tags/{sha}").get("message") or "")

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        url = f"{self._url}/repos/{self.repository}{path}"
        key = f"{url}?{sorted((query or {}).items())}"
        etag, body = self._known.get(key, ("", None))
        headers = {**self._headers, **({"If-None-Match": etag} if etag else {})}
        try:
            answer = self._http.get(url, params=dict(query or {}), headers=headers)
        except httpx.HTTPError as error:
            raise GitHubError(
                f"GitHub does not answer: {type(error).__name__}: {error}",
                hint=f"asked was {self._url}; GITHUB_API_URL names another one",
            ) from error
        if answer.status_code == 304:
            return body
        if answer.status_code != 200:
            raise _refusal(answer, url)
        try:
            found = answer.json()
        except ValueError as error:
            raise GitHubError(f"{url}: the answer is not JSON", status=200) from error
        if told := answer.headers.get("ETag"):
            self._known[key] = (told, found)
        return found


def _run(item: Mapping[str, Any]) -> SeenRun:
    actor = item.get("triggering_actor") or item.get("actor") or {}
    return SeenRun(
        id=int(item["id"]),
        title=str(item.get("display_title") or item.get("name") or ""),
        workflow=str(item.get("path") or "").partition("@")[0].rpartition("/")[2],
        actor=str(actor.get("login", "")),
        status=str(item.get("status") or ""),
        conclusion=str(item.get("conclusion") or ""),
        created=str(item.get("created_at") or ""),
        updated=str(item.get("updated_at") or ""),
        url=str(item.get("html_url") or ""),
        attempt=int(item.get("run_attempt") or 1),
        sha=str(item.get("head_sha") or ""),
    )


def _refusal(answer: httpx.Response, url: str) -> GitHubError:
    try:
        said = str(answer.json().get("message", ""))
    except (ValueError, AttributeError):
        said = answer.text[:120]
    hints = {
        401: "the token is not valid: GH_TOKEN, or `gh auth login`",
        403: "the token may not read this; a rate limit ends by itself",
        404: "it is not there, or the token (GH_TOKEN, `gh auth login`) may not see it",
    }
    return GitHubError(
        f"GitHub answers {answer.status_code} for {url}: {said}",
        status=answer.status_code,
        hint=hints.get(answer.status_code, ""),
    )
