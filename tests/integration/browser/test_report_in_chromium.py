"""The page as a browser shows it: quick, silent, within reach of the keyboard, and without barriers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from harness.browser import find_chromium
from harness.history.keeping import keep
from harness.history.page import page as telling
from harness.history.places import Folder
from harness.history.trends import trends_of
from harness.reports import write_all

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "reports"))
from written_drills import WrittenDrill

pytestmark = pytest.mark.integration

HOSTILE = "</script></pre><script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred drills, some not met, with pictures and hostile logs."""
    out = tmp_path_factory.mktemp("report")
    methods = ("last_known_good", "specific_commit", "infrastructure_only", "content_only")
    for number in range(200):
        bad = number % 25 == 7
        WrittenDrill(
            f"drill-{number:03}",
            incident=f"incident-{number // 8}",
            via="drift" if number % 8 > 3 else "release",
            method=methods[number % 4],
            screenshots=True,
            verdict="unmet" if bad else "met",
            observed="does not recover" if bad else "recovers",
            causes=[HOSTILE] if bad else [],
            line=HOSTILE,
            step_outcome="failure" if bad else "success",
        ).write(out / "journals")
    write_all(out)
    return out / "index.html"


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, report: Path) -> Iterator[Page]:
    found = find_chromium(environ=os.environ)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium in CI: .ci/system-packages installs it")
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        sandbox = os.geteuid() != 0
        browser = playwright.chromium.launch(executable_path=found, chromium_sandbox=sandbox)
        page = browser.new_page(color_scheme=request.param, bypass_csp=False)
        page.said, page.asked = [], []  # type: ignore[attr-defined]
        page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined]
        page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
        page.goto(report.as_uri())
        yield page
        browser.close()


def test_it_is_quick_silent_and_without_barriers(page: Page, report: Path) -> None:
    assert report.stat().st_size < 2_000_000
    took = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    assert took < 2_000
    assert page.said == []  # type: ignore[attr-defined]
    assert [u for u in page.asked if not u.startswith(("file:", "data:"))] == []  # type: ignore[attr-defined]
    assert "owned" not in page.title()
    assert page.locator("figure").count() > 0
    # Most drills are folded, as a reader meets them; one that was not met is open.
    found = Axe().run(page).response["violations"]
    grave = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in grave] == []


def test_every_drill_is_reached_and_opened_by_keyboard(page: Page) -> None:
    reached: set[str] = set()
    everything = page.evaluate(
        "[...document.querySelectorAll('details.drill > summary h3')].map(e => e.textContent)"
    )
    assert len(everything) == 200
    for _ in range(3_000):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "(() => { const e = document.activeElement;"
            " return e && e.matches('details.drill > summary') ?"
            " e.querySelector('h3').textContent : e === document.body ? null : '' })()"
        )
        if at:
            reached.add(at)
        if len(reached) == len(everything):
            break
    assert reached == set(everything)
    folded = "document.activeElement.parentElement.open"
    before = page.evaluate(folded)
    page.keyboard.press("Enter")
    assert page.evaluate(folded) is not before


def test_the_filter_leaves_what_fits_and_a_link_opens_its_drill(page: Page) -> None:
    page.fill("input[name=words]", "incident-3 content_only")
    page.select_option("select[name=verdict]", "met")
    shown = page.locator("details.drill:visible")
    assert page.locator("output").inner_text() == f"{shown.count()} of 200 drills"
    assert shown.count() == 2
    assert page.locator(".matrix tbody tr:visible").count() == 2
    link = page.locator(".matrix .cell:visible a").first
    link.focus()
    page.keyboard.press("Enter")
    anchor = (link.get_attribute("href") or "")[1:]
    page.wait_for_function(f"document.getElementById({anchor!r}).parentElement.open")


def test_the_page_of_trends_is_as_good(page: Page, tmp_path: Path) -> None:
    for night, verdict in enumerate(["met", "met", "unmet"]):
        journals = tmp_path / str(night) / "journals"
        WrittenDrill(
            "a", starts_at=night * 86_400, verdict=verdict, causes=[HOSTILE] * (verdict != "met")
        ).write(journals)
    kept = keep(Folder(tmp_path), [tmp_path / str(night) for night in range(3)])
    trends = trends_of(Folder(tmp_path).read())
    file = tmp_path / "trends.html"
    file.write_text(telling(trends, place=kept.place, runs=3), encoding="utf-8")
    page.goto(file.as_uri())
    page.keyboard.press("Tab")  # the table, which can be scrolled
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("details[open] tbody tr").count() == 3
    assert page.title() == "Trends: 1 newly failing - sitedrill"
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["impact"]) for each in found] == []
    assert page.said == []  # type: ignore[attr-defined]
    assert [u for u in page.asked if not u.startswith(("file:", "data:"))] == []  # type: ignore[attr-defined]
