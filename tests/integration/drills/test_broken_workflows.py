"""The reference emergency workflow, broken as real ones were: the drills fail, and say why.

Each broken copy is made here, committed to the drill's own origin, and dispatched from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from conftest import BeginDrill

from harness.drill import Drill
from harness.github.actors import Actor
from harness.judgement import Verdict

pytestmark = pytest.mark.integration

EMERGENCY = Path(".github/workflows/emergency.yml")
Change = Callable[[str], str]


def without_step(name: str) -> Change:
    """The workflow without the step of this name."""

    def change(text: str) -> str:
        step = re.compile(
            rf"\n      - name: {re.escape(name)}\n(?:(?:        .*)?\n)*", re.MULTILINE
        )
        changed, count = step.subn("\n", text)
        assert count == 1, f"no step {name}"
        return changed

    return change


def instead(old: str, new: str) -> Change:
    """The workflow with one passage replaced."""

    def change(text: str) -> str:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        return text.replace(old, new)

    return change


def both(first: Change, second: Change) -> Change:
    return lambda text: second(first(text))


@dataclass(frozen=True)
class Breakage:
    """A change to the workflow, the drill that finds it, and what the drill says (expressions)."""

    change: Change
    conduct: Callable[[Drill], Verdict]
    says: tuple[str, ...]


def released(incident: str, method: str, expected: str) -> Callable[[Drill], Verdict]:
    def conduct(drill: Drill) -> Verdict:
        drill.ship(incident)
        drill.see_symptom()
        drill.roll_back(method)
        return drill.conclude(expected)

    return conduct


def drifted(incident: str, method: str, expected: str) -> Callable[[Drill], Verdict]:
    def conduct(drill: Drill) -> Verdict:
        drill.drift(incident)
        drill.see_symptom()
        drill.roll_back(method)
        return drill.conclude(expected)

    return conduct


def refused(drill: Drill) -> Verdict:
    drill.ship("html-truncated")
    drill.see_symptom()
    drill.roll_back("last_known_good", reason="too short")
    return drill.conclude_refused()


def meddled_with(drill: Drill) -> Verdict:
    """Somebody changes the bucket by hand while no run goes on."""
    drill.ship("html-truncated")
    drill.see_symptom()
    boto3.client(
        "s3",
        endpoint_url=drill.world.endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIASOMEBODY",
        aws_secret_access_key="anything",
    ).put_object(Bucket="harbourlight-staging", Key="note.txt", Body=b"by hand")
    drill.roll_back("last_known_good")
    return drill.conclude("recovers")


NO_COMMIT = "0" * 40
OTHER_TARGET = f"sed '/target_commit/s/[0-9a-f]\\{{40\\}}/{NO_COMMIT}/'"
NEWEST_TAG = 'commit="$(git rev-list -n 1 "$(git tag --sort=-creatordate | head -n 1)")"'
CHECKOUT = """      - name: Check out the target
        if: inputs.operation == 'rollback' || inputs.immediate_deploy
"""
NO_CHECKOUT = """      - name: Check out the target
        if: inputs.rollback_method != 'infrastructure_only'
"""

BREAKAGES = {
    "the invalidation is dropped": Breakage(
        without_step("Invalidate the cache"),
        released("html-truncated", "content_only", "recovers"),
        (
            r"^the site did not recover: .*stale\? X-Cache: Hit from cloudfront",
            r"^the run ended in failure: step Check the site failed",
        ),
    ),
    "last known good is the newest tag": Breakage(
        instead('commit="$(ops/last-known-good "$ENVIRONMENT" $layers)"', NEWEST_TAG),
        released("html-truncated", "last_known_good", "recovers"),
        (
            r"^the site did not recover: .*served is release v1\.2\.0",
            r"^content was not restored: ",
        ),
    ),
    "content_only deploys infrastructure": Breakage(
        instead("inputs.rollback_method != 'content_only' && (inputs.op", "(inputs.op"),
        drifted("html-truncated", "content_only", "recovers"),
        (r"^infrastructure was not left alone: infrastructure: DistributionConfig",),
    ),
    "content_only mends infrastructure that it must not touch": Breakage(
        instead("inputs.rollback_method != 'content_only' && (inputs.op", "(inputs.op"),
        released("cloudfront-wrong-origin", "content_only", "does not recover"),
        (
            r"^the site recovered, which was not expected$",
            r"^infrastructure was not left alone: .*Origins",
        ),
    ),
    "infrastructure_only has no target checked out": Breakage(
        instead(CHECKOUT, NO_CHECKOUT),
        released("cloudfront-wrong-origin", "infrastructure_only", "recovers"),
        (
            r"^the site did not recover: /: answers 404",
            r"^the run ended in failure: step Apply the infrastructure failed: .*target/infra/apply",
            r"^infrastructure was not restored: ",
        ),
    ),
    "infrastructure_only applies what is dispatched, not its target": Breakage(
        both(
            instead(CHECKOUT, NO_CHECKOUT), instead("run: target/infra/apply", "run: infra/apply")
        ),
        released("cloudfront-wrong-origin", "infrastructure_only", "recovers"),
        (r"^the site did not recover: /: answers 404", r"^infrastructure was not restored: "),
    ),
    "the reason is not checked": Breakage(
        without_step("Check the reason"),
        refused,
        (r"^the operation was not refused: tag v0\.0\.0-rollback\.\d{8}T\d{6}Z was pushed$",),
    ),
    "an operation is used that the emulator lacks": Breakage(
        instead(
            'id="$(ops/distribution-id "$ENVIRONMENT")"\n',
            'aws cloudfront list-cache-policies\n          id="$(ops/distribution-id "$ENVIRONMENT")"\n',
        ),
        released("html-truncated", "last_known_good", "recovers"),
        (
            r"^the run ended in failure: step Invalidate the cache failed: .*ListCachePolicies",
            r"^cloudfront:ListCachePolicies is not implemented by this cloud: --cloud moto\+ministack",
        ),
    ),
    "the trail is spoilt in three ways": Breakage(
        both(
            instead('            echo "Why: $reason"\n', ""),
            instead(
                "run: ops/audit-record > audit.json",
                f"run: ops/audit-record | {OTHER_TARGET} > audit.json",
            ),
        ),
        meddled_with,
        (
            r"^audit: why: not in the tag$",
            rf"^audit: artifact: says the target is {NO_COMMIT}, the tag is on [0-9a-f]{{40}}$",
            r"^audit: nobody's run made s3 PutObject .*Key=note.txt by AKIASOMEBODY at ",
        ),
    ),
}


#: Each is found by the same check as another one above.
ALIKE = {
    "content_only mends infrastructure that it must not touch",
    "infrastructure_only applies what is dispatched, not its target",
}


@pytest.mark.parametrize(
    "breakage",
    [
        pytest.param(breakage, id=name, marks=[pytest.mark.long] if name in ALIKE else [])
        for name, breakage in BREAKAGES.items()
    ],
)
def test_a_broken_workflow_is_found_and_the_reason_told(
    breakage: Breakage, begin: BeginDrill
) -> None:
    drill = begin("broken")
    drill.open("staging")
    break_workflow(drill, breakage.change)
    drill.check_steady_state()
    verdict = breakage.conduct(drill)
    assert verdict.verdict == "unmet"
    for expression in breakage.says:
        assert any(re.search(expression, cause) for cause in verdict.causes), verdict.causes
    assert all("\n" not in cause for cause in verdict.causes)


def break_workflow(drill: Drill, change: Change) -> None:
    origin = drill.world.origin

    def edit(tree: Path) -> None:
        file = tree / EMERGENCY
        file.write_text(change(file.read_text()))

    origin.commit(
        edit,
        message="Simplify the emergency workflow",
        author=Actor("somebody"),
        when=origin.next_time(),
    )
