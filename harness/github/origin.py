"""The site's repository as GitHub holds it: a bare repository that every run clones and pushes to."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from harness.errors import DispatchError, ProcessError
from harness.github.actors import Actor
from harness.github.git import git, signature

DEFAULT_BRANCH = "main"
_SHA = re.compile(r"[0-9a-f]{40}")
#: How long after one commit the next is made, where nobody says: believable, and seldom in the future.
PACE = timedelta(minutes=10)


@dataclass(frozen=True)
class Tag:
    """A tag as it stands in the origin; `message` and `tagger` are empty for a lightweight one."""

    name: str
    commit: str
    annotated: bool
    message: str
    tagger: str


@dataclass(frozen=True)
class ResolvedRef:
    """What a dispatched ref stands for: `full` like `refs/heads/main`, `sha` its commit."""

    full: str
    sha: str


class Origin:
    """A bare repository; making commits and tags here is what developers do."""

    def __init__(self, path: Path) -> None:
        """`path` is the bare repository, which must be there."""
        self.path = path

    @classmethod
    def create(cls, path: Path, *, branch: str = "") -> Origin:
        """A new, empty bare repository; its default branch is `main` unless said otherwise."""
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", f"--initial-branch={branch or DEFAULT_BRANCH}")
        return cls(path).as_on_github()

    def as_on_github(self) -> Origin:
        """Any commit may be fetched by its full id, and no hook runs."""
        for key in ("uploadpack.allowAnySHA1InWant", "uploadpack.allowFilter"):
            git(self.path, "config", key, "true")
        return self

    @cached_property
    def default_branch(self) -> str:
        """The branch that HEAD names: `main`, for most."""
        return git(self.path, "symbolic-ref", "--short", "HEAD")

    def copy_to(self, path: Path) -> Origin:
        """A second origin with the same history, independent of this one."""
        shutil.copytree(self.path, path)
        return Origin(path)

    @property
    def url(self) -> str:
        """Where git can clone it from."""
        return self.path.as_uri()

    def commit(
        self,
        change: Callable[[Path], None],
        *,
        message: str,
        author: Actor,
        when: datetime,
        branch: str | None = None,
    ) -> str:
        """Commit what `change` does to a checkout of a branch (the default one), and return it.

        A branch that is not there yet begins at the default branch.

        Raises:
            ProcessError: git refuses, or nothing was changed.
        """
        branch = branch or self.default_branch
        checkout = self.path.with_name(f"{self.path.name}.commit")
        shutil.rmtree(checkout, ignore_errors=True)
        try:
            # What we write goes nowhere but into the checkout: a link is a file there.
            clone = ("clone", "--quiet", "--shared", "--config", "core.symlinks=false")
            git(self.path.parent, *clone, str(self.path), str(checkout))
            tips = self.tips()
            start = [f"refs/remotes/origin/{branch}"] if f"refs/heads/{branch}" in tips else []
            if start or not tips:
                git(checkout, "checkout", "--quiet", "-B", branch, *start)
            change(checkout)
            git(checkout, "add", "--all")
            who = signature(author.handle, author.email, when)
            git(checkout, "commit", "--quiet", "--message", message, env=who)
            git(checkout, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
            return git(checkout, "rev-parse", "HEAD")
        finally:
            shutil.rmtree(checkout, ignore_errors=True)

    def tag_release(self, name: str, commit: str, *, author: Actor, when: datetime) -> None:
        """Tag a commit as a release (annotated), as the team does before it deploys."""
        who = signature(author.handle, author.email, when)
        git(self.path, "tag", "--annotate", "--message", f"Release {name}", name, commit, env=who)

    def forget_tag(self, name: str) -> None:
        """As if a tag had never been made."""
        git(self.path, "tag", "--delete", name)

    def clone_to(self, path: Path, sha: str, *, remote: str = "") -> None:
        """A fresh clone at a commit, as a run's workspace; it pushes to `remote`, else to our files."""
        git(self.path.parent, "clone", "--quiet", "--no-checkout", self.url, str(path))
        git(path, "checkout", "--quiet", "--detach", sha)
        if remote:
            git(path, "remote", "set-url", "origin", remote)

    def export(self, commit: str, path: Path) -> None:
        """The files of a commit, without history."""
        path.mkdir(parents=True, exist_ok=True)
        index = path.with_name(f"{path.name}.index")
        try:
            where = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(path)}
            git(self.path, "read-tree", commit, env=where)
            git(self.path, "checkout-index", "--all", "--force", env=where)
        finally:
            index.unlink(missing_ok=True)

    def read_file(self, commit: str, name: str) -> str | None:
        """A file's text at a commit, or None when it is not there."""
        try:
            return git(self.path, "show", f"{commit}:{name}")
        except ProcessError:
            return None

    def files(self, commit: str, folder: str) -> list[str]:
        """The files under a folder at a commit."""
        return git(self.path, "ls-tree", "-r", "--name-only", commit, "--", folder).splitlines()

    def tips(self) -> Mapping[str, str]:
        """Every branch and tag with the object it names."""
        lines = git(self.path, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def resolve(self, ref: str) -> ResolvedRef:
        """What a dispatch's `ref` (a branch or tag, short or full) stands for.

        Raises:
            DispatchError: GitHub's 422, there is no such branch or tag.
        """
        candidates = [ref] if ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
        if found := self._loose(candidates[0]):
            return ResolvedRef(candidates[0], found)
        tips = self.tips()
        for full in candidates:
            if full in tips:
                return ResolvedRef(full, git(self.path, "rev-parse", f"{full}^{{commit}}"))
        raise DispatchError(f"No ref found for: {ref}")

    def tags(self) -> tuple[Tag, ...]:
        """Every tag, in the order of their names."""
        fields = ("%(refname:short)", "%(objecttype)", "%(*objectname)", "%(objectname)")
        form = "%00".join((*fields, "%(taggername)", "%(contents)")) + "%01"
        found = []
        for entry in git(self.path, "for-each-ref", "refs/tags", f"--format={form}").split("\x01"):
            if not entry.strip():
                continue
            name, kind, target, own, tagger, message = entry.lstrip("\n").split("\0", 5)
            annotated = kind == "tag"
            found.append(
                Tag(
                    name=name,
                    commit=target if annotated else own,
                    annotated=annotated,
                    message=message.strip() if annotated else "",
                    tagger=tagger,
                )
            )
        return tuple(found)

    def head(self, branch: str | None = None) -> str:
        """The commit a branch stands at, the default one when none is named."""
        full = f"refs/heads/{branch or self.default_branch}"
        return self._loose(full) or git(self.path, "rev-parse", full)

    def _loose(self, full: str) -> str:
        """The commit of a branch that has a file of its own; empty for any other, which git knows.

        Where a branch stands is asked for at every turn of every run, and git is a process each time.
        https://git-scm.com/docs/gitrepository-layout#Documentation/gitrepository-layout.txt-refs
        """
        if not full.startswith("refs/heads/") or ".." in full:
            return ""
        try:
            text = (self.path / full).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""
        return text if _SHA.fullmatch(text) else ""

    def last_commit_time(self, branch: str | None = None) -> datetime:
        """When the newest commit of a branch was made."""
        name = branch or self.default_branch
        return datetime.fromisoformat(git(self.path, "log", "-1", "--format=%cI", name))

    def next_time(self, branch: str | None = None) -> datetime:
        """A believable time for the next commit."""
        return self.last_commit_time(branch) + PACE
