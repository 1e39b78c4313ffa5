"""Brings the past about: what the pipeline takes for granted is made, and each release is deployed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.checks.layers import capture
from harness.errors import SitedrillError
from harness.github.actors import Actor
from harness.github.history import Release
from harness.github.oidc import ISSUER
from harness.pipeline import deploy, prepare
from harness.places import ACCOUNT
from harness.world import World

#: Whom GitHub's tokens for AWS are meant for, unless a workflow says otherwise.
#: https://github.com/aws-actions/configure-aws-credentials#oidc
AUDIENCE = "sts.amazonaws.com"


def deploy_past(
    world: World, releases: Sequence[Release], environment: str, author: Actor, *, keep: Path
) -> dict[str, Mapping[str, Any]]:
    """Deploy each release through the site's own pipeline; the infrastructure after each, by tag.

    Args:
        world: open, and empty.
        releases: the oldest first.
        environment: where.
        author: who deploys.
        keep: where the journal is left when it goes wrong, to be read.

    Raises:
        SitedrillError: the site's own pipeline does not deploy its releases.
    """
    here = world.environment(environment)
    # Jobs of the other environments ask for their roles too, before anything is deployed there.
    for role in dict.fromkeys(one.role for one in world.environments.values()):
        _make_role(world, role)
    prepare(world, world.directory, environment=environment)
    states = {}
    for release in releases:
        ran = deploy(world, release, environment=environment, actor=author.handle, role="setup")
        if ran.conclusion != "success":
            kept = keep / f"baseline-{environment}.jsonl"
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(world.journal.path, kept)
            raise SitedrillError(
                f"the site's own pipeline did not deploy {release.tag} to {environment}: "
                f"{ran.cause}",
                hint=f"no drill can begin; the run's journal is {kept}",
            )
        distribution = world.find_distribution(here)
        if distribution is None and not here.website:
            raise SitedrillError(
                f"{release.tag} was deployed to {environment}, and no distribution has the alias "
                f"{here.alias}",
                hint=f"environments.{environment}.alias is what viewers type; "
                'or say serves = "website"',
            )
        state = capture(world.clients("checks"), here.bucket, distribution)
        states[release.tag] = state.infrastructure
    return states


def _make_role(world: World, role: str) -> None:
    """The role that its environments' jobs, and no others, may take; unless the settings say who.

    https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
    """
    host = ISSUER.removeprefix("https://")
    repository = world.settings.site.repository
    subjects: list[str] = []
    for here in world.environments.values():
        if here.role == role:
            said = world.settings.environments[here.name].subjects
            subjects += said or [f"repo:{repository}:environment:{here.github}"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{host}:aud": AUDIENCE,
                        f"{host}:sub": subjects,
                    }
                },
            }
        ],
    }
    iam = world.clients("setup").iam
    # An account has one provider for GitHub, whatever the number of roles.
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=[AUDIENCE])
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
