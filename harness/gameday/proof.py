"""Proves that AWS and GitHub are as the plan says, and tells the blast radius; changes nothing.

proof = prove(stage)
proof.ok, proof.lines, proof.blast
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from harness.errors import SitedrillError
from harness.gameday.github import GitHubError
from harness.gameday.safety import refused
from harness.gameday.stage import Stage
from harness.live import Change

#: How each kind of resource is put back.
HOW_BACK = {
    "distribution": "the captured configuration is written back, if nobody else has changed it since",
    "website": "the captured configuration is written back, if nobody else has changed it since",
    "policy": "the captured policy is written back, if nobody else has changed it since",
    "object": "our version is deleted, so that the captured one comes up again",
}
#: The same for a bucket that keeps no versions.
REWRITTEN = "the captured bytes, headers, metadata and tags are written back over ours alone"


@dataclass(frozen=True)
class Proved:
    """One thing that was looked at; `why_not` is empty when it is as the plan says."""

    what: str
    why_not: str = ""


@dataclass(frozen=True)
class Blast:
    """One resource that an incident will change."""

    incident: str
    change: Change

    @property
    def back(self) -> str:
        """How it is put back."""
        if self.change.kind == "object" and not self.change.before.mark.startswith("version "):
            return REWRITTEN
        return HOW_BACK[self.change.kind]


@dataclass(frozen=True)
class Proof:
    """What was looked at, and what will be changed."""

    proved: tuple[Proved, ...]
    blast: tuple[Blast, ...]

    @property
    def refusals(self) -> list[str]:
        """Why the day may not begin."""
        return [one.why_not for one in self.proved if one.why_not]


def prove(stage: Stage) -> Proof:
    """Look at everything that the plan says; nothing is changed."""
    plan = stage.plan
    refusals = refused(plan, stage.settings, stage.aws)
    proved = [Proved("account, region, tags and names", why) for why in refusals] or [
        Proved(f"the credentials are of account {plan.aws.account}"),
        Proved(f"{plan.aws.bucket} lies in {plan.aws.region}"),
        Proved("distribution and bucket allow game days"),
        Proved(f"{plan.environment} is not production"),
    ]
    if refusals:
        return Proof(tuple(proved), ())
    blast: list[Blast] = []
    for planned in plan.incidents:
        what = f"{planned.incident} fits the site"
        try:
            changes = stage.changes(planned)
        except (SitedrillError, ClientError, BotoCoreError) as error:
            proved.append(Proved(what, f"{planned.incident}: {error}"))
            continue
        proved.append(Proved(what))
        blast += [Blast(planned.incident, change) for change in changes]
    proved += [*_on_github(stage), *_stop_object(stage), *_alarms(stage)]
    findings = stage.findings()
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    why = f"viewers do not get {stage.expected.name}: {findings[0]}{more}" if findings else ""
    proved.append(Proved(f"viewers get {stage.expected.name}, every page of it", why))
    return Proof(tuple(proved), tuple(blast))


def _on_github(stage: Stage) -> Iterator[Proved]:
    if stage.github is None:
        return
    plan, file = stage.plan, stage.settings.workflows.emergency.file
    what = f"{file} can be started on {stage.github.repository}"
    try:
        state = stage.github.workflow(file).get("state")
        yield Proved(what, "" if state == "active" else f"{file} is {state} on GitHub, not active")
        what = "the approvers are those of the environment"
        section = stage.settings.environments[plan.environment]
        name = section.github_name(plan.environment)
        reviewers = stage.github.reviewers(name)
    except GitHubError as error:
        yield Proved(what, str(error))
        return
    missing = sorted(set(reviewers) - set(plan.roles.approver)) if reviewers else []
    unknown = sorted(set(plan.roles.approver) - set(reviewers)) if reviewers else []
    why = ""
    if reviewers and len(unknown) == len(plan.roles.approver):
        why = (
            f"roles.approver: {name} on GitHub wants the approval of {', '.join(missing)}, "
            f"the plan names {', '.join(plan.roles.approver) or 'nobody'}"
        )
    yield Proved(what, why)


def _stop_object(stage: Stage) -> Iterator[Proved]:
    address = stage.plan.stop.object
    if not address:
        return
    what = f"nobody has put {address} there"
    try:
        there = stage.aws.has_object(address)
    except (ClientError, BotoCoreError) as error:
        yield Proved(what, f"{address} cannot be looked for: {error}")
        return
    yield Proved(what, f"{address} is there: it stops the day; remove it first" if there else "")


def _alarms(stage: Stage) -> Iterator[Proved]:
    """An alarm that is not there, or is on already, cannot tell of anything."""
    named = stage.plan.evidence.alarms
    if not named:
        return
    what = f"the alarms are there, and off: {', '.join(named)}"
    try:
        found = stage.aws.alarms(named, stage.plan.evidence.region)
    except (ClientError, BotoCoreError) as error:
        yield Proved(what, f"evidence.alarms: CloudWatch cannot be asked: {error}")
        return
    missing = [name for name in named if name not in found]
    on = [f"{name} has been on since {since}" for name, since in sorted(found.items()) if since]
    if missing:
        region = stage.plan.evidence.region or stage.plan.aws.region
        on.insert(0, f"there is no alarm {' or '.join(missing)} in {region}")
    yield Proved(what, f"evidence.alarms: {'; '.join(on)}" if on else "")
