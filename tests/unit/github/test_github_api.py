"""The servers that a run talks to: the dispatch API and the identity tokens."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from github_world import REPOSITORY, SOMEBODY, WHEN, commit

from harness.github.api import Credentials, GitHubApi
from harness.github.control import ControlPlane
from harness.github.numbers import number_of
from harness.github.oidc import ISSUER, Claims, Issuer

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
DISPATCHES = f"/api/v3/repos/{REPOSITORY}/actions/workflows/deploy.yml/dispatches"
GIVEN = {"environment": "prod", "reason": "the site is down"}


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits here: {seconds}")


class Client:
    """Asks an application without a socket; what it raises is raised here."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def get(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, **more))

    def post(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, **more))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, path, **more))

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://github") as client:
            return await client.request(method, path, **more)


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer.generate()


@pytest.fixture
def api(control: ControlPlane, issuer: Issuer) -> GitHubApi:
    return GitHubApi(control, issuer, clock=StoppedClock())


@pytest.fixture
def client(api: GitHubApi) -> Client:
    return Client(api.app)


@pytest.fixture
def run(api: GitHubApi, control: ControlPlane) -> Credentials:
    control.origin.tag_release("v1.0.0", control.origin.head(), author=SOMEBODY, when=WHEN)
    run = control.dispatch("deploy.yml", ref="v1.0.0", inputs=GIVEN, actor="on-call")
    (job,) = control.archive.jobs_of(run)
    return api.admit(run, job)


def bearer(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return {"Authorization": f"{scheme} {token}"}


def verified(issuer: Issuer, token: str, audience: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "RS256"
    key = jwt.PyJWKSet.from_dict(issuer.key_set())[header["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=audience,
        issuer=ISSUER,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    return claims


def test_a_run_may_dispatch(client: Client, run: Credentials, control: ControlPlane) -> None:
    answer = client.post(
        DISPATCHES, headers=bearer(run.token), json={"ref": "main", "inputs": GIVEN}
    )
    assert (answer.status_code, answer.content) == (204, b"")
    _, queued = control.archive.runs.find()
    assert (queued.file, queued.ref, queued.actor) == ("deploy.yml", "refs/heads/main", "on-call")
    assert queued.inputs["environment"] == "prod"


def test_the_old_scheme_is_taken_too(client: Client, run: Credentials) -> None:
    body = {"ref": "main", "inputs": GIVEN}
    answer = client.post(DISPATCHES, headers=bearer(run.token, "token"), json=body)
    assert answer.status_code == 204


@pytest.mark.parametrize(
    "headers", [{}, bearer("ghs_wrong"), bearer(""), {"Authorization": "Basic x"}], ids=repr
)
def test_nobody_else_may(
    client: Client, run: Credentials, control: ControlPlane, headers: dict[str, str]
) -> None:
    answer = client.post(DISPATCHES, headers=headers, json={"ref": "main", "inputs": GIVEN})
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    assert client.get("/oidc/token", headers=headers).status_code == 401
    assert control.archive.runs.count() == 1


def test_a_token_is_a_password_only_where_it_is_sent_as_one(
    client: Client, run: Credentials
) -> None:
    body = {"ref": "main", "inputs": GIVEN}
    headers = bearer(run.token, "Basic")
    assert client.post(DISPATCHES, headers=headers, json=body).status_code == 401
    password = base64.b64encode(f"x-access-token:{run.token}".encode()).decode()
    answer = client.post(DISPATCHES, headers=bearer(password, "Basic"), json=body)
    assert answer.status_code == 204


def test_a_token_may_do_what_its_job_may_and_no_more(
    client: Client, api: GitHubApi, run: Credentials
) -> None:
    body = {"ref": "main", "inputs": GIVEN}
    for permissions, status in (
        ({"actions": "write"}, 204),
        ({"actions": "read", "contents": "write"}, 403),
        ({}, 403),
    ):
        other = api.admit(run.run, replace(run.job, permissions=permissions))
        answer = client.post(DISPATCHES, headers=bearer(other.token), json=body)
        assert answer.status_code == status
        if status == 403:
            assert answer.json()["message"] == "Resource not accessible by integration"
        assert other.oidc == ""


@pytest.mark.parametrize(
    ("role", "status"),
    [("none", 404), ("read", 403), ("triage", 403), ("write", 204), ("admin", 204)],
)
def test_a_person_may_dispatch_who_may_write(
    control: ControlPlane, issuer: Issuer, role: str, status: int
) -> None:
    api = GitHubApi(control, issuer, clock=StoppedClock(), role_of=lambda _: role)
    body = {"ref": "main", "inputs": GIVEN}
    headers = bearer(api.token_of("on-call"))
    answer = Client(api.app).post(DISPATCHES, headers=headers, json=body)
    assert answer.status_code == status
    if status == 204:
        (run,) = control.archive.runs.find()
        assert (run.actor, run.by_run) == ("on-call", 0)


def test_a_persons_token_is_always_the_same(control: ControlPlane, issuer: Issuer) -> None:
    first, second = (GitHubApi(control, issuer, clock=StoppedClock()) for _ in range(2))
    assert first.token_of("Octo") == second.token_of("octo") != first.token_of("other")
    other = GitHubApi(control, Issuer.generate(), clock=StoppedClock())
    assert other.token_of("octo") != first.token_of("octo")


def test_a_run_that_is_over_has_no_say(client: Client, api: GitHubApi, run: Credentials) -> None:
    api.dismiss(run)
    api.dismiss(run)
    body = {"ref": "main", "inputs": GIVEN}
    assert client.post(DISPATCHES, headers=bearer(run.token), json=body).status_code == 401
    assert client.get("/oidc/token", headers=bearer(run.oidc)).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v3/repos/{REPOSITORY}/actions/workflows/other.yml/dispatches",
        "/api/v3/repos/harbourlight/other/actions/workflows/deploy.yml/dispatches",
        "/api/v3/repos/other/website/actions/workflows/deploy.yml/dispatches",
        "/api/v3/elsewhere",
    ],
)
def test_what_is_not_there(client: Client, run: Credentials, path: str) -> None:
    answer = client.post(path, headers=bearer(run.token), json={"ref": "main", "inputs": GIVEN})
    assert (answer.status_code, answer.json()["status"]) == (404, "404")
    assert answer.json()["message"].startswith("Not Found")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ref": "none", "inputs": GIVEN}, "No ref found for: none"),
        ({"ref": "main"}, "Required input 'environment' not provided"),
        ({"ref": "main", "inputs": None}, "Required input 'environment' not provided"),
        ({"ref": "main", "inputs": {**GIVEN, "no": "1"}}, 'Unexpected inputs provided: ["no"]'),
        ({"inputs": GIVEN}, '"ref" wasn\'t supplied.'),
        ({"ref": 1}, '"ref" wasn\'t supplied.'),
    ],
)
def test_what_cannot_be_done(
    client: Client, run: Credentials, control: ControlPlane, body: Any, message: str
) -> None:
    answer = client.post(DISPATCHES, headers=bearer(run.token), json=body)
    assert answer.status_code == 422
    assert answer.json()["message"].endswith(message)
    assert control.archive.runs.count() == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_what_is_not_json(client: Client, run: Credentials, body: bytes) -> None:
    answer = client.post(DISPATCHES, headers=bearer(run.token), content=body)
    assert (answer.status_code, answer.json()["message"]) == (400, "Problems parsing JSON")


def test_what_is_no_object(client: Client, run: Credentials) -> None:
    answer = client.post(DISPATCHES, headers=bearer(run.token), json=[])
    assert (answer.status_code, answer.json()["message"]) == (400, "Body should be a JSON object")


def test_a_token_says_what_the_job_is(
    client: Client, run: Credentials, issuer: Issuer, control: ControlPlane
) -> None:
    answer = client.get(
        "/oidc/token?run=1&audience=sts.amazonaws.com", headers=bearer(run.oidc)
    ).json()
    claims = verified(issuer, answer["value"], "sts.amazonaws.com")
    assert answer["count"] == len(answer["value"])
    start = int(NOW.timestamp())
    assert (claims["iat"], claims["nbf"], claims["exp"]) == (start, start, start + 300)
    assert claims["sub"] == f"repo:{REPOSITORY}:environment:prod"
    assert claims["environment"] == "prod"
    assert (claims["repository"], claims["repository_owner"]) == (REPOSITORY, "harbourlight")
    assert (claims["ref"], claims["ref_type"]) == ("refs/tags/v1.0.0", "tag")
    assert claims["sha"] == control.origin.head()
    assert (claims["run_id"], claims["run_attempt"]) == (run.run.key, "1")
    assert (claims["workflow"], claims["actor"]) == ("Deploy", "on-call")
    assert claims["event_name"] == "workflow_dispatch"


def test_by_default_a_token_is_for_the_owner(
    client: Client, run: Credentials, issuer: Issuer
) -> None:
    answers = [client.get("/oidc/token", headers=bearer(run.oidc)).json() for _ in range(2)]
    claims = [
        verified(issuer, answer["value"], "https://github.com/harbourlight") for answer in answers
    ]
    assert claims[0]["jti"] != claims[1]["jti"]
    with pytest.raises(jwt.InvalidAudienceError):
        verified(issuer, answers[0]["value"], "sts.amazonaws.com")


def test_the_keys_served_are_the_issuers(client: Client, issuer: Issuer) -> None:
    assert client.get("/oidc/.well-known/jwks").json() == issuer.key_set()
    configuration = client.get("/oidc/.well-known/openid-configuration").json()
    assert configuration["issuer"] == ISSUER


def test_a_token_of_another_issuer_does_not_verify(issuer: Issuer) -> None:
    claims = Claims("o/r", "refs/heads/main", "0" * 40, "W", "1", "1", "a", "push")
    forged = Issuer.generate().token(claims, audience="aws", now=NOW, token_id="x")
    with pytest.raises(jwt.InvalidSignatureError):
        verified(issuer, forged, "aws")


def test_a_token_runs_out_after_five_minutes(issuer: Issuer) -> None:
    claims = Claims("o/r", "refs/heads/main", "0" * 40, "W", "1", "1", "a", "push")
    token = issuer.token(claims, audience="aws", now=NOW, token_id="x")
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, issuer.key.public_key(), algorithms=["RS256"], audience="aws")


def test_without_an_environment_the_subject_is_the_ref(issuer: Issuer) -> None:
    claims = Claims("o/r", "refs/heads/main", "0" * 40, "W", "1", "1", "a", "push")
    token = issuer.token(claims, audience="aws", now=NOW, token_id="x")
    read = verified(issuer, token, "aws")
    assert (read["sub"], read["ref_type"]) == ("repo:o/r:ref:refs/heads/main", "branch")
    assert "environment" not in read


@pytest.mark.parametrize(
    ("event", "environment", "subject"),
    [
        ("push", "prod", "repo:o/r:environment:prod"),
        ("pull_request", "prod", "repo:o/r:environment:prod"),
        ("pull_request", "", "repo:o/r:pull_request"),
        ("workflow_dispatch", "", "repo:o/r:ref:refs/heads/main"),
        ("push", "a:b", "repo:o/r:environment:a%3Ab"),
    ],
)
def test_the_subject_has_githubs_forms(event: str, environment: str, subject: str) -> None:
    claims = Claims("o/r", "refs/heads/main", "0" * 40, "W", "1", "1", "a", event, environment)
    assert claims.subject == subject


def test_a_token_tells_the_workflow_that_the_job_stands_in(issuer: Issuer) -> None:
    claims = Claims("o/r", "refs/heads/main", "0" * 40, "W", "1", "1", "Ada", "push")
    called = replace(claims, workflow_ref="o/r/run.yml@x", job_workflow_ref="o/r/deploy.yml@x")
    for one, expected in ((called, "o/r/deploy.yml@x"), (claims, "")):
        read = verified(issuer, issuer.token(one, audience="aws", now=NOW, token_id="x"), "aws")
        assert read["job_workflow_ref"] == expected
        assert read["actor_id"] == str(number_of("ada"))
        assert {"repository_id", "repository_owner_id", "run_number"} <= set(read)


def test_a_saved_issuer_is_the_same_and_private(issuer: Issuer, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    issuer.save(path)
    assert path.stat().st_mode & 0o077 == 0
    assert Issuer.load(path).key_set() == issuer.key_set()
    assert "PRIVATE" not in repr(issuer)


def test_every_run_has_tokens_of_its_own(api: GitHubApi, run: Credentials) -> None:
    other = api.admit(run.run, run.job)
    assert len({run.token, run.oidc, other.token, other.oidc}) == 4
    assert run.token.startswith("ghs_")


@pytest.mark.parametrize("inputs", [["a"], [], "a", "", 0, False], ids=repr)
def test_inputs_that_are_no_object(
    client: Client, run: Credentials, control: ControlPlane, inputs: Any
) -> None:
    body = {"ref": "main", "inputs": inputs}
    answer = client.post(DISPATCHES, headers=bearer(run.token), json=body)
    assert answer.status_code == 422
    assert answer.json()["message"].endswith(" is not an object.")
    assert control.archive.runs.count() == 1


def test_a_job_token_gets_no_identity(client: Client, run: Credentials) -> None:
    assert client.get("/oidc/token", headers=bearer(run.token)).status_code == 401


def test_an_identity_request_token_dispatches_nothing(
    client: Client, run: Credentials, control: ControlPlane
) -> None:
    body = {"ref": "main", "inputs": GIVEN}
    assert client.post(DISPATCHES, headers=bearer(run.oidc), json=body).status_code == 401
    assert control.archive.runs.count() == 1


def test_a_title_that_does_not_parse(
    client: Client, run: Credentials, control: ControlPlane
) -> None:
    text = "on: workflow_dispatch\nrun-name: ${{ nope( }}"
    commit(control.origin, {".github/workflows/deploy.yml": text})
    answer = client.post(DISPATCHES, headers=bearer(run.token), json={"ref": "main"})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("run-name: ")
