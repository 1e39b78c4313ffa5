from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from written_drills import Drills

from harness.reports import write_all

pytestmark = pytest.mark.unit


def page(out: Path) -> Element:
    """The page as a strict HTML parser sees it: any parse error fails the test."""
    write_all(out)
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse((out / "index.html").read_text(encoding="utf-8"))
    return root


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def by_id(root: Element, anchor: str) -> Element:
    found = root.find(f".//*[@id='{anchor}']")
    assert found is not None
    return found


@pytest.mark.usefixtures("every_verdict")
def test_every_file_is_written(out: Path) -> None:
    results = write_all(out)
    assert sorted(path.name for path in out.iterdir()) == [
        "audit",
        "cucumber.json",
        "index.html",
        "journals",
        "junit.xml",
        "results.csv",
        "results.json",
        "summary.md",
    ]
    assert json.loads((out / "results.json").read_text())["summary"]["drills"] == 6
    assert results.summary.drills == 6


@pytest.mark.usefixtures("every_verdict")
def test_the_verdict_comes_first(out: Path) -> None:
    root = page(out)
    heading = root.find(".//h1")
    assert heading is not None
    assert words(heading) == "✗ 2 of 6 drills met their expectation."
    assert "1 unmet, 1 inconclusive, 2 error" in words(root)


@pytest.mark.usefixtures("every_verdict")
def test_the_matrix_says_expected_and_observed_in_words(out: Path) -> None:
    root = page(out)
    rows = root.findall(".//table[@class='matrix']/tbody/tr")
    assert [words(row.findall("th")[0]) for row in rows] == [
        "cloudfront-wrong-origininfrastructure, bad release, prod",
        "cloudfront-wrong-origininfrastructure, drift, prod",
    ]
    cells = [words(cell) for cell in rows[0].findall("td")]
    assert cells[0].startswith("✓ met 3.2 s expected: recovers")
    assert "observed: does not recover" in cells[3]
    assert cells[1].startswith("✗ unmet")
    assert "audit: missing why" in cells[1]
    assert cells[2].startswith("? inconclusive")
    assert cells[4].startswith("! error")


@pytest.mark.usefixtures("every_verdict")
def test_every_link_of_the_page_leads_somewhere(out: Path) -> None:
    root = page(out)
    anchors = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(anchors) == len(set(anchors))
    for link in root.iter("a"):
        target = link.get("href") or ""
        if target.startswith("#"):
            assert target[1:] in anchors
        else:
            assert (out / target).is_file(), target


@pytest.mark.usefixtures("every_verdict")
def test_the_page_asks_nothing_of_the_network(out: Path) -> None:
    root = page(out)
    assert [e.tag for e in root.iter() if e.get("src") is not None] == []
    (script,) = root.iter("script")
    assert script.get("src") is None
    assert "fetch" not in words(script)
    assert [e.get("href") for e in root.iter("link")] == ["data:,"]
    style = root.find(".//style")
    assert style is not None
    assert "url(" not in words(style)
    assert "@import" not in words(style)


@pytest.mark.usefixtures("every_verdict")
def test_tables_can_be_read_aloud(out: Path) -> None:
    for table in page(out).iter("table"):
        caption = table.find("caption")
        assert caption is not None
        assert words(caption)
        assert all(th.get("scope") in {"row", "col"} for th in table.iter("th"))


@pytest.mark.usefixtures("every_verdict")
def test_what_went_wrong_is_open_and_begins_with_its_causes(out: Path) -> None:
    root = page(out)
    opened = {
        words(d.findall("summary/h3")[0])
        for d in root.iter("details")
        if d.get("class") == "drill" and d.get("open") is not None
    }
    assert opened == {"c-unmet", "d-inconclusive", "e-error", "f-killed"}
    chapter = by_id(root, "drill-c-unmet")
    assert words(chapter[0]) == (
        "specific_commit deployed, and then step Deploy failed: the target has no release record"
    )
    assert words(chapter[1]) == "/ still answers 403 after the rollback"
    assert "::error::the target has no release record" in words(chapter)
    assert "::error::" not in words(by_id(root, "drill-a-met"))
    logs = [d for d in by_id(root, "drill-c-unmet").iter("details") if d.get("open") is not None]
    assert len(logs) == 1


def test_a_drill_is_told_with_its_evidence(drill: Drills, out: Path) -> None:
    drill("a", findings=["/logo.svg answers 404"])
    told = words(by_id(page(out), "drill-a"))
    for evidence in (
        "recovery: /logo.svg answers 404",
        "mira dispatched emergency.yml: rollback last_known_good to v1.1.0 on prod",
        "cloudfront:CreateInvalidation",
        "v0.0.0-rollback.20260105100003",
        "Deploylogdeployed 14 filessuccess3.9 s",
        "71.0 %",
        "2 calls",
    ):
        assert evidence in told


def test_the_availability_strip_shows_the_outage(drill: Drills, out: Path) -> None:
    drill("a")
    root = page(out)
    (svg,) = [e for e in root.iter() if str(e.tag).endswith("svg")]
    source = (out / "index.html").read_text(encoding="utf-8")
    assert source.count("fill: var(--met)") == 2
    assert source.count("fill: var(--unmet)") == 1
    assert list(svg.iter("use")) == []
    (drawn,) = [e for e in root.iter("div") if e.get("role") == "img"]
    assert [
        mark for mark in ("injected", "dispatched", "deployed", "recovered") if mark in words(svg)
    ]
    assert re.fullmatch(
        r"Availability: \d+ of 60 probes found the site healthy; "
        r"injected at 2\.5 s; dispatched at 3\.2 s; recovered at 6\.6 s; deployed at 8\.0 s",
        drawn.get("aria-label") or "",
    )


def test_hostile_text_stays_text(drill: Drills, out: Path) -> None:
    evil = """</pre></textarea><script>alert("x")</script><img src=x onerror='y'>\x00\x1b[31m"""
    drill(
        "<b>'\"",
        reason=evil,
        line=evil,
        incident=evil,
        feature=evil,
        findings=[evil],
        missing=[evil],
        verdict="unmet",
        causes=[evil],
        step_outcome="failure",
    )  # fmt: skip
    root = page(out)
    (script,) = root.iter("script")
    assert (script.text or "").startswith('"use strict"')
    assert list(root.iter("img")) == []
    assert words(root).count('<script>alert("x")</script>') > 5
    source = (out / "index.html").read_text(encoding="utf-8")
    assert "\x00" not in source
    assert "\x1b" not in source


def test_no_drills_are_said_plainly(out: Path) -> None:
    root = page(out)
    assert "No drill was run: nothing is proved." in words(root)
    assert list(root.iter("table")) == []


def test_two_drills_of_one_name_have_two_anchors(drill: Drills, out: Path) -> None:
    drill("a b")
    drill("a:b")
    assert {"drill-a-b", "drill-a-b-2"} <= {e.get("id") for e in page(out).iter()}


def test_two_hundred_drills_are_a_page_below_two_megabytes(drill: Drills, out: Path) -> None:
    log = "\n".join(f"line {number} of a long and talkative step" for number in range(60))
    for number in range(200):
        drill(f"drill-{number:03}", line=log, screenshots=number < 150, verdict="met")
    drill("unmet", line=log, screenshots=True, verdict="unmet", observed="does not recover")
    assert write_all(out).summary.met == 200
    size = (out / "index.html").stat().st_size
    assert 700_000 < size < 2_000_000
