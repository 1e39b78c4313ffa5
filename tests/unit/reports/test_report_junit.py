from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xmltodict
from written_drills import Drills

from harness.reports.junit import junit
from harness.reports.results import read_results

pytestmark = pytest.mark.unit


def suites(journals: Path) -> dict[str, Any]:
    xml = junit(read_results(journals))
    lists = ("testsuite", "testcase", "property")
    parsed: dict[str, Any] = xmltodict.parse(xml, force_list=lists)["testsuites"]
    return parsed


@pytest.mark.usefixtures("every_verdict")
def test_each_feature_is_a_suite_and_each_drill_a_case(drill: Drills, journals: Path) -> None:
    drill("z-drift", feature="Broken by hand")
    root = suites(journals)
    assert (root["@tests"], root["@failures"], root["@errors"]) == ("7", "2", "2")
    release, hand = sorted(root["testsuite"], key=lambda suite: -int(suite["@tests"]))
    assert hand["@name"] == "Broken by hand"
    assert [case["@name"] for case in hand["testcase"]] == ["z-drift"]
    cases = {case["@name"]: case for case in release["testcase"]}
    assert {name for name, case in cases.items() if "failure" in case} == {
        "c-unmet",
        "d-inconclusive",
    }
    assert {name for name, case in cases.items() if "error" in case} == {"e-error", "f-killed"}
    assert cases["c-unmet"]["failure"]["@message"] == "/ still answers 403 after the rollback"
    assert cases["f-killed"]["error"]["@message"] == "interrupted in phase respond"


def test_a_case_carries_what_was_measured(drill: Drills, journals: Path) -> None:
    drill("a")
    (case,) = suites(journals)["testsuite"][0]["testcase"]
    stated = {p["@name"]: p["@value"] for p in case["properties"]["property"]}
    assert stated["method"] == "last_known_good"
    assert stated["recovery_seconds"] == "3.2"
    assert stated["audit"] == "complete"
    assert case["@time"] == "13.100"


def test_hostile_text_stays_text(drill: Drills, journals: Path) -> None:
    cause = """</failure><x a="1">&amp; ]]> 'q' \x00\x1b[1m\ufffe\x0b"""
    drill("hostile", verdict="unmet", causes=[cause], feature='<"feature">&')
    (suite,) = suites(journals)["testsuite"]
    assert suite["@name"] == '<"feature">&'
    failure = suite["testcase"][0]["failure"]
    assert failure["@message"] == """</failure><x a="1">&amp; ]]> 'q'"""
    assert failure["#text"] == """</failure><x a="1">&amp; ]]> 'q'"""


def test_a_run_without_drills_is_not_green(journals: Path) -> None:
    root = suites(journals)
    assert (root["@tests"], root["@errors"]) == ("1", "1")
    (case,) = root["testsuite"][0]["testcase"]
    assert case["error"]["@message"].startswith("No drill was run")
