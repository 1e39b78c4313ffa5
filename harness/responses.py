"""The emergency operations that a drill can dispatch, and what each should leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.baseline import Baseline
from harness.errors import DrillError
from harness.evidence import Target
from harness.github.actors import Actor, Cast
from harness.github.history import Release
from harness.world import Environment, World

BOTH = ("infrastructure", "content")
#: The methods that work on one layer only.
PARTIAL = {"infrastructure_only": ("infrastructure",), "content_only": ("content",)}


@dataclass(frozen=True)
class Response:
    """An emergency operation: the form as it is filled in, and what it should lead to."""

    operation: str
    method: str | None
    inputs: Mapping[str, Any]
    target: Target


def rollback(
    method: str, *, baseline: Baseline, live: Release, target_commit: str | None
) -> Response:
    """A rollback by this method.

    Args:
        method: one of the four.
        baseline: the releases before the drill began.
        live: the release that is live now.
        target_commit: what is typed into the form; for specific_commit, when None, the commit that
            was live at the drill's beginning.
    """
    inputs: dict[str, Any] = {"rollback_method": method}
    # What was good before: the release before the bad one, or before the live one that drifted.
    infrastructure = content = baseline.live if live != baseline.live else baseline.earlier
    if method == "specific_commit":
        infrastructure = content = baseline.live
        inputs["target_commit"] = baseline.live.commit
    elif method == "infrastructure_only":
        content = live
    elif method == "content_only":
        infrastructure = live
    if target_commit is not None:
        inputs["target_commit"] = target_commit
    target = Target(content, infrastructure, PARTIAL.get(method, BOTH))
    return Response("rollback", method, inputs, target)


def hotfix(commit: str, *, immediate: bool) -> Response:
    """A hotfix of this commit, deployed at once or by the standard pipeline."""
    fixed = Release("the fix", commit)
    return Response("hotfix", None, {"immediate_deploy": immediate}, Target(fixed, fixed, BOTH))


def somebody_who_may(world: World, environment: Environment, cast: Cast) -> Actor:
    """Staging: any member. Anything else: an owner of the emergency workflow."""
    if environment.name == "staging":
        return cast.actor()
    return Actor(owners_of_emergency(world)[0])


def owners_of_emergency(world: World) -> list[str]:
    """The handles that CODEOWNERS names for the emergency workflow: the last line that matches.

    https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners

    Raises:
        DrillError: there is none.
    """
    text = world.origin.read_file(world.origin.head(), ".github/CODEOWNERS") or ""
    owners: list[str] = []
    for line in text.splitlines():
        pattern, *names = line.partition("#")[0].split() or [""]
        if pattern == "*" or (pattern and "/.github/workflows/".startswith(pattern)):
            owners = [name.removeprefix("@") for name in names if "/" not in name]
    if not owners:
        raise DrillError(
            ".github/CODEOWNERS names no person for the emergency workflow",
            hint="production needs somebody who may start it",
        )
    return owners
