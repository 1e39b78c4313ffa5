"""The emergency operations that a drill can dispatch, what each should leave behind, and who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.baseline import Baseline
from harness.dispatcher import Ran
from harness.errors import ConfigError, DispatchError, DrillError
from harness.github import codeowners
from harness.github.actors import Actor, Cast
from harness.github.history import Release
from harness.github.library import WORKFLOWS
from harness.github.runs import Run
from harness.places import Environment
from harness.promises import Target
from harness.settings import FILE_NAME, EmergencyWorkflow
from harness.world import World

BOTH = ("infrastructure", "content")
#: The methods that work on one layer only.
PARTIAL = {"infrastructure_only": ("infrastructure",), "content_only": ("content",)}


@dataclass(frozen=True)
class Response:
    """An emergency operation: what is said in the form, in our words, and what it should lead to."""

    operation: str
    method: str | None
    words: Mapping[str, Any]
    target: Target


def rollback(
    method: str,
    *,
    baseline: Baseline,
    live: Release,
    target_commit: str | None,
    form: EmergencyWorkflow | None = None,
) -> Response:
    """A rollback by this method.

    Args:
        method: one of the four.
        baseline: the releases before the drill began.
        live: the release that is live now.
        target_commit: what is typed into the form, which every method goes to when it names a release
            that there is; for specific_commit, when None, what names the release that was live at the
            drill's beginning.
        form: what the site's form asks for: a commit or a tag.

    Raises:
        ConfigError: the site's emergency workflow has no such method.
    """
    form = form or EmergencyWorkflow()
    _offered(form, method)
    words: dict[str, Any] = {"operation": "rollback", "method": method}
    # What was good before: the release before the bad one, or before the live one that drifted.
    infrastructure = content = baseline.live if live != baseline.live else baseline.earlier
    named = _named(target_commit, (*baseline.releases, live))
    if method == "specific_commit":
        words["target"] = baseline.live.tag if form.target == "tag" else baseline.live.commit
        named = named or baseline.live
    if named is not None:
        infrastructure = content = named
    if method == "infrastructure_only":
        content = live
    elif method == "content_only":
        infrastructure = live
    if target_commit is not None:
        words["target"] = target_commit
    target = Target(content, infrastructure, PARTIAL.get(method, BOTH))
    return Response("rollback", method, words, target)


def _named(target: str | None, releases: Sequence[Release]) -> Release | None:
    """The release that a target is the commit or the tag of."""
    return next((one for one in releases if target in {one.commit, one.tag}), None)


def hotfix(
    commit: str,
    *,
    immediate: bool,
    infrastructure: Release | None,
    form: EmergencyWorkflow | None = None,
) -> Response:
    """A hotfix of this commit, deployed at once or by the standard pipeline.

    `infrastructure` is the release whose infrastructure the fix has; None where nobody can know.

    Raises:
        ConfigError: the site's emergency workflow has no hotfix.
    """
    _offered(form or EmergencyWorkflow(), "hotfix")
    words = {"operation": "hotfix", "immediate": immediate}
    return Response("hotfix", None, words, Target(Release("the fix", commit), infrastructure, BOTH))


def dispatch(
    world: World, environment: Environment, response: Response, *, reason: str, actor: str
) -> tuple[Ran | None, str]:
    """Dispatch the emergency workflow, and run it and what follows; or why it was refused."""
    try:
        run = start(world, environment, response, reason=reason, actor=actor)
    except DispatchError as error:
        return None, error.message
    ran = world.dispatcher.finished(run)
    world.dispatcher.settled()
    return ran, ""


def start(
    world: World,
    environment: Environment,
    response: Response,
    *,
    reason: str,
    actor: str,
    role: str = "response",
) -> Run:
    """Dispatch the emergency workflow, and wait for nothing.

    The form is filled in with the site's own names and values; the journal holds ours and theirs.

    Args:
        world: where.
        environment: of what.
        response: what is asked for.
        reason: why.
        actor: the handle of whoever asks.
        role: what the run is for in the drill: its response, or somebody else's doing.

    Raises:
        DispatchError: GitHub would refuse it.
    """
    form = world.settings.workflows.emergency
    place = form.values.environment.get(environment.name, environment.github)
    words = {**response.words, "environment": environment.name, "reason": reason}
    inputs = form.inputs_for({**words, "environment": place})
    told = ("operation", "method", "environment", *(("target",) if form.target == "tag" else ()))
    theirs = form.theirs({**words, "environment": place})
    said = {
        "environment": environment.name,
        "operation": response.operation,
        "method": response.method,
        "reason": reason,
        "target": response.target.commit,
        "theirs": {word: str(value) for word, value in theirs.items() if word in told},
    }
    return world.dispatcher.dispatch(
        form.file,
        ref=world.origin.default_branch,
        inputs=inputs,
        actor=actor,
        role=role,
        said=said,
    )


def somebody_who_may(world: World, environment: Environment, cast: Cast) -> Actor:
    """Who starts the emergency workflow, by the settings of the environment.

    Where they say nothing: in staging any member, elsewhere an owner of the emergency workflow, or
    any member where nobody owns it.
    """
    who = world.settings.environments[environment.name].responder
    if isinstance(who, tuple):
        return Actor(who[0])
    if who == "member" or (who is None and environment.name == "staging"):
        return new_member(world, cast)
    owners = owners_of_emergency(world)
    if owners:
        return Actor(owners[0])
    if who is None:
        return new_member(world, cast)
    raise DrillError(
        "CODEOWNERS names nobody who may write for the emergency workflow",
        hint=f"{environment.name} needs somebody who may start it; "
        f"{FILE_NAME} can name them: environments.{environment.name}.responder",
    )


def new_member(world: World, cast: Cast) -> Actor:
    """Somebody new, who may write and is no owner of anything."""
    somebody = cast.actor()
    world.community.introduce(somebody.handle)
    return somebody


def owners_of_emergency(world: World) -> list[str]:
    """The handles of those who own the emergency workflow by CODEOWNERS, and may write."""
    head = world.origin.head()
    found = codeowners.find(lambda path: world.origin.read_file(head, path))
    file = f"{WORKFLOWS}/{world.settings.workflows.emergency.file}"
    return list(found.people(file, world.community.membership)) if found else []


def nothing(live: Release) -> Response:
    """Nobody responds: the site stays as it is."""
    return Response("", None, {}, Target(live, live, ()))


def _offered(form: EmergencyWorkflow, response: str) -> None:
    if not form.offers(response):
        offered = [*form.methods, *(("hotfix",) if form.offers("hotfix") else ())]
        raise ConfigError(
            file=FILE_NAME,
            key="workflows.emergency.values",
            value=response,
            expected="one of what the site's emergency workflow offers: " + ", ".join(offered),
        )
