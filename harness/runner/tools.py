"""The programs a drill needs: where each was found, which version, how to get it.

act is found on PATH, else in the user's cache, else made: the pinned release for the platform with
its checksum verified, or, where that cannot be reached, built by Go from the same version.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import platformdirs
from filelock import FileLock

from harness.errors import ProcessError, ToolMissingError
from harness.processes import run_tool

ACT_VERSION = "0.2.89"
ACT_MODULE = "github.com/nektos/act"
_RELEASES = f"https://{ACT_MODULE}/releases/download/v{ACT_VERSION}"
#: SHA-256 of the release archives that we know; on any other platform act is built.
ACT_ARCHIVES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Linux", "x86_64"): (
        "act_Linux_x86_64.tar.gz",
        "0191d6f1f3b716b5c55820032605d05fc3c1cdbf581ebeff655019e5dd1524c0",
    ),
}
_VERSION = re.compile(r"\d+(\.\d+)+")
#: Node 18 is the first with `fetch`, which the site's scripts and the doubles use.
OLDEST_NODE = 18


@dataclass(frozen=True)
class Tool:
    """One program: `path` is None when it is not there, `problem` says what is wrong with it.

    An `optional` one is needed by some sites only.
    """

    name: str
    path: Path | None
    version: str
    how_to_get: str
    problem: str = ""
    optional: bool = False

    @property
    def ready(self) -> bool:
        """Whether drills can use it."""
        return self.path is not None and not self.problem


def cache_directory() -> Path:
    """Where tools that we fetched or built are kept, for this user."""
    return platformdirs.user_cache_path("sitedrill")


def find_act(cache: Path, *, search: str | None = None) -> Tool:
    """Look for act on PATH (or on `search`), then in the cache; makes nothing."""
    hint = f"make setup, or go install {ACT_MODULE}@v{ACT_VERSION}"
    on_path = shutil.which("act", path=search)
    problem = ""
    for found in (Path(on_path) if on_path else None, _cached_act(cache)):
        if found is None:
            continue
        version = version_of(found)
        # Another version may print other things: the log is read as the pinned one writes it.
        if version == ACT_VERSION:
            return Tool("act", found, version, hint)
        problem = f"{found} is version {version or 'unknown'}, {ACT_VERSION} is needed"
    return Tool("act", None, "", hint, problem)


def ensure_act(
    cache: Path,
    *,
    say: Callable[[str], None],
    search: str | None = None,
    base_url: str = _RELEASES,
    go: str | None = None,
) -> Path:
    """The pinned act, made when it is nowhere.

    Args:
        cache: folder in which what is made is kept.
        say: told what is going on, since this may take a minute.
        search: PATH to look on, the process's own by default.
        base_url: where the release archives are.
        go: the Go command, looked for on PATH by default.

    Raises:
        ToolMissingError: neither way worked; names both.
    """
    found = find_act(cache, search=search)
    if found.path is not None:
        return found.path
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "act.lock"):
        found = find_act(cache, search=search)
        if found.path is not None:
            return found.path
        try:
            say(f"fetching act {ACT_VERSION}")
            return _download(cache, base_url)
        except (httpx.HTTPError, ToolMissingError) as error:
            fetching = str(error) or type(error).__name__
        try:
            say(
                f"the release cannot be fetched; building act {ACT_VERSION} with Go, about a minute"
            )
            go = go or shutil.which("go", path=search)
            return build_with_go(cache, go, ACT_MODULE, name="act", version=ACT_VERSION)
        except ProcessError as error:
            building = str(error)
    raise ToolMissingError(
        f"act {ACT_VERSION} is not here and cannot be made: "
        f"fetching {base_url} failed ({fetching}); "
        f"`go install {ACT_MODULE}@v{ACT_VERSION}` failed ({building})",
        hint="make one of the two possible, or put this version of act on PATH",
    )


def find_tools(cache: Path) -> tuple[Tool, ...]:
    """Everything a drill needs, found or not."""
    return (
        find_act(cache),
        _find("git", "Debian: apt-get install git; macOS: xcode-select --install"),
        _find_node(),
        _find("bash", "Debian: apt-get install bash"),
        _find_aws(),
    )


def aws_cli() -> Path:
    """The AWS CLI that was installed with us.

    Raises:
        ToolMissingError: it is not there.
    """
    found = _find_aws()
    if found.path is None:
        raise ToolMissingError("the AWS CLI is not installed", hint=found.how_to_get)
    return found.path


def version_of(program: Path, env: Mapping[str, str] | None = None) -> str:
    """The version that a program prints of itself, or nothing; `env` is all that it sees of one."""
    try:
        done = subprocess.run(
            [str(program), "--version"], env=env, capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _VERSION.search((done.stdout + done.stderr).decode(errors="replace"))
    return match.group() if match else ""


def _find(name: str, how: str) -> Tool:
    path = shutil.which(name)
    if path is None:
        return Tool(name, None, "", how, "not on PATH")
    return Tool(name, Path(path), version_of(Path(path)), how)


def _find_node() -> Tool:
    tool = _find("node", f"Node.js {OLDEST_NODE} or newer: from your system or nodejs.org")
    if tool.path is None:
        return tool
    major = int(tool.version.split(".")[0] or 0)
    if major >= OLDEST_NODE:
        return tool
    problem = f"version {tool.version}, {OLDEST_NODE} or newer is needed"
    return Tool(tool.name, tool.path, tool.version, tool.how_to_get, problem)


def _find_aws() -> Tool:
    # Beside the interpreter, not on PATH: the person's own AWS CLI may be another one.
    beside = Path(sys.executable).parent / "aws"
    how = "comes with sitedrill: make setup, or pip install awscli"
    if not beside.is_file():
        return Tool("aws", None, "", how, "not beside the Python that runs sitedrill")
    return Tool("aws", beside, version_of(beside), how)


def _cached_act(cache: Path) -> Path | None:
    path = cache / f"act-{ACT_VERSION}"
    return path if os.access(path, os.X_OK) else None


def _download(cache: Path, base_url: str) -> Path:
    known = ACT_ARCHIVES.get((platform.system(), platform.machine()))
    if known is None:
        raise ToolMissingError(f"no known release for {platform.system()} {platform.machine()}")
    name, expected = known
    url = f"{base_url}/{name}"
    answer = httpx.get(url, follow_redirects=True, timeout=httpx.Timeout(60, connect=10))
    answer.raise_for_status()
    actual = hashlib.sha256(answer.content).hexdigest()
    if actual != expected:
        raise ToolMissingError(f"{url} has SHA-256 {actual}, expected {expected}")
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        member = archive.extractfile("act")
        if member is None:
            raise ToolMissingError(f"{url} holds no act")
        return _keep(cache / f"act-{ACT_VERSION}", member.read())


def build_with_go(cache: Path, go: str | None, package: str, *, name: str, version: str) -> Path:
    """Build a program from its module, as pinned, and keep it in the cache.

    Go holds what it fetches against the public checksum database: https://go.dev/ref/mod#checksum-database

    Raises:
        ProcessError: there is no Go, or it failed.
    """
    if go is None:
        raise ProcessError("go is not on PATH")
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        env = {**os.environ, "GOBIN": scratch, "GOFLAGS": "-buildvcs=false"}
        run_tool([go, "install", f"{package}@v{version}"], env=env, timeout=900)
        binary = (Path(scratch) / name).read_bytes()
    return _keep(cache / f"{name}-{version}", binary)


def _keep(target: Path, binary: bytes) -> Path:
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(binary)
    scratch = Path(file.name)
    scratch.chmod(0o755)
    scratch.rename(target)
    return target
