"""Drills as a whole: each says what it should, again and again, and leaves nothing behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import psutil
import pytest
from conftest import BeginDrill

from harness.audit import read_trail
from harness.errors import ConfigError, DrillError
from harness.journal import read_journal
from harness.processes import TOKEN
from harness.reports import write_all
from harness.reports.schema import load_schema

pytestmark = pytest.mark.integration

PHASES = ["world", "steady", "inject", "symptom", "respond", "observe", "verdict"]


def test_a_drill_from_incident_to_verdict(begin: BeginDrill) -> None:
    drill = begin("whole")
    drill.open("staging")
    drill.check_steady_state()
    drill.ship("html-truncated")
    drill.see_symptom()
    drill.roll_back("content_only", reason='it\'s "down"; $(id) `id` && echo ${HOME} 🚢')
    verdict = drill.conclude("recovers")

    assert (verdict.verdict, verdict.causes) == ("met", ())
    assert verdict.recovery_seconds is not None
    assert verdict.time_to_deploy_seconds is not None
    assert 0 < (verdict.availability or 0) < 1
    records = read_journal(drill.journal.path)
    assert [r.data["name"] for r in records if r.kind == "phase"] == PHASES
    audit = next(r for r in records if r.kind == "audit").data
    assert audit["complete"]
    assert 'it\'s "down"; $(id) `id` && echo ${HOME} 🚢' in audit["why"]
    tag = next(r for r in records if r.kind == "tag").data
    assert tag["annotated"]
    assert (
        tag["commit"]
        == next(r for r in records if r.kind == "dispatched" and r.data["role"] == "response").data[
            "target"
        ]
    )


def test_a_second_rollback_goes_further_back_and_never_to_the_broken_release(
    begin: BeginDrill,
) -> None:
    drill = begin("twice")
    drill.open("staging")
    drill.check_steady_state()
    drill.ship("html-truncated")
    drill.see_symptom()
    drill.roll_back("last_known_good")
    assert drill.conclude("recovers").verdict == "met"
    again = drill.world.dispatcher.dispatch(
        "emergency.yml",
        ref="main",
        inputs={
            "environment": "staging",
            "operation": "rollback",
            "reason": "the release before is wanted",
        },
        actor=drill.stranger().handle,
        role="response",
    )
    ran = drill.world.dispatcher.finished(again)
    assert ran.conclusion == "success", ran.cause
    tags = [tag for tag in drill.world.origin.tags() if tag.name.startswith("v0.0.0-rollback.")]
    by_name = {tag.name: tag.commit for tag in drill.world.origin.tags()}
    assert [tag.commit for tag in tags] == [by_name["v1.1.0"], by_name["v1.0.0"]]


def test_a_fault_that_does_not_show_is_inconclusive(begin: BeginDrill) -> None:
    drill = begin("invisible")
    drill.open("staging")
    drill.check_steady_state()
    # Nothing is injected that viewers could see: the incident is noted, the environment left alone.
    drill.note_incident("html-truncated", via="drift")
    drill.see_symptom()
    drill.roll_back("content_only")
    verdict = drill.conclude("recovers")
    assert verdict.verdict == "inconclusive"
    assert verdict.causes == ("the fault never showed: / still contains '</html>'",)
    kinds = [r.kind for r in read_journal(drill.journal.path)]
    assert "dispatched" not in kinds


def test_a_site_that_is_not_healthy_is_not_drilled(begin: BeginDrill) -> None:
    drill = begin("unhealthy")
    drill.open("staging")
    environment = drill.world.environment("staging")
    drill.world.clients("drift").s3.delete_object(Bucket=environment.bucket, Key="css/site.css")
    drill.check_steady_state()
    drill.ship("html-truncated")
    drill.see_symptom()
    drill.roll_back("content_only")
    verdict = drill.conclude("recovers")
    assert verdict.verdict == "inconclusive"
    assert verdict.causes[0].startswith("the site was not healthy to begin with: /css/site.css")


def test_a_feature_and_its_incident_must_agree(begin: BeginDrill) -> None:
    drill = begin("disagreeing")
    drill.open("staging")
    drill.note_incident("html-truncated", via="drift")
    drill.see_symptom()
    drill.roll_back("infrastructure_only")
    with pytest.raises(ConfigError, match=r"html-truncated.toml: expect.drift.infrastructure_only"):
        drill.conclude("recovers")


def test_steps_out_of_order_are_told(begin: BeginDrill) -> None:
    drill = begin("out-of-order")
    with pytest.raises(DrillError, match="open one first"):
        drill.ship("html-truncated")


@pytest.mark.parametrize(
    "time", [0, 1, *(pytest.param(time, marks=pytest.mark.long) for time in range(2, 20))]
)
def test_twenty_drills_give_twenty_equal_verdicts(time: int, begin: BeginDrill) -> None:
    drill = begin("repeated")
    drill.open("staging")
    drill.check_steady_state()
    drill.drift("html-truncated")
    drill.see_symptom()
    drill.roll_back("content_only")
    verdict = drill.conclude("recovers")
    found = (verdict.expected, verdict.observed, verdict.verdict, verdict.causes)
    assert found == ("recovers", "recovers", "met", ()), f"the {time + 1}. time"


def test_a_drill_leaves_no_process_and_no_folder(begin: BeginDrill, tmp_path: Path) -> None:
    with begin("tidy") as drill:
        drill.open("staging")
        directory = drill.world.directory
        port = int(drill.world.endpoint.rpartition(":")[2])
        drill.check_steady_state()
    listening = {
        c.laddr.port for c in psutil.Process().net_connections("tcp") if c.status == "LISTEN"
    }
    assert port not in listening
    assert not directory.exists()


def test_results_fit_the_schema(begin: BeginDrill, tmp_path: Path) -> None:
    with begin("reported") as drill:
        drill.open("staging")
        drill.check_steady_state()
        drill.drift("html-truncated")
        drill.see_symptom()
        drill.roll_back("content_only")
        drill.conclude("recovers")
    out = tmp_path / "out"
    (out / "journals").mkdir(parents=True)
    (out / "journals" / "reported.jsonl").write_bytes(drill.journal.path.read_bytes())
    write_all(out)
    results = json.loads((out / "results.json").read_text())
    jsonschema.validate(results, load_schema())
    [result] = results["drills"]
    assert result["verdict"] == "met"
    assert result["audit"]["complete"]
    assert "artifact" in result["audit"]["places"]["why"]
    trail = read_trail(out / "audit")
    assert trail.broken is None
    [record] = trail.records
    assert (record.drill, record.complete, record.findings) == ("reported", True, ())
    made = {share.by for share in record.shares}
    assert made == {"sitedrill (drift)", f"run {record.run} (response)"}
    assert {"act", "moto", "node", "git", "aws", "sitedrill"} <= result["versions"].keys()


def test_our_own_process_carries_no_token() -> None:
    assert TOKEN not in os.environ
