"""A rehearsal: the same day, in an emulated world that is stood up for it and gone afterwards.

with rehearse(plan, options, directory=directory, clock=clock, say=print) as rehearsal:
    rehearsal.stage                             # as for a real day
    rehearsal.people["octo-dev"]                # what a responder sources into a shell
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from harness.baseline import Baseline
from harness.checks.release import known_hashes
from harness.clock import Clock
from harness.cloud.calls import access_key_for
from harness.errors import ConfigError
from harness.gameday.aws import Account
from harness.gameday.github import GitHub
from harness.gameday.plan import ALLOWED, Plan
from harness.gameday.stage import Stage
from harness.journal import Journal
from harness.places import ACCOUNT, Environment
from harness.responses import owners_of_emergency
from harness.session import Options, Session, close_session, new_directory
from harness.world import World

WORLD_FILE = "world.json"


@dataclass(frozen=True)
class Rehearsal:
    """An emulated world with the stage set in it; `people` maps handles to files to be sourced."""

    stage: Stage
    world: World
    people: Mapping[str, Path]


@contextmanager
def rehearse(
    plan: Plan, options: Options, *, directory: Path, clock: Clock, say: Callable[[str], None]
) -> Iterator[Rehearsal]:
    """Stand a world up, with the site live in the plan's environment.

    Account, bucket, distribution and address are the world's: a rehearsal of a plan touches nothing real.

    Args:
        plan: of the day.
        options: which site, cloud and runner.
        directory: of the day; the world's journal and `world.json` go there.
        clock: whose time counts.
        say: told what takes long.

    Raises:
        ConfigError: the site has no such environment.
    """
    with ExitStack() as stack:
        here = new_directory()
        stack.callback(close_session, here, clock)
        session = Session(options, directory=here, owner_pid=os.getpid(), clock=clock, say=say)
        stack.callback(session.baselines.close)
        baselines = session.baselines
        if plan.environment not in baselines.settings.environments:
            raise ConfigError(
                file="plan",
                key="environment",
                value=plan.environment,
                expected="one of the site's, " + ", ".join(baselines.settings.environments),
            )
        say(f"a world stands up: the site's releases are deployed to {plan.environment} ...")
        baseline = baselines.get(plan.environment)
        journal = stack.enter_context(Journal(directory / "world.jsonl", clock=clock))
        world = stack.enter_context(
            baselines.clone(
                baseline,
                directory=here / "world",
                journal=journal,
                new_id=lambda: secrets.randbelow(10**9) + 10**9,
                run_timeout=options.run_timeout,
            )
        )
        where = world.environment(plan.environment)
        _allow(world, where)
        meant = _in_world(plan, world, where, baseline)
        expected = baselines.expected(world.origin, baseline.live.tag, baseline.live.commit)
        tree = here / "tree"
        world.origin.export(baseline.live.commit, tree)
        watcher = plan.roles.facilitator[0]
        for handle in plan.roles.everybody:
            # Whoever plays a part belongs to the team; those of the settings keep what they may do.
            world.community.introduce(handle)
        yield Rehearsal(
            stage=Stage(
                plan=meant,
                settings=baselines.settings,
                catalogue=session.catalogue,
                aws=stack.enter_context(
                    Account(
                        where.region, endpoint=world.endpoint, access_key=access_key_for("gameday")
                    )
                ),
                github=GitHub(
                    baselines.settings.site.repository,
                    token=world.token_of(watcher),
                    http=stack.enter_context(httpx.Client(trust_env=False, timeout=10)),
                    url=f"{world.api_url}/api/v3",
                ),
                http=stack.enter_context(httpx.Client(trust_env=False, timeout=10)),
                expected=expected,
                url=where.url,
                rehearsal=True,
                new_id=lambda: secrets.token_hex(4),
                known=known_hashes(
                    baselines.expected(world.origin, release.tag, release.commit)
                    for release in baseline.releases
                ),
                folder=tree,
                tree=tree,
            ),
            world=world,
            people=_people(plan, world, directory),
        )


def _allow(world: World, where: Environment) -> None:
    """The owners of the world's bucket and distribution allow game days."""
    tag: Any = {"Key": ALLOWED[0], "Value": ALLOWED[1]}
    clients = world.clients("setup")
    clients.s3.put_bucket_tagging(Bucket=where.bucket, Tagging={"TagSet": [tag]})
    distribution = world.find_distribution(where)
    if distribution is not None:
        found = clients.cloudfront.get_distribution(Id=distribution)["Distribution"]
        clients.cloudfront.tag_resource(Resource=found["ARN"], Tags={"Items": [tag]})


def _in_world(plan: Plan, world: World, where: Environment, baseline: Baseline) -> Plan:
    aws = plan.aws.model_copy(
        update={
            "account": ACCOUNT,
            "region": where.region,
            "bucket": where.bucket,
            "distribution": world.find_distribution(where) or "",
            "profile": "",
        }
    )
    # Nobody's real STOP object and alarms are asked.
    stop = plan.stop.model_copy(update={"object": f"s3://{where.bucket}/sitedrill/STOP"})
    evidence = plan.evidence.model_copy(update={"alarms": ()})
    after = plan.after.model_copy(update={"drift": (), "addresses": ()})
    return plan.model_copy(
        update={
            "aws": aws,
            "stop": stop,
            "evidence": evidence,
            "after": after,
            "url": where.url,
            "release": baseline.live.tag,
        }
    )


def _people(plan: Plan, world: World, directory: Path) -> dict[str, Path]:
    """A file for each person of the plan, to be sourced; and where everything is, for programs."""
    roles = plan.roles
    handles = dict.fromkeys(
        [*roles.responder, *roles.approver, *roles.facilitator, *owners_of_emergency(world)]
    )
    people = {handle: world.person(handle).write() for handle in handles}
    told = {
        "aws_endpoint": world.endpoint,
        "edge": world.environment(plan.environment).url,
        "github_api": f"{world.api_url}/api/v3",
        "repository": world.settings.site.repository,
        "people": {handle: str(path) for handle, path in people.items()},
    }
    (directory / WORLD_FILE).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return people
