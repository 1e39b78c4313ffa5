"""The workflows that teams copy, as they stand, in a team's repository, under the real act."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Team

pytestmark = pytest.mark.integration

CONTENT_ONLY = "content.html-truncated.content_only"
INFRASTRUCTURE_ONLY = "content.html-truncated.infrastructure_only"


def test_the_nightly_drill_shares_out_joins_and_remembers(team: Team) -> None:
    ran = team.dispatch("nightly-drill.yml", {"shards": "2"})
    assert ran.run.conclusion == "success", ran.said
    assert set(ran.artifacts) == {"shard-1", "shard-2", "drills"}
    shards = [json.loads(ran.file(f"shard-{n}", "results.json"))["drills"] for n in (1, 2)]
    assert [[drill["id"] for drill in drills] for drills in shards] == [
        [CONTENT_ONLY],
        [INFRASTRUCTURE_ONLY],
    ]
    results = json.loads(ran.file("drills", "results.json"))
    assert results["summary"]["all_met"] is True
    assert [drill["id"] for drill in results["drills"]] == [CONTENT_ONLY, INFRASTRUCTURE_ONLY]
    assert "### 2 of 2 drills met their expectation" in ran.summary
    assert "0 of them timed before" in ran.said
    assert ran.outcomes("Remember how long each drill took") == ["success"]


def test_a_pull_request_that_breaks_the_emergency_path_is_told_so(team: Team) -> None:
    def forget_the_cache(tree: Path) -> None:
        workflow = tree / ".github" / "workflows" / "emergency.yml"
        step = re.compile(r"\n      - name: Invalidate the cache\n(?:(?:        .*)?\n)*")
        broken, number = step.subn("\n", workflow.read_text())
        assert number == 1
        workflow.write_text(broken)

    head = team.commit(forget_the_cache, branch="faster")
    team.repository.set_to["PULL_REQUEST_DRILLS"] = "content_only"
    ran = team.pull_request("pull-request-drill.yml", 7, head)
    assert ran.run.conclusion == "failure", ran.said
    assert ran.outcomes("Read the workflows") == ["failure"], ran.said
    # An annotation by the time it is journaled; where it points is tested with the format.
    errors = [line for line in ran.said.splitlines() if "Read the workflows | error: " in line]
    assert len(errors) == 1, ran.said
    assert "'Deploy the content' changes the content, and nothing after it" in errors[0]
    assert ran.outcomes("Say what this change does") == ["failure"], ran.said
    comment = ran.file("comment", "comment.md")
    sentence = "This change makes `content_only` stop recovering `html-truncated` (drift, staging)."
    assert sentence in comment
    assert sentence in ran.summary
    assert "X-Cache: Hit from cloudfront" in comment
