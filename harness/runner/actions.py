"""Which actions a workflow uses, and what stands in for each of them.

    stand_ins(job)  ->  {"actions/checkout@v4": Path(...), ...}

act looks up an action by its repository and the ref that the workflow names, and nothing else will do
for it: so the workflow is read for its `uses:`, through the site's own actions and reusable workflows,
and each is given a folder. An action without one is refused before anything runs: act would go and
fetch it.
"""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import ConfigError, ProcessError
from harness.processes import run_tool
from harness.runner.job import Job

#: The actions that the doubles stand in for, whatever version a workflow names.
DOUBLES: Mapping[str, str] = {
    "actions/cache": "cache",
    "actions/checkout": "checkout",
    "actions/download-artifact": "download-artifact",
    "actions/github-script": "github-script",
    "actions/setup-node": "setup-node",
    "actions/setup-python": "setup-python",
    "actions/upload-artifact": "upload-artifact",
    "aws-actions/configure-aws-credentials": "configure-aws-credentials",
    "hashicorp/setup-terraform": "setup-terraform",
    "opentofu/setup-opentofu": "setup-opentofu",
}
#: Where the doubles lie, and in it what several of them share.
DOUBLES_DIR = Path(__file__).parent / "doubles"
COMMON = "common"
#: The section of a site's settings that names doubles.
SETTINGS_KEY = "[doubles.actions]"
#: Actions that use actions that use actions: deeper than GitHub allows.
DEEPEST = 10
_REMOTE = re.compile(r"^(?P<repository>[^/@\s]+/[^/@\s]+)(?:/(?P<path>[^@\s]+))?@(?P<ref>\S+)$")
_PINNED = re.compile(r"uses:\s*['\"]?(?P<uses>[^\s'\"#]+)['\"]?\s*#\s*v?(?P<major>\d+)")
_MAJOR = re.compile(r"^v?(\d+)(\.|$)")


@dataclass(frozen=True)
class Use:
    """One `uses:` of somebody else's action or reusable workflow, and the file in which it stands.

    `major` is the version that is meant, as far as the ref or the comment beside it tells.
    """

    repository: str
    path: str
    ref: str
    file: str
    major: str = ""

    @property
    def source(self) -> str:
        """As act looks it up."""
        return f"{self.repository}@{self.ref}"

    def __str__(self) -> str:
        """As the workflow says it."""
        return f"{self.repository}{'/' * bool(self.path)}{self.path}@{self.ref}"


def stand_ins(job: Job) -> dict[str, Path]:
    """A folder for every action that the job's workflow uses, by `repository@ref`.

    The folders are the job's own copies, wherever it runs and whatever it does to them.

    Raises:
        ConfigError: an action has no double; names it, and where the site can name one.
    """
    found: dict[str, Path] = {}
    seen: set[str] = set()
    source = job.source or job.workspace
    own = (source, job.workspace)
    waiting = list(_uses_in(source, job.workflow, own))
    for _ in range(DEEPEST):
        later: list[Use] = []
        for use in waiting:
            if str(use) in seen:
                continue
            seen.add(str(use))
            folder = job.directory / "actions" / re.sub(r"[^\w.@-]+", "-", use.source)
            _provide(use, folder, job)
            found[use.source] = folder
            later += _uses_in(folder, use.path, own)
        waiting = later
        if not waiting:
            break
    return found


def _provide(use: Use, folder: Path, job: Job) -> None:
    """Put what stands in for the action where act will look for it."""
    for name in (str(use), use.source, f"{use.repository}/{use.path}".rstrip("/"), use.repository):
        if name in job.doubles:
            inside = use.path if name in {str(use), f"{use.repository}/{use.path}"} else ""
            _copy(job.doubles[name], folder / inside)
            return
    if use.repository == job.environment.get("GITHUB_REPOSITORY"):
        _own_tree(use, folder, job)
    elif job.real_actions is not None:
        _copy(job.real_actions.fetch(use.repository, use.ref), folder)
    elif use.repository in DOUBLES:
        _copy(DOUBLES_DIR / DOUBLES[use.repository], folder)
        _copy(DOUBLES_DIR / COMMON, folder / COMMON)
        (folder / COMMON / "version").write_text(use.major)
        if not _file_of(folder, use.path):
            raise _no_double(use)
    else:
        raise _no_double(use)


def _no_double(use: Use) -> ConfigError:
    return ConfigError(
        file=use.file,
        key="uses",
        value=str(use),
        expected="an action that has a double",
        hint=f'name one in sitedrill.toml under {SETTINGS_KEY}: "{use}" = "drill/doubles/...", '
        "or fetch the real actions with --actions real",
    )


def _copy(source: Path, target: Path) -> None:
    # Two uses of one repository at one ref share a folder. A link stays a link: what it leads to may be
    # the person's own, and is not for the run to read.
    shutil.copytree(
        source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git")
    )


def _own_tree(use: Use, folder: Path, job: Job) -> None:
    """The site's own repository at the ref that its workflow names."""
    for ref in (f"origin/{use.ref}", use.ref):
        try:
            archive = run_tool(
                ["git", "-C", job.source or job.workspace, "archive", "--format=tar", ref]
            )
        except ProcessError:
            continue
        with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
            tree.extractall(folder, filter="data")
        return
    raise ConfigError(
        file=use.file, key="uses", value=str(use), expected="a branch, tag or commit of this site"
    )


def _uses_in(
    root: Path, path: str, own: tuple[Path, ...], above: tuple[Path, ...] = ()
) -> Iterator[Use]:
    """What a workflow or an action uses, through what it uses of its own repository.

    `own` are the folders from which the paths of that repository are read.
    """
    file = _file_of(root, path)
    if file is None or file in above:
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    majors = {match["uses"]: match["major"] for match in _PINNED.finditer(text)}
    where = str(file.relative_to(root)) if file.is_relative_to(root) else file.name
    for uses in _named_in(text):
        if uses.startswith("./"):
            # A path begins at the workspace, in an action from elsewhere too.
            inner = uses.removeprefix("./")
            place = next((folder for folder in own if _file_of(folder, inner)), root)
            yield from _uses_in(place, inner, own, (*above, file))
            continue
        match = _REMOTE.match(uses)
        if match is None or uses.startswith("docker://"):
            continue
        tagged = _MAJOR.match(match["ref"])
        yield Use(
            repository=match["repository"],
            path=match["path"] or "",
            ref=match["ref"],
            file=where,
            major=tagged[1] if tagged else majors.get(uses, ""),
        )


def _file_of(root: Path, path: str) -> Path | None:
    """The workflow at this path, or the description of the action in this folder."""
    if path.endswith((".yml", ".yaml")):
        candidates = [root / path]
    else:
        candidates = [root / path / "action.yml", root / path / "action.yaml"]
    return next((file for file in candidates if file.is_file()), None)


def _named_in(text: str) -> list[str]:
    """Every `uses` of a job, of a step, or of a composite action's step."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        return []  # act says what is wrong with it
    found: list[str] = []
    if not isinstance(data, dict):
        return found
    jobs = data.get("jobs")
    holders: list[Any] = [data.get("runs"), *(jobs.values() if isinstance(jobs, dict) else ())]
    for holder in holders:
        if isinstance(holder, dict):
            steps = holder.get("steps")
            found += [
                part["uses"]
                for part in (holder, *(steps if isinstance(steps, list) else ()))
                if isinstance(part, dict) and isinstance(part.get("uses"), str)
            ]
    return found
