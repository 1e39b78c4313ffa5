"""Puts an incident into a live environment: as a bad release, or as drift.

A bad release goes the way every release goes: a commit, a tag, the site's own deployment. Drift
changes the live environment behind the pipeline's back, as a person with access would.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError, SitedrillError
from harness.github.actors import Actor, Cast
from harness.github.history import BAD_RELEASE, Release, add_harmless_change
from harness.incidents import Fault, Incident, edit_content, patch_distribution
from harness.world import Environment, World

#: The file of the site in which a fault of the distribution is shipped.
DISTRIBUTION_FILE = Path("infra") / "distribution.json"


@dataclass(frozen=True)
class Shipped:
    """A bad release that is live now: how its deployment ended does not matter, what it broke does."""

    release: Release
    conclusion: str
    cause: str


def ship(
    world: World, incident: Incident, environment: Environment, *, cast: Cast, author: Actor
) -> Shipped:
    """Commit the fault with a harmless change, tag it as a release and deploy it.

    Raises:
        ConfigError: the fault does not fit the site.
        SitedrillError: the deployment ended before it changed anything.
    """
    origin = world.origin
    when = origin.next_time()
    news = cast.news()

    def change(tree: Path) -> None:
        add_harmless_change(tree, world.settings.site.content, BAD_RELEASE, news)
        break_site(tree, incident.fault, world.settings.site.content)

    commit = origin.commit(change, message=cast.commit_message(), author=author, when=when)
    origin.tag_release(BAD_RELEASE, commit, author=author, when=when)
    ran = world.dispatch(
        world.settings.workflows.deploy.file,
        ref=BAD_RELEASE,
        inputs=world.settings.workflows.deploy.inputs_for(
            environment=environment.name, release=BAD_RELEASE, commit=commit
        ),
        actor=author.handle,
        role="inject",
    )
    return Shipped(Release(BAD_RELEASE, commit), ran.outcome.conclusion, ran.outcome.cause)


def break_site(tree: Path, fault: Fault, content: str) -> None:
    """Put the fault into a checkout of the site."""
    if fault.distribution:
        file = tree / DISTRIBUTION_FILE
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                file=file, key="distribution", expected="the distribution's configuration as JSON"
            ) from error
        file.write_text(json.dumps(patch_distribution(fault, config), indent=2) + "\n")
    if fault.content:
        folder = tree / content
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for name, body in edit_content(fault, files).items():
            if body is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(body)


def drift(world: World, incident: Incident, environment: Environment) -> None:
    """Change the live environment directly, and let the caches forget what they hold.

    Without the invalidation the fault would show only as each page's time to live runs out.

    Raises:
        ConfigError: the fault does not fit the site.
        SitedrillError: somebody else changed the distribution at the same moment.
    """
    clients = world.clients("drift")
    distribution = world.distribution_id(environment)
    if incident.fault.distribution:
        found = clients.cloudfront.get_distribution_config(Id=distribution)
        config = patch_distribution(incident.fault, found["DistributionConfig"])
        clients.cloudfront.update_distribution(
            Id=distribution,
            IfMatch=found["ETag"],
            DistributionConfig=config,  # type: ignore[arg-type]
        )
    if incident.fault.content:
        _drift_content(world, incident.fault, environment)
    clients.cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": f"drift-{incident.id}",
        },
    )


def fix(world: World, incident: Incident, good: str, *, cast: Cast, author: Actor) -> str:
    """Commit the mending of a bad release on top of it, for a hotfix; returns the commit.

    The files that the fault touched are taken back, the others stay. Drift has nothing to mend in
    the repository: there the commit is a harmless one.

    Args:
        world: whose origin gets the commit.
        incident: what is to be mended.
        good: the commit from which the broken files are taken back.
        cast: makes up the commit's message.
        author: of the commit.
    """
    origin = world.origin
    news = cast.news()
    content = world.settings.site.content

    def change(tree: Path) -> None:
        scratch = tree.with_name(f"{tree.name}.good")
        origin.export(good, scratch)
        try:
            for file in _broken_files(scratch, incident.fault, content):
                (tree / file).write_bytes((scratch / file).read_bytes())
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        add_harmless_change(tree, content, "hotfix", news)

    return origin.commit(
        change, message=f"Fix: {cast.commit_message()}", author=author, when=origin.next_time()
    )


def _broken_files(good: Path, fault: Fault, content: str) -> list[Path]:
    files = [DISTRIBUTION_FILE] if fault.distribution else []
    folder = good / content
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and any(edit.applies_to(name) for edit in fault.content):
            files.append(path.relative_to(good))
    return files


def _drift_content(world: World, fault: Fault, environment: Environment) -> None:
    s3 = world.clients("drift").s3
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=environment.bucket)
    names = [str(item["Key"]) for page in pages for item in page.get("Contents", [])]
    touched = [name for name in names if any(edit.applies_to(name) for edit in fault.content)]
    if not touched:
        raise SitedrillError(f"{environment.bucket} holds nothing that the fault could change")
    found = {name: s3.get_object(Bucket=environment.bucket, Key=name) for name in touched}
    content = {name: answer["Body"].read() for name, answer in found.items()}
    for name, body in edit_content(fault, content).items():
        if body is None:
            s3.delete_object(Bucket=environment.bucket, Key=name)
            continue
        s3.put_object(
            Bucket=environment.bucket,
            Key=name,
            Body=body,
            ContentType=found[name]["ContentType"],
            CacheControl=found[name].get("CacheControl", ""),
        )
