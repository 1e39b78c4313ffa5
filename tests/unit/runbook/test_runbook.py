"""The runbook says what drills have shown, in commands that a shell reads as meant, and stays true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import SitedrillError
from harness.incidents import load_incidents
from harness.resources import incidents_dir, reference_site
from harness.runbook.block import BEGIN, END, between, replaced
from harness.runbook.command import command_for
from harness.runbook.page import plain
from harness.runbook.times import coarse, heard, said, still_true
from harness.settings import EmergencyWorkflow, load_settings

pytestmark = pytest.mark.unit

TESTS = Path(__file__).resolve().parents[2]
#: Of a run of `make drill`, what a runbook is written from.
RECORDED = TESTS / "data" / "runbook"
TRUNCATED_RELEASE = "bad-release.html-truncated.content_only"

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def drills(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RECORDED, tmp_path / "drills"))


def command(*words: object) -> Result:
    return CliRunner().invoke(app, ["runbook", *map(str, words)])


def alter(drills: Path, drill: str, kind: str, **fields: Any) -> None:
    """Rewrite the records of this kind in the drill's journal."""
    file = drills / f"{drill}.jsonl"
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert any(record["kind"] == kind for record in records)
    for record in records:
        if record["kind"] == kind:
            record.update(fields)
    file.write_text("".join(json.dumps(record) + "\n" for record in records))


def argv(text: str, **blanks: str) -> list[str] | None:
    """What `gh` would be called with by a shell that is given this; None when it is not called."""
    script = "gh() { printf '%s\\0' \"$@\"; }\n" + text
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **blanks},
        capture_output=True,
        check=False,
    )
    return done.stdout.decode().split("\0")[:-1] if done.returncode == 0 else None


def section(text: str, heading: str) -> str:
    return text.split(f"### {heading}\n", 1)[1].split("\n### ", 1)[0]


# --- What it says -----------------------------------------------------------------------------------


def test_the_fastest_comes_first_and_what_does_not_help_is_named(drills: Path) -> None:
    result = command(drills, "--site", reference_site())
    assert result.exit_code == 0, result.output
    truncated = section(result.stdout, "Every page ends in the middle, after a release")
    assert "Pages answer 200, and show their first half" in truncated
    rows = [line for line in truncated.splitlines() if line.startswith("| `")]
    assert rows == [
        "| `content_only` | back after about 20 s |",
        "| `specific_commit` | back after about 30 s |",
        "| `last_known_good` | back after about 30 s |",
        "| `hotfix`, at once | back after about 30 s |",
        "| `infrastructure_only` | will not mend it |",
    ]
    alter(drills, TRUNCATED_RELEASE, "verdict", recovery_seconds=95.0)
    slower = command(drills, "--site", reference_site()).stdout
    rows = section(slower, "Every page ends in the middle, after a release").splitlines()
    assert rows.index("| `content_only` | back after about 1 min 30 s |") > rows.index(
        "| `last_known_good` | back after about 30 s |"
    )


@pytest.mark.parametrize("verdict", ["unmet", "inconclusive", "error"])
def test_only_what_was_met_is_proof(drills: Path, verdict: str) -> None:
    alter(drills, TRUNCATED_RELEASE, "verdict", verdict=verdict)
    text = command(drills, "--site", reference_site()).stdout
    assert "`content_only`" not in section(text, "Every page ends in the middle, after a release")
    assert f"- `{TRUNCATED_RELEASE}`: {verdict}" in section(text, "Not proved by the last drills")


def test_a_request_that_had_to_be_refused_says_nothing_about_its_method(drills: Path) -> None:
    before = command(drills, "--site", reference_site()).stdout
    file = drills / f"{TRUNCATED_RELEASE}.jsonl"
    (drills / "refused.jsonl").write_text(file.read_text().replace(TRUNCATED_RELEASE, "refused"))
    alter(drills, "refused", "drill.planned", refused=True, expected="does not recover")
    alter(drills, "refused", "verdict", observed="does not recover", recovery_seconds=None)
    assert command(drills, "--site", reference_site()).stdout == before


def test_the_journals_own_words_come_before_the_incidents_file(drills: Path) -> None:
    for file in drills.glob("*html-truncated*"):
        alter(
            drills, file.stem, "drill.planned", title="Half <a> | page", symptom="*Half*\nis gone"
        )
    text = command(drills, "--site", reference_site()).stdout
    assert "### Half &lt;a&gt; \\| page, after a release" in text
    assert "| \\*Half\\* is gone | a release | `content_only` |" in text


def test_drills_with_another_form_prove_nothing_of_this_one(drills: Path, tmp_path: Path) -> None:
    text = (reference_site() / "sitedrill.toml").read_text()
    settings = text + '\n[workflows.emergency.values.method]\ncontent_only = "pages"\n'
    site = tmp_path / "site"
    shutil.copytree(reference_site(), site)
    (site / "sitedrill.toml").write_text(
        settings.replace('emergency = "emergency.yml"\n', "").replace(
            "[workflows.emergency.values.method]",
            '[workflows.emergency]\nfile = "emergency.yml"\n[workflows.emergency.values.method]',
        )
    )
    unproved = section(command(drills, "--site", site).stdout, "Not proved by the last drills")
    assert f"- `{TRUNCATED_RELEASE}`: drilled with another form" in unproved
    assert "last_known_good" not in unproved


# --- The commands -----------------------------------------------------------------------------------

HOSTILE = 'it\'s $(touch /tmp/x) `id` "${HOME}" \\ ; & | > !\t\nnext <!-- é'


def test_hostile_names_and_values_reach_gh_as_they_are() -> None:
    form = EmergencyWorkflow.model_validate(
        {
            "file": "it's;$(id).yml",
            "inputs": {"operation": f"o {HOSTILE}", "method": "m", "reason": f"r {HOSTILE}"},
            "values": {"method": {"content_only": HOSTILE}},
            "always": {"sure": True, "@file": "@/etc/passwd"},
        }
    )
    text = command_for(
        form,
        operation="rollback",
        method="content_only",
        environment="prod",
        target=False,
        immediate=None,
    )
    assert argv(text, REASON=HOSTILE) == [
        *("workflow", "run", "it's;$(id).yml"),
        *("-f", "sure=true"),
        *("-f", "@file=@/etc/passwd"),
        *("-f", f"o {HOSTILE}=rollback"),
        *("-f", f"m={HOSTILE}"),
        *("-f", f"r {HOSTILE}={HOSTILE}"),
    ]
    assert all(line.startswith(("gh ", "  -f ")) for line in text.splitlines())


def test_every_printed_command_is_read_by_a_shell_and_runs_nothing_before_it_is_filled_in(
    drills: Path,
) -> None:
    text = command(drills, "--site", reference_site(), "--environment", "staging").stdout
    blocks = re.findall(r"```sh\n(gh .*?)```", text, flags=re.DOTALL)
    assert len(blocks) >= 9
    for block in blocks:
        assert argv(block) is None
        assert argv(block, REASON="", TARGET="", BRANCH="") is None
        words = argv(block, REASON="it is down", TARGET="f" * 40, BRANCH="main")
        assert words is not None
        assert words[:3] == ["workflow", "run", "emergency.yml"]
        assert {"environment=staging", "reason=it is down"} <= set(words)
        assert ("--ref" in words) == ("operation=hotfix" in words)
        assert (f"target_commit={'f' * 40}" in words) == (
            "rollback_method=specific_commit" in words
        )


def test_a_site_with_other_names_gets_its_own() -> None:
    settings = load_settings(TESTS / "sites" / "handbook")
    form = settings.workflows.emergency
    text = command_for(
        form,
        operation="rollback",
        method="specific_commit",
        environment="preview",
        target=True,
        immediate=None,
    )
    assert argv(text, REASON="why not", TARGET="abc") == [
        *("workflow", "run", "rollback.yml"),
        *("-f", "understood=live"),
        *("-f", "deploy_option=exact-commit"),
        *("-f", "stage=preview"),
        *("-f", "why=why not"),
        *("-f", "commit_sha=abc"),
    ]


# --- Times ------------------------------------------------------------------------------------------


def test_times_are_coarse_and_stay_as_they_are_when_said_again() -> None:
    assert [coarse(s) for s in (0.2, 7, 19.4, 59, 100, 340)] == [5, 5, 20, 60, 90, 360]
    for tenths in range(0, 8000, 3):
        once = coarse(tenths / 10)
        assert coarse(once) == once == heard(said(tenths / 10))
    assert said(95) == "about 1 min 30 s"
    assert heard("soon") is None


@pytest.mark.parametrize(
    ("written", "measured", "true"),
    [(20, 50, True), (20, 51, False), (120, 240, True), (120, 241, False), (240, 119, False)],
)
def test_a_little_later_is_still_true(written: float, measured: float, true: bool) -> None:
    assert still_true(written, measured) is true


# --- Stale or not -----------------------------------------------------------------------------------


@pytest.fixture
def page(drills: Path, tmp_path: Path) -> Path:
    file = tmp_path / "emergency.md"
    file.write_text("# Emergency\n\nProse.\n")
    assert command(drills, "--site", reference_site(), "--write", file).exit_code == 0
    return file


def check(drills: Path, page: Path, *options: object) -> Result:
    return command(drills, "--site", reference_site(), "--check", page, *options)


def test_what_was_written_is_true_and_writing_it_again_changes_nothing(
    drills: Path, page: Path
) -> None:
    assert page.read_text().startswith(f"# Emergency\n\nProse.\n\n{BEGIN}\n")
    result = check(drills, page)
    assert (result.exit_code, "true to the last drills" in result.stdout) == (0, True)
    before = page.read_bytes()
    assert "true already" in command(drills, "--site", reference_site(), "--write", page).stdout
    assert page.read_bytes() == before


def test_prose_around_it_and_line_ends_are_the_teams_own(drills: Path, page: Path) -> None:
    crlf = ("Above.\n" + page.read_text() + "Below.\n").replace("\n", "\r\n").encode()
    page.write_bytes(crlf)
    assert check(drills, page).exit_code == 0
    command(drills, "--site", reference_site(), "--write", page)
    assert page.read_bytes() == crlf


def test_seconds_that_moved_a_little_do_not_make_it_stale_though_the_order_would_change(
    drills: Path, page: Path
) -> None:
    alter(drills, TRUNCATED_RELEASE, "verdict", recovery_seconds=48.0)
    fresh = command(drills, "--site", reference_site()).stdout
    assert "| `content_only` | back after about 50 s |" in fresh
    assert check(drills, page).exit_code == 0


STALE: Mapping[str, Change] = {
    "much slower": lambda verdict: verdict.update(recovery_seconds=200.0),
    "it does not mend it any more": lambda verdict: verdict.update(
        observed="does not recover", expected="does not recover", recovery_seconds=None
    ),
    "it is not proved any more": lambda verdict: verdict.update(verdict="unmet"),
}


@pytest.mark.parametrize("change", STALE.values(), ids=STALE)
def test_another_outcome_makes_it_stale(drills: Path, page: Path, change: Change) -> None:
    fields: dict[str, Any] = {}
    change(fields)
    alter(drills, TRUNCATED_RELEASE, "verdict", **fields)
    result = check(drills, page)
    assert result.exit_code == 1
    assert "-| `content_only` | back after about 20 s |" in result.stdout
    assert len(result.stdout.splitlines()) < 50


def test_another_command_a_lost_drill_and_a_change_by_hand_make_it_stale(
    drills: Path, page: Path
) -> None:
    result = check(drills, page, "--environment", "staging")
    assert result.exit_code == 1
    assert "+  -f environment=staging \\" in result.stdout
    written = page.read_text()
    page.write_text(written.replace("rollback_method=content_only", "rollback_method=all", 1))
    assert check(drills, page).exit_code == 1
    page.write_text(written)
    (drills / f"{TRUNCATED_RELEASE}.jsonl").unlink()
    assert check(drills, page).exit_code == 1


def test_a_page_without_a_runbook_is_stale(drills: Path, page: Path) -> None:
    page.write_text("nothing yet\n")
    assert check(drills, page).exit_code == 1


# --- Marks, and what cannot be read -----------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}", f"{BEGIN}\n{BEGIN}\n{END}"],
)
def test_doubled_and_unbalanced_marks_are_refused_and_the_page_is_untouched(
    drills: Path, tmp_path: Path, page: str
) -> None:
    file = tmp_path / "page.md"
    file.write_text(page)
    for option in ("--write", "--check"):
        result = command(drills, "--site", reference_site(), option, file)
        assert isinstance(result.exception, SitedrillError)
        assert "each once, the first above the second" in str(result.exception)
    assert file.read_text() == page


def test_marks_count_only_when_alone_on_their_line() -> None:
    page = f"Write `{BEGIN}` first.\n"
    assert between(page, Path("p.md")) is None
    inner = f"- `{END}`\n"
    assert between(replaced(page, inner, Path("p.md")), Path("p.md")) == inner


def test_no_drills_a_spoilt_journal_and_no_page_are_told(drills: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    missing = command(tmp_path / "empty", "--site", reference_site())
    assert "there is no journal" in str(missing.exception)
    assert "cannot read the page" in str(check(drills, tmp_path / "none.md").exception)
    both = check(drills, tmp_path / "a.md", "--write", tmp_path / "b.md")
    assert "no --write besides" in str(both.exception)
    wrong = command(drills, "--site", reference_site(), "--environment", "moon")
    assert "one of staging, prod" in str(wrong.exception)
    (drills / "spoilt.jsonl").write_text("no\nno\n")
    assert "not a journal record" in str(command(drills, "--site", reference_site()).exception)


def test_text_of_others_is_only_text() -> None:
    assert plain("<b>*a*</b> | [x](y)\n# `z`") == (
        "&lt;b&gt;\\*a\\*&lt;/b&gt; \\| \\[x\\](y) \\# \\`z\\`"
    )


# --- The reference site's own -----------------------------------------------------------------------


def test_the_reference_sites_runbook_is_true_to_recorded_drills() -> None:
    page = reference_site() / "docs" / "emergency-operations.md"
    result = check(RECORDED, page)
    assert result.exit_code == 0, result.output


def test_the_recorded_drills_went_as_the_incidents_files_still_expect() -> None:
    catalogue = load_incidents(incidents_dir())
    for file in sorted(RECORDED.glob("*.jsonl")):
        records = {r["kind"]: r for r in map(json.loads, file.read_text().splitlines())}
        planned, verdict = records["drill.planned"], records["verdict"]
        response = planned["method"] or planned["operation"]
        expected = catalogue.get(planned["incident"]).expected(planned["via"], response)
        assert verdict["observed"] == expected, file.name
