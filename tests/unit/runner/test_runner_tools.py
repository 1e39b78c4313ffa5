"""act is found, or made and verified, or asked for; what was made is whole."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.errors import ToolMissingError
from harness.runner import tools
from harness.runner.tools import ACT_VERSION, Tool, ensure_act, find_act, version_of
from harness.serving import Serving

pytestmark = pytest.mark.unit

MADE = f"act-{ACT_VERSION}"
PLATFORM = ("Linux", "x86_64")


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def act_saying(version: str) -> str:
    return f"#!/bin/sh\necho act version {version}\n"


def archive(**members: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


RELEASE = archive(LICENSE="MIT", act=act_saying(ACT_VERSION))


class Releases:
    """A server of release archives, and what it was asked for."""

    def __init__(self, serving: Serving) -> None:
        self.files: dict[str, bytes] = {"/act.tar.gz": RELEASE}
        self.asked: list[str] = []
        app = Starlette(routes=[Route("/{name}", self._answer)])
        self.url = f"http://127.0.0.1:{serving.serve(app)}"

    async def _answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        found = self.files.get(request.url.path)
        return Response(found or b"", 404 if found is None else 200)


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    digest = hashlib.sha256(RELEASE).hexdigest()
    monkeypatch.setattr(tools, "ACT_ARCHIVES", {PLATFORM: ("act.tar.gz", digest)})
    monkeypatch.setattr(tools.platform, "system", lambda: PLATFORM[0])
    monkeypatch.setattr(tools.platform, "machine", lambda: PLATFORM[1])
    with Serving() as serving:
        yield Releases(serving)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def go(tmp_path: Path) -> str:
    """A Go that builds what it is asked for, and notes how it was asked."""
    script = (
        f'echo "$@" >> "{tmp_path}/asked"\n'
        f"printf '#!/bin/sh\\necho act version {ACT_VERSION}\\n' > \"$GOBIN/act\"\n"
        'chmod +x "$GOBIN/act"'
    )
    return str(program(tmp_path / "go" / "go", script))


def left(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.name != "act.lock")


def test_act_is_found_on_path(tmp_path: Path, cache: Path) -> None:
    on_path = program(tmp_path / "bin" / "act", f"echo act version {ACT_VERSION}")
    found = find_act(cache, search=str(on_path.parent))
    assert (found.path, found.version, found.problem) == (on_path, ACT_VERSION, "")
    assert found.ready
    made = ensure_act(cache, say=pytest.fail, search=str(on_path.parent), base_url="http://none")
    assert made == on_path


@pytest.mark.parametrize(
    ("script", "says"), [("echo act version 0.2.1", "version 0.2.1"), ("exit 1", "version unknown")]
)
def test_another_version_on_path_is_a_problem(
    tmp_path: Path, cache: Path, script: str, says: str
) -> None:
    on_path = program(tmp_path / "bin" / "act", script)
    found = find_act(cache, search=str(on_path.parent))
    assert found.problem == f"{on_path} is {says}, {ACT_VERSION} is needed"
    assert found.path is None
    assert not found.ready
    assert f"@v{ACT_VERSION}" in found.how_to_get


def test_the_cache_makes_up_for_another_version_on_path(tmp_path: Path, cache: Path) -> None:
    on_path = program(tmp_path / "bin" / "act", "echo act version 0.2.1")
    cached = program(cache / MADE, f"echo act version {ACT_VERSION}")
    found = find_act(cache, search=str(on_path.parent))
    assert (found.path, found.problem) == (cached, "")


def test_act_is_nowhere(tmp_path: Path, cache: Path) -> None:
    assert find_act(cache, search=str(tmp_path)) == Tool(
        "act", None, "", find_act(cache, search=str(tmp_path)).how_to_get
    )
    assert not cache.exists()


def test_the_release_is_fetched_once(tmp_path: Path, cache: Path, releases: Releases) -> None:
    said: list[str] = []
    for _ in range(2):
        made = ensure_act(
            cache, say=said.append, search=str(tmp_path), base_url=releases.url, go="no-go"
        )
        assert made == cache / MADE
    assert version_of(cache / MADE) == ACT_VERSION
    assert os.access(cache / MADE, os.X_OK)
    assert releases.asked == ["/act.tar.gz"]
    assert said == [f"fetching act {ACT_VERSION}"]
    assert left(cache) == [MADE]


@pytest.mark.parametrize("wrong", [archive(act=act_saying("9.9.9")), b"not an archive", None])
def test_what_is_not_the_release_is_not_used_and_go_builds(
    tmp_path: Path, cache: Path, releases: Releases, go: str, wrong: bytes | None
) -> None:
    releases.files = {"/act.tar.gz": wrong} if wrong else {}
    said: list[str] = []
    made = ensure_act(cache, say=said.append, search=str(tmp_path), base_url=releases.url, go=go)
    assert (made, version_of(made)) == (cache / MADE, ACT_VERSION)
    asked = (tmp_path / "asked").read_text()
    assert asked == f"install github.com/nektos/act@v{ACT_VERSION}\n"
    assert said[1].startswith("the release cannot be fetched; building")
    assert left(cache) == [MADE]


def test_a_platform_without_a_known_release_is_built_for(
    tmp_path: Path, cache: Path, releases: Releases, go: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools.platform, "machine", lambda: "riscv64")
    ensure_act(cache, say=str, search=str(tmp_path), base_url=releases.url, go=go)
    assert releases.asked == []
    assert left(cache) == [MADE]


def test_neither_way_names_both(tmp_path: Path, cache: Path, releases: Releases) -> None:
    releases.files["/act.tar.gz"] = b"tampered"
    go = program(tmp_path / "go" / "go", 'echo half > "$GOBIN/act"; echo no network >&2; exit 1')
    with pytest.raises(ToolMissingError) as caught:
        ensure_act(cache, say=str, search=str(tmp_path), base_url=releases.url, go=str(go))
    message = caught.value.message
    actual = hashlib.sha256(b"tampered").hexdigest()
    assert f"fetching {releases.url} failed" in message
    assert f"act.tar.gz has SHA-256 {actual}, expected " in message
    assert f"`go install github.com/nektos/act@v{ACT_VERSION}` failed" in message
    assert "no network" in message
    assert "PATH" in caught.value.hint
    assert left(cache) == []


def test_neither_network_nor_go(tmp_path: Path, cache: Path, releases: Releases) -> None:
    with Serving() as serving:
        closed = f"http://127.0.0.1:{serving.bind().getsockname()[1]}"
    with pytest.raises(ToolMissingError, match="go is not on PATH") as caught:
        ensure_act(cache, say=str, search=str(tmp_path), base_url=closed)
    assert f"fetching {closed} failed (" in caught.value.message
    assert left(cache) == []


def test_go_is_looked_for_on_path(tmp_path: Path, cache: Path, releases: Releases, go: str) -> None:
    releases.files.clear()
    ensure_act(cache, say=str, search=str(Path(go).parent), base_url=releases.url)
    assert left(cache) == [MADE]


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo tool version 1.2.3", "1.2.3"),
        ("echo v20.11 >&2", "20.11"),
        ("echo nothing to see", ""),
        ("echo 1.2; exit 3", "1.2"),
    ],
)
def test_versions_are_what_programs_print(tmp_path: Path, script: str, version: str) -> None:
    assert version_of(program(tmp_path / "tool", script)) == version


def test_what_does_not_run_has_no_version(tmp_path: Path) -> None:
    assert version_of(tmp_path / "none") == ""
    (tmp_path / "text").write_text("text")
    assert version_of(tmp_path / "text") == ""


def test_everything_a_drill_needs_is_looked_for(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "node", "echo v16.20.2")
    program(tmp_path / "git", "echo git version 2.43.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    found = {tool.name: tool for tool in tools.find_tools(cache)}
    assert list(found) == ["act", "git", "node", "bash", "aws"]
    assert {name for name, tool in found.items() if tool.ready} == {"git"}
    assert found["git"].version == "2.43.0"
    assert found["node"].problem == "version 16.20.2, 18 or newer is needed"
    assert found["bash"].problem == "not on PATH"
    assert found["aws"].problem == "not beside the Python that runs sitedrill"
    assert all(tool.how_to_get for tool in found.values())
    with pytest.raises(ToolMissingError, match="the AWS CLI is not installed"):
        tools.aws_cli()


def test_the_aws_cli_is_the_one_beside_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = program(tmp_path / "venv" / "aws", "echo aws-cli/1.44.7 Python/3.11")
    program(tmp_path / "path" / "aws", "echo aws-cli/2.0.0")
    monkeypatch.setenv("PATH", f"{tmp_path}/path:{os.defpath}")
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "venv" / "python"))
    assert tools.aws_cli() == beside
