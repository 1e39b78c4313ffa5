"""What a push to the repository starts: every branch and tag that stands elsewhere than before.

A push with a run's own token starts nothing, so that no workflow calls itself for ever:
https://docs.github.com/en/actions/concepts/security/github_token#when-github_token-triggers-workflow-runs
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DispatchError, ProcessError
from harness.github.following import push_event, takes_push
from harness.github.git import git
from harness.github.requests import request
from harness.github.runs import Run

if TYPE_CHECKING:
    from harness.github.control import ControlPlane

#: Who pushed, where nobody knows: the process was killed before it was written down.
UNKNOWN = "ghost"


@dataclass(frozen=True)
class Pusher:
    """Whose push it is; `by` is the run whose token it was made with."""

    handle: str
    by: Run | None = None
    role: str = ""


class Pushes:
    """The part of the control plane that sees what was pushed."""

    def __init__(self, control: ControlPlane) -> None:
        """`control` is what it is a part of."""
        self._control = control
        store = control.archive.store
        with store.change():
            store.rows("CREATE TABLE IF NOT EXISTS tips (ref TEXT PRIMARY KEY, object TEXT)")
            store.rows("CREATE TABLE IF NOT EXISTS pushers (id INTEGER PRIMARY KEY, told TEXT)")
            if not self._known():
                self._remember(control.origin.tips())

    def announce(self, pusher: Pusher) -> None:
        """Somebody is about to push: should we be killed meanwhile, it is known who it was."""
        told = json.dumps(
            {
                "handle": pusher.handle,
                "by": pusher.by.id if pusher.by else 0,
                "role": pusher.role,
            }
        )
        with self._control.archive.store.change():
            self._control.archive.store.rows(
                "INSERT OR REPLACE INTO pushers VALUES (1, ?)", (told,)
            )

    def pushed(self, pusher: Pusher) -> list[Run]:
        """Look at what stands elsewhere than before, and start what that starts.

        The journal is told of every tag.
        """
        control, begun = self._control, []
        with control.changing():
            before, after = self._known(), dict(control.origin.tips())
            self._remember(after)
            moved = [ref for ref in {**before, **after} if before.get(ref) != after.get(ref)]
            for ref in sorted(moved):
                begun += self._moved(ref, before.get(ref, ""), after.get(ref, ""), pusher)
        return begun

    def pushed_tag(self, tag: str, pusher: Pusher) -> list[Run]:
        """Somebody pushes this tag, which stands in the repository already.

        Raises:
            DispatchError: there is no such tag.
        """
        ref = f"refs/tags/{tag}"
        sha = self._control.origin.resolve(ref).sha
        with self._control.changing():
            self._remember(self._control.origin.tips())
            return self._moved(ref, "", sha, pusher)

    def unseen(self) -> None:
        """What was committed and tagged just now starts nothing: it is the past."""
        with self._control.archive.store.change():
            self._remember(self._control.origin.tips())

    def catch_up(self) -> None:
        """Whatever was pushed while nobody looked."""
        found = self._control.archive.store.rows("SELECT told FROM pushers WHERE id = 1")
        told = json.loads(found[0][0]) if found else {}
        by = self._control.archive.runs.get(told["by"]) if told.get("by") else None
        self.pushed(Pusher(told.get("handle", UNKNOWN), by, told.get("role", "")))

    def _moved(self, ref: str, before: str, after: str, pusher: Pusher) -> list[Run]:
        control = self._control
        if ref.startswith("refs/tags/") and after:
            self._journal_tag(ref.removeprefix("refs/tags/"), pusher)
        if pusher.by is not None or not after:
            return []
        sha = control.origin.resolve(ref).sha
        event = {
            **push_event(
                ref,
                before,
                after,
                repository=control.repository,
                default_branch=control.origin.default_branch,
                pusher=pusher.handle,
            ),
            "head_commit": {"id": sha, "message": self._message(sha)},
        }
        changed = self._changed(ref, before, after)
        begun = []
        for workflow in control.library.every(sha):
            if not takes_push(workflow, ref, changed):
                continue
            try:
                run = request(
                    control,
                    workflow,
                    event_name="push",
                    event=event,
                    ref=ref,
                    sha=sha,
                    actor=pusher.handle,
                    role=pusher.role,
                )
            except DispatchError:
                continue
            begun.append(control.begin(run))
        return begun

    def _journal_tag(self, name: str, pusher: Pusher) -> None:
        tag = next((tag for tag in self._control.origin.tags() if tag.name == name), None)
        if tag is not None and pusher.by is not None:
            self._control.told.write(
                "tag",
                run=pusher.by.key,
                name=tag.name,
                commit=tag.commit,
                annotated=tag.annotated,
                message=tag.message,
                tagger=tag.tagger,
            )

    def _changed(self, ref: str, before: str, after: str) -> Collection[str] | None:
        """The files that a push changed; None where GitHub does not look."""
        if not before or ref.startswith("refs/tags/"):
            return None
        try:
            told = git(self._control.origin.path, "diff", "--name-only", before, after)
        except ProcessError:
            return None
        return told.splitlines()

    def _message(self, sha: str) -> str:
        return git(self._control.origin.path, "log", "-1", "--format=%B", sha)

    def _known(self) -> dict[str, str]:
        return dict(self._control.archive.store.rows("SELECT ref, object FROM tips"))

    def _remember(self, tips: Mapping[str, str]) -> None:
        store = self._control.archive.store
        with store.change():
            store.rows("DELETE FROM tips")
            for ref, name in tips.items():
                store.rows("INSERT INTO tips VALUES (?, ?)", (ref, name))
