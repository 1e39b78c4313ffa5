"""A team's own repository as a drill's origin: a copy of it, with its tags and branches, at HEAD.

What is not committed is not drilled; `uncommitted` says what that is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.errors import ProcessError
from harness.github.git import git
from harness.github.origin import DEFAULT_BRANCH, Origin

_IGNORED = shutil.ignore_patterns(".git", "node_modules", "__pycache__")


def is_repository(site: Path) -> bool:
    """Whether the site's folder is a git repository of its own, not a folder in another one."""
    try:
        return Path(_ask(site, "rev-parse", "--show-toplevel")).resolve() == site.resolve()
    except ProcessError:
        return False


def has_commits(site: Path) -> bool:
    """Whether there is a HEAD to drill."""
    try:
        return bool(_ask(site, "rev-parse", "--verify", "--quiet", "HEAD"))
    except ProcessError:
        return False


def uncommitted(site: Path) -> list[str]:
    """The files that differ from HEAD; ignored ones do not count."""
    return [line[3:] for line in _ask(site, "status", "--porcelain").splitlines()]


def commit_of(site: Path) -> str | None:
    """The commit that is drilled, as 40 hex digits.

    None where none says what is drilled: the site has no history, or is a folder of another repository
    and differs from what is committed there.
    """
    try:
        # In a repository of its own HEAD is drilled, in a folder of another one what lies there.
        if is_repository(site):
            return _ask(site, "rev-parse", "HEAD")
        if _ask(site, "status", "--porcelain", "--", "."):
            return None
        return _ask(site, "log", "-1", "--format=%H", "--", ".") or None
    except ProcessError:
        return None


def clone_of(site: Path, path: Path, *, branch: str = "") -> Origin:
    """A bare copy of a repository, in which the default branch stands at its HEAD.

    Args:
        site: the repository; only read.
        path: where the copy goes.
        branch: the default branch; when empty, the one that its remote names, else the one that is
            checked out, else `main`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    head = _ask(site, "rev-parse", "HEAD")
    name = branch or _default_branch(site)
    trusted = path.with_name(f"{path.name}.gitconfig")
    trusted.write_text("[safe]\n\tdirectory = *\n")
    try:
        env = {"GIT_CONFIG_GLOBAL": str(trusted)}
        git(
            path.parent,
            "clone",
            "--quiet",
            "--bare",
            "--no-hardlinks",
            str(site),
            str(path),
            env=env,
        )
        # A detached HEAD is on no branch: its commits are fetched by themselves.
        git(path, "fetch", "--quiet", str(site), "HEAD", env=env)
    finally:
        trusted.unlink()
    git(path, "remote", "remove", "origin")
    git(path, "update-ref", f"refs/heads/{name}", head)
    git(path, "symbolic-ref", "HEAD", f"refs/heads/{name}")
    return Origin(path).as_on_github()


def copy_files(site: Path, tree: Path) -> None:
    """The files of a site that has no history, into a checkout.

    A link stays one: what it leads to may be the person's own.
    """
    shutil.copytree(site, tree, symlinks=True, dirs_exist_ok=True, ignore=_IGNORED)


def _default_branch(site: Path) -> str:
    for ref in ("refs/remotes/origin/HEAD", "HEAD"):
        try:
            full = _ask(site, "symbolic-ref", "--quiet", ref)
        except ProcessError:
            continue
        return full.removeprefix("refs/remotes/origin/").removeprefix("refs/heads/")
    return DEFAULT_BRANCH


def _ask(site: Path, *question: str) -> str:
    return git(site, "-c", "safe.directory=*", *question)
