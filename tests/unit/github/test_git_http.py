"""The repository over HTTP, with the git that runs use: fetched, pushed to, and nothing else changed."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from github_world import REPOSITORY, SOMEBODY, WHEN, control_of

from harness.clock import SystemClock
from harness.errors import ProcessError
from harness.github.api import GitHubApi, git_http
from harness.github.git import git, signature
from harness.github.oidc import Issuer
from harness.github.origin import Origin
from harness.serving import Serving

pytestmark = pytest.mark.unit

WHO = signature(SOMEBODY.handle, SOMEBODY.email, WHEN)


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    origin = Origin.create(tmp_path / "origin.git")
    for number in range(2):

        def change(tree: Path, number: int = number) -> None:
            (tree / "page").write_text(str(number) * 100_000)

        origin.commit(change, message="A change", author=SOMEBODY, when=WHEN)
    return origin


@pytest.fixture
def api(origin: Origin) -> GitHubApi:
    roles = {"reader": "read", "stranger": "none"}
    return GitHubApi(
        control_of(origin),
        Issuer.generate(),
        clock=SystemClock(),
        role_of=lambda handle: roles.get(handle, "write"),
    )


@pytest.fixture
def address(api: GitHubApi) -> Iterator[str]:
    with Serving() as serving:
        yield f"{serving.host}:{serving.serve(api.app)}"


def as_(handle: str, api: GitHubApi, address: str) -> str:
    return f"http://{handle}:{api.token_of(handle)}@{address}"


@pytest.fixture
def server(api: GitHubApi, address: str) -> str:
    return as_("writer", api, address)


@pytest.fixture
def url(server: str) -> str:
    return GitHubApi.git_url(server, REPOSITORY)


def test_nobody_reads_without_a_token(tmp_path: Path, address: str) -> None:
    url = GitHubApi.git_url(f"http://{address}", REPOSITORY)
    with pytest.raises(ProcessError, match="could not read Username"):
        git(tmp_path, "clone", url, "clone")


def test_who_may_read_may_not_push(tmp_path: Path, api: GitHubApi, address: str) -> None:
    url = GitHubApi.git_url(as_("reader", api, address), REPOSITORY)
    git(tmp_path, "clone", "--quiet", url, "work")
    git(tmp_path / "work", "commit", "--quiet", "--allow-empty", "-m", "Empty", env=WHO)
    with pytest.raises(ProcessError, match="403"):
        git(tmp_path / "work", "push", "origin", "HEAD:main")


def test_strangers_find_nothing(tmp_path: Path, api: GitHubApi, address: str) -> None:
    url = GitHubApi.git_url(as_("stranger", api, address), REPOSITORY)
    with pytest.raises(ProcessError, match="not found"):
        git(tmp_path, "clone", url, "clone")


@pytest.mark.parametrize("protocol", [0, 2])
@pytest.mark.parametrize("ending", ["", ".git"])
def test_a_clone(tmp_path: Path, origin: Origin, url: str, protocol: int, ending: str) -> None:
    version = f"protocol.version={protocol}"
    git(tmp_path, "-c", version, "clone", "--quiet", url + ending, "clone")
    assert git(tmp_path / "clone", "rev-parse", "HEAD") == origin.head()
    assert git(tmp_path / "clone", "rev-list", "--count", "HEAD") == "2"


def test_one_commit_by_its_id_and_no_more(tmp_path: Path, origin: Origin, url: str) -> None:
    git(tmp_path, "init", "--quiet", "work")
    work = tmp_path / "work"
    git(work, "fetch", "--quiet", "--depth=1", url, origin.head())
    assert git(work, "rev-list", "--count", "FETCH_HEAD") == "1"


def test_pushes_of_branches_and_tags_and_their_removal(
    tmp_path: Path, origin: Origin, url: str
) -> None:
    git(tmp_path, "clone", "--quiet", url, "work")
    work = tmp_path / "work"
    git(work, "commit", "--quiet", "--allow-empty", "-m", "Empty", env=WHO)
    git(work, "tag", "-a", "v0.0.0-hotfix.1", "-m", "why", env=WHO)
    git(work, "push", "--quiet", "origin", "HEAD:main", "v0.0.0-hotfix.1", "HEAD:refs/heads/other")
    assert origin.head() == git(work, "rev-parse", "HEAD")
    assert [tag.message for tag in origin.tags()] == ["why"]
    git(origin.path, "pack-refs", "--all")
    git(work, "push", "--quiet", "--delete", "origin", "other", "v0.0.0-hotfix.1")
    assert (list(origin.tips()), origin.tags()) == (["refs/heads/main"], ())


def test_a_push_that_would_lose_commits_is_refused(
    tmp_path: Path, origin: Origin, url: str
) -> None:
    git(tmp_path, "clone", "--quiet", url, "work")
    work = tmp_path / "work"
    git(work, "reset", "--quiet", "--hard", "HEAD^")
    before = origin.head()
    with pytest.raises(ProcessError, match="rejected"):
        git(work, "push", "origin", "HEAD:main")
    assert origin.head() == before


def test_a_large_push_in_pieces(tmp_path: Path, origin: Origin, url: str) -> None:
    git(tmp_path, "clone", "--quiet", url, "work")
    work = tmp_path / "work"
    (work / "large").write_bytes(random.Random(1).randbytes(20 << 20))  # noqa: S311 - any bytes
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "Large", env=WHO)
    git(work, "push", "--quiet", "origin", "HEAD:main")
    assert origin.head() == git(work, "rev-parse", "HEAD")
    git(origin.path, "fsck", "--full")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("somebody/else/info/refs?service=git-upload-pack", 404),
        (f"{REPOSITORY}/info/refs?service=git-upload-archive", 403),
        (f"{REPOSITORY}/info/refs", 403),
        (f"{REPOSITORY}/config", 404),
        (f"{REPOSITORY}/../../../etc/passwd", 404),
    ],
)
def test_what_is_not_there(server: str, path: str, status: int) -> None:
    assert httpx.get(f"{server}{git_http.PLACE}/{path}").status_code == status


def test_a_request_that_unpacks_to_too_much_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_http, "LARGEST", 1 << 20)
    answer = httpx.post(
        f"{url}/git-receive-pack",
        content=gzip.compress(bytes(2 << 20)),
        headers={"content-encoding": "gzip"},
    )
    assert answer.status_code == 413
    answer = httpx.post(
        f"{url}/git-upload-pack", content=b"not packed", headers={"content-encoding": "gzip"}
    )
    assert answer.status_code == 413


def test_nonsense_is_answered_and_changes_nothing(origin: Origin, url: str) -> None:
    before = origin.tips()
    for service in git_http.SERVICES:
        assert httpx.post(f"{url}/{service}", content=b"nonsense").status_code == 200
    assert origin.tips() == before
