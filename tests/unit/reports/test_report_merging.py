"""The results of shards become those of one run, or it is said why they cannot."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from written_drills import FakeClock, WrittenDrill

from harness.errors import SitedrillError
from harness.reports import write_all
from harness.reports.merging import merge
from harness.reports.results import Results
from harness.reports.shards import ShardPlan, divide, write_note

pytestmark = pytest.mark.unit

Shard = Callable[..., Path]
ALL = ["a", "b", "c", "d"]
PLAN = divide(ALL, shards=2, seconds={})


@pytest.fixture
def shard(tmp_path: Path) -> Shard:
    """`shard(1, a={"verdict": "unmet"})`: what the first of two shards wrote."""

    def make(
        number: int, *, plan: ShardPlan = PLAN, folder: str = "", **changes: dict[str, Any]
    ) -> Path:
        out = tmp_path / (folder or f"shard-{number}")
        (out / "journals").mkdir(parents=True)
        for drill in plan.include[number - 1].drills:
            if changes.get(drill) != {"lost": True}:
                WrittenDrill(drill, **changes.get(drill, {})).write(out / "journals")
        write_all(out)
        write_note(out, plan.include[number - 1], plan)
        return out

    return make


@pytest.fixture
def merged(tmp_path: Path, clock: FakeClock) -> Callable[..., Results]:
    def join(*directories: Path, partial: bool = False) -> Results:
        return merge(directories, tmp_path / "all", partial=partial, clock=clock)

    return join


def ids(results: Results) -> Sequence[str]:
    return [drill.id for drill in results.drills]


def test_all_drills_are_in_every_report(
    shard: Shard, merged: Callable[..., Results], tmp_path: Path
) -> None:
    results = merged(shard(1), shard(2, b={"verdict": "unmet", "observed": "does not recover"}))
    assert ids(results) == ALL
    assert (results.summary.met, results.summary.unmet, results.summary.all_met) == (3, 1, False)
    written = json.loads((tmp_path / "all" / "results.json").read_text())
    assert [drill["id"] for drill in written["drills"]] == ALL
    assert (tmp_path / "all" / "junit.xml").read_text().count("<testcase") == 4
    assert "drill-d" in (tmp_path / "all" / "index.html").read_text()
    assert len(list((tmp_path / "all" / "journals").iterdir())) == 4
    assert not (tmp_path / "all" / "shard.json").exists()
    assert {path.name for path in (tmp_path / "all").iterdir()} == {
        "results.json", "junit.xml", "index.html", "journals", "cucumber.json", "results.csv",
        "summary.md", "audit",
    }  # fmt: skip


def test_journals_of_an_earlier_merge_go(
    shard: Shard, merged: Callable[..., Results], tmp_path: Path
) -> None:
    (tmp_path / "all" / "journals").mkdir(parents=True)
    WrittenDrill("old").write(tmp_path / "all" / "journals")
    assert ids(merged(shard(1), shard(2))) == ALL


def test_a_missing_shard_is_named(shard: Shard, merged: Callable[..., Results]) -> None:
    with pytest.raises(SitedrillError, match=r"shard 2/2 is missing: .* of b, d \(name"):
        merged(shard(1))


def test_a_drill_that_a_shard_lost_is_named(shard: Shard, merged: Callable[..., Results]) -> None:
    with pytest.raises(SitedrillError, match="shard 1/2 is missing: there is no result of c"):
        merged(shard(1, c={"lost": True}), shard(2))


def test_a_partial_merge_reports_what_is_missing_as_drills_in_error(
    shard: Shard, merged: Callable[..., Results]
) -> None:
    results = merged(shard(1), partial=True)
    assert ids(results) == ALL
    assert not results.summary.all_met
    lost = results.drills[1]
    assert lost.verdict == "error"
    assert lost.causes == (
        "interrupted before its first phase by the loss of shard 2/2, which did not report it",
    )


def test_a_shard_named_twice_is_refused(shard: Shard, merged: Callable[..., Results]) -> None:
    with pytest.raises(SitedrillError, match="are both shard 1/2"):
        merged(shard(1), shard(1, folder="copy"), shard(2))


def test_shards_of_two_plans_are_refused(shard: Shard, merged: Callable[..., Results]) -> None:
    other = divide(ALL, shards=2, seconds={"a": 500})
    with pytest.raises(SitedrillError, match="are shards of different plans"):
        merged(shard(1), shard(2, plan=other))


def test_the_same_drill_in_two_runs_is_refused(
    shard: Shard, merged: Callable[..., Results]
) -> None:
    one, two = shard(1), shard(1, folder="again")
    for folder in (one, two):
        (folder / "shard.json").unlink()
    with pytest.raises(SitedrillError, match=r"the drill a is in .*shard-1 and in .*again"):
        merged(one, two)


def test_runs_without_shards_are_joined_too(shard: Shard, merged: Callable[..., Results]) -> None:
    one, two = shard(1), shard(2)
    for folder in (one, two):
        (folder / "shard.json").unlink()
    assert ids(merged(one, two)) == ALL


def _change(folder: Path, old: str, new: str) -> Path:
    for path in [folder / "results.json", *(folder / "journals").iterdir()]:
        path.write_text(path.read_text().replace(old, new))
    return folder


def test_other_versions_are_refused(shard: Shard, merged: Callable[..., Results]) -> None:
    with pytest.raises(
        SitedrillError, match=r"was drilled with moto 5\.2\.5, .* with moto 5\.9\.9"
    ):
        merged(shard(1), _change(shard(2), "5.2.5", "5.9.9"))


def test_another_python_is_not_another_version(
    shard: Shard, merged: Callable[..., Results]
) -> None:
    one = _change(shard(1), '"moto"', '"python"')
    assert merged(one, _change(shard(2), '"moto": "5.2.5"', '"python": "3.9.9"')).summary.all_met


def test_another_schema_is_refused(shard: Shard, merged: Callable[..., Results]) -> None:
    other = shard(2)
    (other / "results.json").write_text('{"schema": 7, "drills": []}')
    with pytest.raises(SitedrillError, match="schema is 7, expected 1"):
        merged(shard(1), other)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 1, "drills": 3}'])
def test_what_is_no_results_is_refused(
    text: str, shard: Shard, merged: Callable[..., Results]
) -> None:
    other = shard(2)
    (other / "results.json").write_text(text)
    with pytest.raises(SitedrillError, match=r"results\.json: "):
        merged(shard(1), other)


def test_a_folder_without_its_journals_is_refused(
    shard: Shard, merged: Callable[..., Results]
) -> None:
    other = shard(2)
    (other / "journals" / "d.jsonl").unlink()
    with pytest.raises(SitedrillError, match=r"results\.json and the journals differ in d"):
        merged(shard(1), other)


def test_a_shards_own_folder_is_not_merged_into(
    shard: Shard, tmp_path: Path, clock: FakeClock
) -> None:
    one, two = shard(1), shard(2)
    before = (one / "results.json").read_text()
    with pytest.raises(SitedrillError, match="is one of the shards"):
        merge([one, two], tmp_path / "x" / ".." / one.name, partial=False, clock=clock)
    assert (one / "results.json").read_text() == before


def test_nothing_is_written_when_the_shards_do_not_fit(
    shard: Shard, merged: Callable[..., Results], tmp_path: Path
) -> None:
    with pytest.raises(SitedrillError, match="nowhere"):
        merged(shard(1), tmp_path / "nowhere")
    assert not (tmp_path / "all").exists()
