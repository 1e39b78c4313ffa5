from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from jsonschema import validate
from typer.testing import CliRunner
from written_drills import Drills

from harness.cli import app
from harness.errors import ConfigError, SitedrillError
from harness.reports import write_all

pytestmark = pytest.mark.unit

#: What readers of Cucumber's JSON rely on: https://github.com/cucumber/cucumber-json-schema
_STEP = {
    "type": "object",
    "required": ["keyword", "name", "line", "match", "result"],
    "properties": {
        "line": {"type": "integer", "minimum": 1},
        "result": {
            "type": "object",
            "required": ["status", "duration"],
            "properties": {
                "status": {"enum": ["passed", "failed", "skipped", "unknown"]},
                "duration": {"type": "integer", "minimum": 0},
            },
        },
    },
}
_ELEMENT = {
    "type": "object",
    "required": ["id", "keyword", "type", "name", "description", "line", "steps", "tags"],
    "properties": {"steps": {"type": "array", "minItems": 1, "items": _STEP}},
}
CUCUMBER = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["uri", "id", "keyword", "name", "line", "elements"],
        "properties": {"elements": {"type": "array", "minItems": 1, "items": _ELEMENT}},
    },
}


def run(*arguments: object) -> tuple[int, str]:
    made = CliRunner().invoke(app, ["report", *map(str, arguments)])
    if isinstance(made.exception, SitedrillError):
        raise made.exception
    return made.exit_code, made.output


@pytest.mark.usefixtures("every_verdict")
def test_cucumber_has_a_scenario_for_each_drill_and_fails_what_was_not_met(out: Path) -> None:
    write_all(out)
    (feature,) = json.loads((out / "cucumber.json").read_text())
    validate([feature], CUCUMBER)
    assert feature["uri"] == "features/bad-release.feature"
    ended = {
        element["name"]: {step["result"]["status"] for step in element["steps"]}
        for element in feature["elements"]
    }
    assert [name for name, told in ended.items() if "failed" in told] == [
        "c-unmet", "d-inconclusive", "e-error", "f-killed",
    ]  # fmt: skip
    (first, *_) = feature["elements"][0]["steps"]
    assert first["name"] == "v1.1.0 is live in prod"
    assert first["result"] == {"status": "passed", "duration": 1_200_000_000}
    failed = feature["elements"][2]["steps"][-1]["result"]["error_message"]
    assert failed == "/ still answers 403 after the rollback"


@pytest.mark.usefixtures("every_verdict")
def test_the_numbers_are_a_table_that_a_spreadsheet_reads(out: Path) -> None:
    write_all(out)
    with (out / "results.csv").open(newline="") as file:
        rows = {row["drill"]: row for row in csv.DictReader(file)}
    met = rows["a-met"]
    assert (met["recovery_seconds"], met["availability"], met["probes"]) == ("3.2", "0.71", "60")
    assert (met["run_seconds"], met["aws_changes"], met["audit_complete"]) == ("5.0", "2", "true")
    assert rows["b-stays-down"]["recovery_seconds"] == ""
    assert rows["f-killed"]["verdict"] == "error"


def test_no_cell_is_a_formula(drill: Drills, out: Path) -> None:
    drill("a", incident='=HYPERLINK("http://x")')
    write_all(out)
    with (out / "results.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["incident"] == '\'=HYPERLINK("http://x")'


def test_reports_are_made_again_from_journals_alone(drill: Drills, out: Path) -> None:
    drill("a")
    write_all(out)
    names = ("index.html", "junit.xml", "results.json", "cucumber.json", "results.csv")
    before = {name: (out / name).read_bytes() for name in names}
    for name in names:
        (out / name).unlink()
    code, _ = run(out)
    assert code == 0
    assert {name: (out / name).read_bytes() for name in names} == before


def test_only_the_chosen_formats_are_made_where_they_are_wanted(
    drill: Drills, out: Path, tmp_path: Path
) -> None:
    drill("a")
    there = tmp_path / "there"
    code, said = run(out, "--format", "csv,markdown", "--out", there)
    assert code == 0
    assert sorted(path.name for path in there.iterdir()) == ["results.csv", "summary.md"]
    assert str(there / "summary.md") in said


def test_several_runs_share_a_report_whose_links_lead_to_their_journals(
    drill: Drills, out: Path, tmp_path: Path
) -> None:
    drill("a")
    out.rename(tmp_path / "first")
    drill("a")
    there = tmp_path / "there"
    run(tmp_path / "first", out / "journals", "--out", there)
    told = json.loads((there / "results.json").read_text())["drills"]
    assert [each["id"] for each in told] == ["a", "a"]
    for each in told:
        assert (there / each["journal"]).is_file()


def test_mistakes_are_told_before_anything_is_written(
    drill: Drills, out: Path, tmp_path: Path
) -> None:
    drill("a")
    with pytest.raises(SitedrillError, match="there is no journal"):
        run(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="--format is 'pdf', expected some of json, junit"):
        run(out, "--format", "html,pdf")
    with pytest.raises(SitedrillError, match="several folders, and no --out"):
        run(out, out)
    assert [path.name for path in out.iterdir()] == ["journals"]
