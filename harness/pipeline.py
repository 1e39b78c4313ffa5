"""The site's own pipeline: brings a release into an environment, the way the team does it."""

from __future__ import annotations

from pathlib import Path

from harness.commands import run_commands
from harness.dispatcher import Ran
from harness.errors import ConfigError, SitedrillError
from harness.github.history import Release
from harness.settings import FILE_NAME
from harness.world import World

#: A run whose jobs had nothing to do did no harm.
GOOD = ("success", "skipped")


def deploy(world: World, release: Release, *, environment: str, actor: str, role: str) -> Ran:
    """Deploy a release by the deployment workflow; how it ended, or what followed it.

    Whatever waits for approval is approved by somebody who may.

    Args:
        world: where.
        release: which; tagged already.
        environment: the name of one of the world's.
        actor: who.
        role: what the run is for in the drill: setup or inject.

    Raises:
        ConfigError: the push of the release's tag does not start the deployment.
        DispatchError: GitHub would refuse it.
    """
    how = world.settings.workflows.deploy
    if how.on == "push":
        runs = world.dispatcher.push_tag(release.tag, actor=actor, role=role)
        if not any(one.file == how.file for one in runs):
            raise ConfigError(
                file=FILE_NAME,
                key="workflows.deploy.on",
                value=how.on,
                expected=f"that the push of tag {release.tag} starts {how.file}, and it does not",
            )
    else:
        here = world.environment(environment)
        inputs = how.inputs_for(
            environment=environment,
            github=here.github,
            release=release.tag,
            commit=release.commit,
        )
        ref = release.tag if how.ref == "tag" else world.origin.default_branch
        runs = [world.dispatcher.dispatch(how.file, ref=ref, inputs=inputs, actor=actor, role=role)]
    ran = world.dispatcher.concluded(runs)
    return next((one for one in ran if one.conclusion not in GOOD), ran[0])


def prepare(world: World, directory: Path, *, environment: str) -> None:
    """Run the commands that make what the pipeline takes for granted.

    Raises:
        SitedrillError: one of them failed.
    """
    commands = world.settings.site.prepare
    if not commands:
        return
    tree = directory / "prepare.tree"
    world.origin.export(world.origin.head(), tree)
    here = world.environment(environment)
    outcome = run_commands(
        world.runner,
        commands,
        tree=tree,
        directory=directory / "prepare",
        name="prepare",
        journal=world.journal,
        environment={
            **world.values.variables(here.github),
            "AWS_ENDPOINT_URL": world.endpoint,
            "AWS_ACCESS_KEY_ID": "SITEDRILLPREPARE",
            "AWS_SECRET_ACCESS_KEY": "prepare",
            "AWS_DEFAULT_REGION": here.region,
            "AWS_REGION": here.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        },
        ports=world.ports,
    )
    if outcome.conclusion != "success":
        raise SitedrillError(
            f"site.prepare did not succeed: {outcome.cause}", hint="no drill can begin"
        )
