from __future__ import annotations

import json
from pathlib import Path

import pytest
from written_drills import Drills

from harness.errors import SitedrillError
from harness.reports import words
from harness.reports.files import write_atomically
from harness.reports.results import DrillResult, Results, as_json, read_results

pytestmark = pytest.mark.unit


def only(journals: Path) -> DrillResult:
    (drill,) = read_results(journals).drills
    return drill


def test_a_drill_is_told_from_its_journal(drill: Drills, journals: Path) -> None:
    drill("origin-lkg")
    assert only(journals).model_dump() == {
        "id": "origin-lkg",
        "feature": "Broken by a bad release",
        "scenario": "The origin is wrong",
        "incident": "cloudfront-wrong-origin",
        "layer": "infrastructure",
        "via": "release",
        "environment": "prod",
        "operation": "rollback",
        "method": "last_known_good",
        "expected": "recovers",
        "observed": "recovers",
        "verdict": "met",
        "causes": (),
        "findings": (),
        "recovery_seconds": 3.2,
        "time_to_deploy_seconds": 4.8,
        "availability": 0.71,
        "audit": {
            "who": "mira",
            "what": "rollback to v1.1.0",
            "when": "2026-01-05T10:00:03Z",
            "why": "the home page answers 403",
            "complete": True,
            "missing": (),
            "findings": (),
            "approved_by": (),
            "places": {"who": ("tag", "AWS calls")},
        },
        "runner": "host",
        "cloud": "moto",
        "repository": "harbourlight/website",
        "commit": "5e" * 20,
        "versions": {"act": "0.2.80", "moto": "5.2.5"},
        "seconds": 13.1,
        "journal": "journals/origin-lkg.jsonl",
        "interrupted": None,
    }


@pytest.mark.usefixtures("every_verdict")
def test_the_summary_counts_every_verdict(journals: Path) -> None:
    results = read_results(journals)
    assert [(d.id, d.verdict) for d in results.drills] == [
        ("a-met", "met"),
        ("b-stays-down", "met"),
        ("c-unmet", "unmet"),
        ("d-inconclusive", "inconclusive"),
        ("e-error", "error"),
        ("f-killed", "error"),
    ]
    assert results.summary.model_dump() == {
        "drills": 6,
        "met": 2,
        "unmet": 1,
        "inconclusive": 1,
        "error": 2,
        "seconds": 33.1,  # from the first's start to the end of the one that began at 20 s
        "started": "2026-01-05T10:00:00.000Z",
        "all_met": False,
    }


def test_all_met_is_true_only_when_every_drill_met(drill: Drills, journals: Path) -> None:
    drill("a")
    drill("b")
    assert read_results(journals).summary.all_met
    drill("c", verdict="inconclusive")
    assert not read_results(journals).summary.all_met


def test_no_drills_prove_nothing(journals: Path) -> None:
    summary = read_results(journals).summary
    assert (summary.drills, summary.all_met, summary.started) == (0, False, None)


def test_a_killed_drill_is_an_error_in_its_last_phase(drill: Drills, journals: Path) -> None:
    path = drill("killed", killed_before="observe")
    path.write_bytes(path.read_bytes()[:-20])  # in the middle of its last line
    found = only(journals)
    assert (found.verdict, found.interrupted) == ("error", "respond")
    assert found.causes == ("interrupted in phase respond",)
    assert found.observed is None
    assert found.availability is not None
    assert 0 < found.availability < 1


def test_an_interrupted_drill_names_who_interrupted_it(drill: Drills, journals: Path) -> None:
    path = drill("stopped", killed_before="observe")
    with path.open("a") as file:
        record = {"seq": 99, "t": 9.0, "at": "2026-01-05T10:00:09.000Z", "kind": "interrupted"}
        file.write(json.dumps({**record, "phase": "respond", "by": "SIGINT"}) + "\n")
    assert only(journals).causes == ("interrupted in phase respond by SIGINT",)
    assert only(journals).interrupted == "respond"


def test_an_empty_journal_is_a_drill_that_never_began(journals: Path) -> None:
    journals.mkdir(parents=True)
    (journals / "empty.jsonl").touch()
    found = only(journals)
    assert (found.id, found.verdict, found.interrupted) == ("empty", "error", "start")
    assert found.causes == ("interrupted before its first phase",)


def test_a_spoilt_journal_does_not_hide_the_others(drill: Drills, journals: Path) -> None:
    drill("good")
    (journals / "spoilt.jsonl").write_text("not json\n{}\n")
    good, spoilt = read_results(journals).drills
    assert good.verdict == "met"
    assert spoilt.verdict == "error"
    assert "spoilt.jsonl:1" in spoilt.causes[0]


def test_a_drill_run_again_into_the_same_journal_is_told_once(
    drill: Drills, journals: Path
) -> None:
    drill("again")
    drill("again", killed_before="observe")  # the first run's verdict is not this one's
    assert only(journals).causes == ("interrupted in phase respond",)


def test_a_drill_not_met_always_has_a_cause(drill: Drills, journals: Path) -> None:
    drill("silent", verdict="unmet", observed="does not recover")
    assert only(journals).causes == ("expected recovers, observed does not recover",)


def test_causes_are_one_line_each_without_control_characters(drill: Drills, journals: Path) -> None:
    drill("noisy", verdict="unmet", causes=["two\nlines \x1b[31mred\x1b[0m\x07", "", "\u202eevil"])
    assert only(journals).causes == ("two lines red", "evil")


def test_words_outside_the_vocabulary_are_not_known(drill: Drills, journals: Path) -> None:
    drill("odd", layer="moon", observed="perhaps", verdict="splendid")
    found = only(journals)
    assert (found.layer, found.observed, found.verdict) == (None, None, "error")


def test_an_audit_that_was_never_checked_misses_nothing(drill: Drills, journals: Path) -> None:
    drill("unchecked", killed_before="audit")
    assert only(journals).audit.model_dump() == {
        "who": None,
        "what": None,
        "when": None,
        "why": None,
        "complete": False,
        "missing": (),
        "findings": (),
        "approved_by": (),
        "places": {},
    }


def test_results_json_is_read_back_the_same(drill: Drills, journals: Path, out: Path) -> None:
    drill("a")
    results = read_results(journals)
    write_atomically(out / "results.json", as_json(results))
    text = (out / "results.json").read_text()
    assert Results.model_validate_json(text) == results
    assert json.loads(text)["schema"] == 1


def test_a_failed_write_leaves_the_old_file(journals: Path, out: Path) -> None:
    target = out / "results.json"
    target.mkdir(parents=True)  # a folder where the file should go: the rename fails
    with pytest.raises(SitedrillError, match="cannot write the report"):
        write_atomically(target, as_json(read_results(journals)))
    assert [path.name for path in out.iterdir()] == ["results.json"]


def test_the_audit_says_who_approved_and_what_is_nobodys(drill: Drills, journals: Path) -> None:
    drill("approved", approved_by=["ada", "grace"])
    assert only(journals).audit.approved_by == ("ada", "grace")
    assert words.audit(only(journals)) == "complete, approved by ada, grace"


def test_a_contradicted_audit_is_not_called_unchecked(drill: Drills, journals: Path) -> None:
    drill("contradicted", complete=False, contradictions=["tag: says one"], strangers=["nobody's"])
    found = only(journals)
    assert found.audit.findings == ("tag: says one", "nobody's")
    assert words.audit(found) == "contradicted: tag: says one, nobody's"
