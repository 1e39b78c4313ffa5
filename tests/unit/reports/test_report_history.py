"""`--history`: runs that are over are kept, once, and what is new is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from written_drills import WrittenDrill

from harness.cli import app
from harness.errors import ConfigError, SitedrillError
from harness.history.places import FILE, Folder
from harness.history.runs import run_of
from harness.reports.journals import read_journals
from harness.reports.results import results_of

pytestmark = pytest.mark.unit

NIGHT = 24 * 3600.0


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def night(
    folder: Path, number: int, *, names: tuple[str, ...] = ("a", "b"), **changes: Any
) -> Path:
    """What the run of a night wrote."""
    for name in names:
        about = changes if name == names[0] else {}
        WrittenDrill(name, starts_at=number * NIGHT, **about).write(folder / "journals")
    return folder


def call(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_a_run_is_made_from_its_journals(tmp_path: Path) -> None:
    out = night(tmp_path / "out", 0, verdict="unmet", causes=["/ answers 403", "and more"])
    journals = read_journals(out / "journals")
    run = run_of(results_of(journals), journals)
    assert run is not None
    assert (run.started, run.repository, run.commit) == (
        "2026-01-05T10:00:00.000Z", "harbourlight/website", "5e" * 20,
    )  # fmt: skip
    assert (run.cloud, run.runner, run.versions) == (
        "moto", "host", {"act": "0.2.80", "moto": "5.2.5"},
    )  # fmt: skip
    a, b = run.drills
    assert (a.drill, a.verdict, a.cause) == ("a", "unmet", "/ answers 403")
    assert (b.verdict, b.recovery_seconds, b.time_to_deploy_seconds, b.availability, b.cause) == (
        "met", 3.2, 4.8, 0.71, "",
    )  # fmt: skip
    nothing = read_journals(tmp_path / "nothing")
    assert run_of(results_of(nothing), nothing) is None


def test_report_keeps_each_folder_as_a_run_and_names_what_is_new(tmp_path: Path) -> None:
    past = tmp_path / "past"
    first = night(tmp_path / "1", 0)
    second = night(tmp_path / "2", 1, verdict="unmet", causes=["/ answers 403"])
    told = call("report", first, "--history", past)
    assert "nothing new, compared with 0 earlier runs" in told
    told = call("report", first, second, "--out", tmp_path / "both", "--history", past)
    assert "✗ a is newly failing: unmet, / answers 403" in told
    told = call("report", second, "--history", past)  # once more: the same, and no run more
    assert "1 newly failing, compared with 1 earlier run" in told
    assert len(Folder(past).read()) == 2
    told = call("trend", "--history", past)
    assert "2 runs in" in told
    assert "50 %" in told


def test_merge_keeps_one_run_and_tells_the_summary(tmp_path: Path) -> None:
    past, summary = tmp_path / "past", tmp_path / "summary.md"
    for number, verdict in enumerate(["met", "unmet"]):
        one = night(tmp_path / f"{number}-1", number, names=("a",), verdict=verdict)
        two = night(tmp_path / f"{number}-2", number, names=("b",))
        for shard in (one, two):
            call("report", shard)
        call(
            "merge", one, two, "--out", tmp_path / f"{number}-all", "--history", past,
            "--summary", summary,
        )  # fmt: skip
    assert [len(run.drills) for run in Folder(past).read()] == [2, 2]
    text = summary.read_text(encoding="utf-8")
    assert text.count("### History") == 2
    assert "- ✗ `a` is newly failing: unmet" in text


def test_a_history_that_will_not_do_is_told_before_anything_is_done(tmp_path: Path) -> None:
    out = night(tmp_path / "out", 0)
    (tmp_path / FILE).write_text("a diary")
    with pytest.raises(ConfigError, match="expected an undamaged SQLite database"):
        call("report", out, "--history", tmp_path)
    with pytest.raises(ConfigError, match="expected an undamaged SQLite database"):
        call("run", "--history", tmp_path, "--out", tmp_path / "new")
    assert not (out / "index.html").exists()
    assert not (tmp_path / "new").exists()
    with pytest.raises(SitedrillError, match="a shard is no run to be kept"):
        call("run", "--shard", "1/2", "--history", tmp_path / "past")
