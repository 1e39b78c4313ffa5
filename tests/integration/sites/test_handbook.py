"""A site unlike the reference, as its team has it: drilled by its settings alone, its bug found.

The handbook's form has other names, its pages are built, its tags are `release-N` and their push
publishes. Its emergency workflow finds the release before by the order of letters, in which
`release-10` comes before `release-9`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.github.git import git, signature
from harness.resources import features_dir

pytestmark = pytest.mark.integration

SITE = Path(__file__).parents[2] / "sites" / "handbook"
OWN = """\
Feature: The handbook's own night

  Scenario: html-truncated is mended by a hot fix
    Given staging serves release release-9
    And the site is in its steady state
    When release release-10 ships with "html-truncated"
    And viewers see it
    And the engineer on call deploys a hotfix at once
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation
"""


@dataclass(frozen=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    said: str
    drills: dict[str, dict[str, Any]]

    def causes(self, drill: str) -> list[str]:
        return list(self.drills[drill]["causes"])


def team_repository(path: Path) -> Path:
    """The handbook as a repository of its own, with what was released before."""
    shutil.copytree(SITE, path)
    git(path, "init", "--quiet", "--initial-branch=trunk")
    return path


def commit(path: Path, message: str, number: int, *tags: str) -> None:
    when = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=number)
    who = signature("dev", "dev@handbook.example", when)
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--allow-empty", "--message", message, env=who)
    for tag in tags:
        git(path, "tag", tag)


def run(site: Path, out: Path, *arguments: str) -> Ran:
    """`sitedrill run` in the site's folder."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "run", "--out", str(out), *arguments],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )
    results = out / "results.json"
    assert results.exists(), done.stdout + done.stderr
    drills = {drill["id"]: drill for drill in json.loads(results.read_text())["drills"]}
    return Ran(done.returncode, done.stdout, drills)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The drills that ship and one of the site's own, on its own tags; a change is not committed."""
    folder = tmp_path_factory.mktemp("handbook")
    site = team_repository(folder / "site")
    page = site / "pages" / "guides" / "travel.md"
    for number in (7, 8, 9):
        page.write_text(f"# Travel\n\nThe train first. Edition {number}.\n")
        commit(site, f"Edition {number}", number, f"release-{number}")
    page.write_text("# Travel\n\nNobody has said that this is so.\n")
    own = folder / "own.feature"
    own.write_text(OWN)
    return run(site, folder / "out", str(features_dir()), str(own))


def test_the_drills_that_fit_are_run_and_the_others_counted_in_one_line(ran: Ran) -> None:
    assert set(ran.drills) == {
        "bad-release.html-truncated.last_known_good",
        "bad-release.html-truncated.specific_commit",
        "drift.html-truncated.last_known_good",
        "drift.html-truncated.specific_commit",
        "own.html-truncated-is-mended-by-a-hot-fix",
    }
    (line,) = [line for line in ran.said.splitlines() if "do not fit this site" in line]
    assert "no content_only (" in line
    assert "no environment prod (" in line


def test_what_is_not_committed_is_told_and_not_drilled(ran: Ran) -> None:
    assert "note: pages/guides/travel.md differ from what is committed" in ran.said


def test_the_planted_bug_is_found_and_its_cause_told_in_one_line(ran: Ran) -> None:
    drill = "bad-release.html-truncated.last_known_good"
    assert ran.code == 1
    assert ran.drills[drill]["verdict"] == "unmet"
    cause = ran.causes(drill)[0]
    assert cause.startswith("the site did not recover: ")
    assert "served is release release-8" in cause
    assert "\n" not in cause


def test_all_other_drills_are_met(ran: Ran) -> None:
    verdicts = {name: drill["verdict"] for name, drill in ran.drills.items()}
    del verdicts["bad-release.html-truncated.last_known_good"]
    assert set(verdicts.values()) == {"met"}, {name: ran.causes(name) for name in verdicts}


def test_without_the_bug_and_without_any_tag_it_is_met(tmp_path: Path) -> None:
    site = team_repository(tmp_path / "site")
    script = site / "ops" / "previous-release"
    text = script.read_text()
    assert "--sort=-refname" in text
    script.write_text(text.replace("--sort=-refname", "--sort=-version:refname"))
    commit(site, "Count as people do", 1)
    ran = run(site, tmp_path / "out", "-k", "bad-release and last_known_good")
    assert {name: drill["verdict"] for name, drill in ran.drills.items()} == {
        "bad-release.html-truncated.last_known_good": "met"
    }, ran.causes("bad-release.html-truncated.last_known_good")
    assert ran.code == 0
