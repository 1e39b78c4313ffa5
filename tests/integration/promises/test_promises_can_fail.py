"""Each promise is broken in a copy of the reference site; its feature fails, and says why.

The copy is the drill's own repository, changed before the drill begins; the scenarios are those that
ship, run as anybody runs them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.journal import read_journal
from harness.resources import features_dir
from harness.session import Session

pytestmark = pytest.mark.integration

EMERGENCY = ".github/workflows/emergency.yml"
RUN = ".github/workflows/run.yml"
Passages = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sabotage:
    """A change to the site, the scenarios that it breaks (`-k`), and what each of them says."""

    feature: str
    scenarios: str
    changes: Mapping[str, Passages]
    says: str
    environment: str = "staging"
    first: bool = False


def _trigger(lines: str) -> Passages:
    return (("on:\n  workflow_dispatch:", f"on:\n{lines}\n  workflow_dispatch:"),)


NOT_REFUSED = r"^the operation was not refused: tag v0\.0\.0-rollback\.\d{8}T\d{6}Z was pushed"
TYPED_TARGET = 'TARGET_COMMIT="${{ inputs.target_commit }}"'
BRANCH_CHECK = """          if ! git merge-base --is-ancestor "$TARGET_COMMIT" "origin/$BRANCH" &&
            [ -z "$(git tag --contains "$TARGET_COMMIT")" ]; then
"""
CONCURRENCY = """concurrency:
  group: deploy-${{ inputs.environment }}
  cancel-in-progress: false
"""
AUTHORITY = """        if: inputs.environment == 'prod'
        run: ops/code-owner"""
ENVIRONMENT = """    environment:
      name: ${{ inputs.environment }}
      url: ${{ inputs.environment == 'prod' && vars.PROD_URL || vars.STAGING_URL }}
"""
NEWEST_TAG = 'commit="$(git rev-list -n 1 "$(git tag --sort=-creatordate | head -n 1)")"'

SABOTAGES = {
    "a push begins it": Sabotage(
        "manual-only",
        "a push to a branch",
        {EMERGENCY: _trigger("  push:")},
        r"^run \d+ of emergency\.yml was begun by push, and nobody had asked for it$",
        environment="prod",
    ),
    "a schedule begins it": Sabotage(
        "manual-only",
        "every schedule",
        {EMERGENCY: _trigger("  schedule: [{cron: '0 3 * * *'}]")},
        r"^run \d+ of emergency\.yml was begun by schedule, ",
        environment="prod",
    ),
    "an event from elsewhere begins it": Sabotage(
        "manual-only",
        "an event from elsewhere",
        {EMERGENCY: _trigger("  repository_dispatch: {types: [rollback]}")},
        r"^run \d+ of emergency\.yml was begun by repository_dispatch, ",
        environment="prod",
    ),
    "a build that fails begins it": Sabotage(
        "manual-only",
        "does not build",
        {EMERGENCY: _trigger("  workflow_run: {workflows: [BUILD], types: [completed]}")},
        r"^run \d+ of emergency\.yml was begun by workflow_run, ",
        environment="prod",
    ),
    "a deployment may begin it": Sabotage(
        "manual-only",
        "a run's own token",
        {RUN: (("      contents: read\n      id-token", "      actions: write\n      id-token"),)},
        r"^run \d+ of emergency\.yml was begun by workflow_dispatch, and nobody had asked for it$",
        environment="prod",
    ),
    "blanks count as a reason": Sabotage(
        "reason",
        "padded with blanks",
        {
            EMERGENCY: (
                ('          reason="${reason##+( )}"\n', ""),
                ('          reason="${reason%%+( )}"\n', ""),
            )
        },
        NOT_REFUSED,
    ),
    "bytes count as characters": Sabotage(
        "reason", "nine emoji", {EMERGENCY: (("LC_ALL: C.UTF-8", "LC_ALL: C"),)}, NOT_REFUSED
    ),
    "the reason is put into a script": Sabotage(
        "reason",
        "holds a command echo",
        {
            EMERGENCY: (
                (
                    'reason="${REASON//[[:space:]]/ }"\n          message=',
                    'reason="${{ inputs.reason }}"\n          message=',
                ),
            )
        },
        r"^the run ended in failure: step Tag the operation failed|^audit: why: not in the tag",
    ),
    "a shortened commit will do": Sabotage(
        "target-commit",
        "named too short",
        {EMERGENCY: (("^[0-9a-f]{40}$", "^[0-9a-f]{7,40}$"),)},
        NOT_REFUSED,
    ),
    "the target is put into a script": Sabotage(
        "target-commit",
        "a command that prints a commit",
        {
            EMERGENCY: (
                ("          refuse() {", f"          {TYPED_TARGET}\n          refuse() {{"),
                (
                    '          layers="infrastructure content"\n',
                    f'          {TYPED_TARGET}\n          layers="infrastructure content"\n',
                ),
            )
        },
        NOT_REFUSED,
    ),
    "a tag will do for its commit": Sabotage(
        "target-commit",
        "a tag itself",
        {
            EMERGENCY: (
                (
                    'if [ "$(git cat-file -t "$TARGET_COMMIT" 2> /dev/null)" != commit ]; then',
                    'if ! git cat-file -e "$TARGET_COMMIT^{commit}"; then',
                ),
            )
        },
        NOT_REFUSED,
    ),
    "a commit of any branch will do": Sabotage(
        "target-commit",
        "another branch",
        {EMERGENCY: ((BRANCH_CHECK, "          if false; then\n"),)},
        NOT_REFUSED,
    ),
    "staging asks for an owner": Sabotage(
        "staging",
        "member who owns nothing",
        {EMERGENCY: ((AUTHORITY, AUTHORITY.replace("inputs.environment == 'prod'", "always()")),)},
        r"^the run ended in failure: step Check the authority failed",
    ),
    "owners are told by how their handles begin": Sabotage(
        "production",
        "called and not oncall and not web",
        {
            "ops/code-owner": (
                (
                    "includes(`@${handle}`.toLowerCase())",
                    "some((one) => one.startsWith(`@${handle}`))",
                ),
            )
        },
        NOT_REFUSED,
        environment="prod",
    ),
    "nobody asks whether they own it": Sabotage(
        "production",
        "somebody who owns nothing",
        {EMERGENCY: ((AUTHORITY, AUTHORITY.replace("inputs.environment == 'prod'", "false")),)},
        NOT_REFUSED,
        environment="prod",
    ),
    "production is no environment": Sabotage(
        "production",
        "who is asked rejects it",
        {EMERGENCY: ((ENVIRONMENT, ""),)},
        r"^the operation was (not refused: tag|refused, but not for 'the deployment to prod was rej)",
        environment="prod",
    ),
    "whoever asks may do as they like": Sabotage(
        "production",
        "cannot approve of it themselves",
        {EMERGENCY: ((ENVIRONMENT, ""),)},
        r"^the operation was (not refused: tag|refused, but not for 'is not permitted to review)",
        environment="prod",
    ),
    "a hotfix is not handed over": Sabotage(
        "hotfix",
        "through the standard pipeline",
        {EMERGENCY: (('run: ops/hand-over "$TAG" "$ENVIRONMENT"', "run: 'true'"),)},
        r"^the site did not recover: ",
    ),
    "a hotfix deploys the newest release": Sabotage(
        "hotfix",
        "mended by a hotfix in production",
        {EMERGENCY: (('commit="$GITHUB_SHA"', 'commit="$(git rev-list -n 1 v1.2.0)"'),)},
        r"^the site did not recover: .*served is release v1\.2\.0",
        environment="prod",
    ),
    "content_only deploys the infrastructure": Sabotage(
        "rollback-methods",
        "content_only",
        {EMERGENCY: (("inputs.rollback_method != 'content_only' && (inputs.op", "(inputs.op"),)},
        r"^infrastructure was not left alone: ",
        environment="prod",
    ),
    "operations share no group": Sabotage(
        "two-emergencies",
        "second emergency waits",
        {EMERGENCY: ((CONCURRENCY, ""),)},
        r"^run \d+ \(.*emergency\.yml\) and run \d+ \(.*emergency\.yml\) changed the site at once: ",
    ),
    "a newer operation stops the older one": Sabotage(
        "two-emergencies",
        "second emergency waits",
        {EMERGENCY: (("cancel-in-progress: false", "cancel-in-progress: true"),)},
        r"^run \d+ was under way, and was stopped half-way$",
    ),
    "a deployment is in another group": Sabotage(
        "during-a-deployment",
        "once more",
        {RUN: (("  group: deploy-${{", "  group: release-${{"),)},
        r"^run \d+ \(.*run\.yml\) and run \d+ \(.*emergency\.yml\) changed the site at once: ",
    ),
    "last known good is the newest tag": Sabotage(
        "reversibility",
        "to the wrong commit failed",
        {EMERGENCY: (('commit="$(ops/last-known-good "$ENVIRONMENT" $layers)"', NEWEST_TAG),)},
        r"^the site did not recover: ",
    ),
    "what is live is good enough": Sabotage(
        "no-earlier-release",
        "last_known_good has nothing",
        {
            "ops/last-known-good": (
                (
                    "if (!found)",
                    "if (!found) return console.log(records[0].commit);\n  if (!found)",
                ),
            )
        },
        NOT_REFUSED,
        first=True,
    ),
}

#: Each shows what another one above shows as well.
ALIKE = {
    "a schedule begins it",
    "an event from elsewhere begins it",
    "a deployment may begin it",
    "a build that fails begins it",
    "blanks count as a reason",
    "bytes count as characters",
    "a deployment is in another group",
    "the target is put into a script",
    "a tag will do for its commit",
    "a commit of any branch will do",
    "a hotfix deploys the newest release",
    "nobody asks whether they own it",
    "whoever asks may do as they like",
    "a newer operation stops the older one",
}


@pytest.mark.parametrize(
    "sabotage",
    [
        pytest.param(sabotage, id=name, marks=[pytest.mark.long] if name in ALIKE else [])
        for name, sabotage in SABOTAGES.items()
    ],
)
def test_a_broken_promise_is_found_and_the_reason_told(
    sabotage: Sabotage, drill_session: Session, tmp_path: Path
) -> None:
    # Whoever builds it owns it: not the process that runs the scenarios, which ends before others.
    drill_session.baselines.get(sabotage.environment, first=sabotage.first)
    here = Path(__file__).parent
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "sabotage"),
            str(features_dir() / f"{sabotage.feature}.feature"),
            *("-k", _expression(sabotage.scenarios)),
            *("--rootdir", str(features_dir().parent)),
            *("--sitedrill-session", str(drill_session.directory)),
            *("--sitedrill-out", str(tmp_path)),
        ],
        env={**os.environ, "PYTHONPATH": str(here), "SABOTAGE": json.dumps(sabotage.changes)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    journals = list((tmp_path / "journals").glob("*.jsonl"))
    assert journals, done.stdout
    for journal in journals:
        verdict = [r.data for r in read_journal(journal) if r.kind == "verdict"][-1]
        assert verdict["verdict"] == "unmet", verdict["causes"]
        assert any(re.search(sabotage.says, cause) for cause in verdict["causes"]), verdict[
            "causes"
        ]


def _expression(scenarios: str) -> str:
    """For `-k`: every word of it but those that mean something there; as it is where one is `and`."""
    if " and " in scenarios:
        return scenarios
    words = re.findall(r"\w+", scenarios)
    return " and ".join(word for word in words if word not in {"and", "or", "not"})
