"""JUnit XML, as CI systems read it: a suite for each feature, a case for each drill.

The dialect is the one most of them understand, described at
https://github.com/testmoapp/junitxml: properties stand inside the test case.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from harness.reports.results import DrillResult, Results
from harness.reports.words import audit, sentence

_NO_FEATURE = "(no feature)"


def junit(results: Results) -> str:
    """The results as an XML document.

    A run without drills has one case in error, or a CI system would take nothing for a success.
    """
    root = ET.Element("testsuites", name="sitedrill")
    by_feature: dict[str, list[DrillResult]] = {}
    for drill in results.drills:
        by_feature.setdefault(drill.feature or _NO_FEATURE, []).append(drill)
    for feature, drills in sorted(by_feature.items()):
        _suite(root, feature, drills)
    if not results.drills:
        suite = ET.SubElement(root, "testsuite", name="sitedrill", tests="1")
        case = ET.SubElement(suite, "testcase", name="drills", classname="sitedrill", time="0.000")
        ET.SubElement(case, "error", type="error", message=sentence(results))
        _counts(suite, tests=1, failures=0, errors=1, seconds=0.0)
    _counts(
        root,
        tests=results.summary.drills or 1,
        failures=results.summary.unmet + results.summary.inconclusive,
        errors=results.summary.error if results.drills else 1,
        seconds=results.summary.seconds,
    )
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, feature: str, drills: Sequence[DrillResult]) -> None:
    suite = ET.SubElement(root, "testsuite", name=feature)
    for drill in drills:
        _case(suite, feature, drill)
    _counts(
        suite,
        tests=len(drills),
        failures=sum(drill.verdict in {"unmet", "inconclusive"} for drill in drills),
        errors=sum(drill.verdict == "error" for drill in drills),
        seconds=sum(drill.seconds for drill in drills),
    )


def _case(suite: ET.Element, feature: str, drill: DrillResult) -> None:
    case = ET.SubElement(
        suite, "testcase", name=drill.id, classname=feature, time=f"{drill.seconds:.3f}"
    )
    properties = ET.SubElement(case, "properties")
    for name, value in _properties(drill).items():
        if value is not None:
            ET.SubElement(properties, "property", name=name, value=str(value))
    if drill.verdict != "met":
        kind = "error" if drill.verdict == "error" else "failure"
        trouble = ET.SubElement(case, kind, type=drill.verdict, message="; ".join(drill.causes))
        trouble.text = "\n".join(drill.causes)
    output = ET.SubElement(case, "system-out")
    output.text = "\n".join(
        [f"journal: {drill.journal}", *(f"finding: {line}" for line in drill.findings)]
    )


def _properties(drill: DrillResult) -> dict[str, object]:
    return {
        "scenario": drill.scenario,
        "incident": drill.incident,
        "layer": drill.layer,
        "via": drill.via,
        "environment": drill.environment,
        "operation": drill.operation,
        "method": drill.method,
        "expected": drill.expected,
        "observed": drill.observed,
        "recovery_seconds": drill.recovery_seconds,
        "time_to_deploy_seconds": drill.time_to_deploy_seconds,
        "availability": drill.availability,
        "audit": audit(drill),
        "runner": drill.runner,
        "cloud": drill.cloud,
    }


def _counts(element: ET.Element, *, tests: int, failures: int, errors: int, seconds: float) -> None:
    element.set("tests", str(tests))
    element.set("failures", str(failures))
    element.set("errors", str(errors))
    element.set("time", f"{seconds:.3f}")
