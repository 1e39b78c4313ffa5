"""A whole rehearsed game day, as a team holds it: the command, the page in Chromium, the real `gh`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from harness.gameday.score import read_day
from harness.journal import read_journal

pytestmark = pytest.mark.integration

#: Where pictures for the documentation go, when somebody wants new ones.
PICTURES = os.environ.get("SITEDRILL_PICTURES", "")
FILLED = {
    'facilitator = ["FILL-IN"]': 'facilitator = ["octo-ops"]',
    'responder = ["FILL-IN"]': 'responder = ["octo-dev"]',
    "FILL IN: what do we believe? Whoever": "Whoever",
    "FILL IN: who notices first, and by what?": "Support notices: the front page answers 404.",
}


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "there is no Chromium: `make system` installs it"
    return found


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """The plan that the command writes, filled in by a team."""
    file = tmp_path / "gameday.toml"
    command(tmp_path, "plan", str(file))
    text = file.read_text()
    first, _, rest = text.partition("[[incidents]]")
    one, _, others = rest.partition("[[incidents]]")
    after = others[others.index("[stop]") :]
    text = f"{first}[[incidents]]{one}{after}"
    for old, new in FILLED.items():
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)
    return file


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "gameday", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def day(plan: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The day under way; stopped, and waited for, when the test ends early."""
    directory = tmp_path / "day"
    log = (tmp_path / "run.log").open("w")
    words = ["run", str(plan), "--rehearsal", "--serve", "--out", str(directory)]
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "gameday", *words],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        text=True,
    )
    try:
        yield process, directory
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=120)
        log.close()


def wait(
    until: Callable[[], Any], what: str, process: subprocess.Popen[str], within: float = 420
) -> Any:
    give_up = time.monotonic() + within
    while time.monotonic() < give_up:
        if found := until():
            return found
        assert process.poll() is None, f"the day ended before {what}"
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come")


def person(file: str) -> dict[str, str]:
    """The shell of somebody who has sourced their file."""
    told = subprocess.run(
        ["bash", "-c", f". '{file}' && env -0"], capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in told.stdout.split("\0") if "=" in line)


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=False)


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def test_a_whole_day_from_the_plan_to_the_review(
    day: tuple[subprocess.Popen[str], Path], tmp_path: Path, chromium: str
) -> None:
    process, directory = day
    log = tmp_path / "run.log"
    address = re.compile(r"the page of the day: (\S+)")
    url = wait(lambda: address.search(log.read_text()), "the page", process)[1]
    told: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A refusal that the page shows is told by the browser, too.
        if message.type == "error" and "409" not in message.text:
            told.append(message.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1360, "height": 1060})
        page.on("console", hear)
        page.on("pageerror", lambda error: told.append(str(error)))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        expect(page.locator("#p-respond")).to_have_attribute(
            "aria-current", "step", timeout=180_000
        )
        expect(page.locator("#state")).to_contain_text("broken")
        page.get_by_label("Who are you?").fill("octo-dev")
        page.get_by_role("button", name="We have detected it").click()
        expect(page.locator("#marks")).to_contain_text("by octo-dev")
        expect(page.get_by_role("button", name="We have detected it")).to_be_disabled()
        page.get_by_label("What did you notice?").fill("The front page answers 404 <b>only</b>")
        page.get_by_role("button", name="Write it down").click()
        expect(page.locator("#log")).to_contain_text("The front page answers 404 <b>only</b>")
        page.locator("#checklist input").first.check()
        page.get_by_label("What is decided?").select_option("infrastructure_only")
        page.get_by_role("button", name="We have decided").click()

        world = json.loads((directory / "world.json").read_text())
        dispatched = subprocess.run(
            [
                *("gh", "workflow", "run", "emergency.yml", "-f", "environment=staging"),
                *("-f", "operation=rollback", "-f", "rollback_method=infrastructure_only"),
                *("-f", "reason=The front page answers 404 since half past nine"),
            ],
            env=person(world["people"]["octo-dev"]),
            capture_output=True,
            text=True,
            check=False,
        )
        assert dispatched.returncode == 0, dispatched.stderr
        expect(page.locator("#runs")).to_contain_text("octo-dev", timeout=120_000)
        page.wait_for_timeout(1500)
        picture(page, "gameday")
        assert serious(page) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(700)
        assert serious(page) == []
        picture(page, "gameday-dark")
        page.emulate_media(color_scheme="light")
        expect(page.locator("#log")).to_contain_text("the day is over", timeout=420_000)
        expect(page.locator("#runs")).to_contain_text("success")
        picture(page, "gameday-over")
        browser.close()
    assert told == []
    assert all(one.startswith((url, "data:")) for one in asked)
    process.wait(timeout=120)
    assert process.returncode == 0, log.read_text()

    gone = read_day(directory)
    assert gone.met
    (one,) = gone.episodes
    assert list(one.marks) == ["injected", "detected", "decided", "dispatched", "recovered"]
    assert one.marks["detected"]["by"] == "octo-dev"
    assert one.marks["dispatched"]["by"] == "evidence"
    assert {verdict.what: verdict.met for verdict in one.verdicts} == {
        "time to detect": True,
        "time to decide": True,
        "time to recover": True,
        "method": True,
        "audit": True,
    }
    records = read_journal(directory / "journal.jsonl")
    phases = [r.data["name"] for r in records if r.kind == "phase"]
    assert phases[:6] == ["check", "capture", "steady", "inject", "symptom", "respond"]
    assert phases[-3:] == ["restore", "validate", "review"]
    assert [r.data["findings"] for r in records if r.kind == "validated"] == [[], [], []]
    review = (directory / "review.md").read_text()
    for text in (
        "**Everything was met**",
        "rollback of staging by octo-dev",
        "tag v0.0.0-rollback.",
    ):
        assert text in review
    assert "<b>" not in review
    compared = command(tmp_path, "compare", str(directory), str(directory), "--markdown").stdout
    assert "| cloudfront-root-object-missing | recovered |" in compared
    nothing = command(tmp_path, "restore", str(directory))
    assert "nothing to put back" in nothing.stdout
