"""Drills are shared out evenly, every drill once, always alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_drills import Drills

from harness.errors import ConfigError
from harness.reports import write_all
from harness.reports.durations import known_durations
from harness.reports.shards import UNTIMED, divide, read_note, read_plan, the_shard, write_note

pytestmark = pytest.mark.unit

names = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=40, unique=True)
times = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.floats(0, 1000))


@given(drills=names, seconds=times, shards=st.integers(1, 12))
def test_every_drill_is_in_one_shard_and_none_is_empty(
    drills: list[str], seconds: dict[str, float], shards: int
) -> None:
    plan = divide(drills, shards=shards, seconds=seconds)
    assert sorted(d for shard in plan.include for d in shard.drills) == sorted(drills)
    assert [shard.shard for shard in plan.include] == list(range(1, len(plan.include) + 1))
    assert {shard.of for shard in plan.include} == {min(shards, len(drills))}
    assert plan == divide(drills, shards=shards, seconds=seconds)


@given(drills=names, seconds=times, shards=st.integers(1, 12))
def test_no_shard_takes_longer_than_the_mean_and_one_drill_more(
    drills: list[str], seconds: dict[str, float], shards: int
) -> None:
    loads = [s.seconds for s in divide(drills, shards=shards, seconds=seconds).include]
    longest = max(seconds.get(drill, UNTIMED) for drill in drills)
    known = [seconds[drill] for drill in drills if drill in seconds]
    longest = max([longest, *known])
    assert max(loads) <= sum(loads) / len(loads) + longest + 0.2


def test_the_longest_drill_is_alone_when_the_others_together_are_as_long() -> None:
    plan = divide(["a", "b", "c", "d"], shards=2, seconds={"a": 10, "b": 10, "c": 40, "d": 20})
    assert [shard.drills for shard in plan.include] == [("c",), ("a", "b", "d")]
    assert [shard.seconds for shard in plan.include] == [40, 40]


def test_a_drill_never_timed_counts_as_the_median() -> None:
    plan = divide(["a", "b", "c", "new"], shards=1, seconds={"a": 10, "b": 20, "c": 90})
    assert plan.include[0].seconds == 10 + 20 + 90 + 20


def test_drills_of_a_shard_run_in_the_order_of_the_features() -> None:
    plan = divide(["z", "m", "a"], shards=1, seconds={"a": 9})
    assert plan.include[0].drills == ("z", "m", "a")


def test_a_plan_is_read_back_as_it_was_printed(tmp_path: Path) -> None:
    plan = divide(["a", "b", "c"], shards=2, seconds={})
    (tmp_path / "plan.json").write_text(plan.text())
    assert read_plan(tmp_path / "plan.json") == plan
    write_note(tmp_path, plan.include[1], plan)
    note = read_note(tmp_path)
    assert note is not None
    assert (note.shard, note.plan) == (2, plan)
    assert json.loads((tmp_path / "shard.json").read_text())["schema"] == 1
    assert read_note(tmp_path / "nowhere") is None


def _entry(shard: int, of: int, *drills: str) -> dict[str, object]:
    return {"shard": shard, "of": of, "seconds": 1, "drills": drills}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Invalid JSON"),
        ("[]", "plan.json: file"),
        ('{"include": []}', "include is"),
        (json.dumps({"include": [_entry(2, 2, "a")]}), "every shard once"),
        (json.dumps({"include": [_entry(1, 2, "a")]}), "every shard once"),
        (json.dumps({"include": [_entry(1, 2, "a"), _entry(2, 2, "a")]}), "include is ['a']"),
        (json.dumps({"include": [_entry(1, 1, "../a")]}), "include.0.drills.0"),
        (json.dumps({"include": [_entry(1, 1)]}), "include.0.drills"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(ConfigError, match=r"a plan that|every shard once") as caught:
        read_plan(tmp_path / "plan.json")
    assert says in str(caught.value)


@pytest.mark.parametrize("shard", ["", "1", "0/2", "3/2", "1/3", "-1/2", "1/2/3", "one/two", "1/0"])
def test_a_shard_that_is_not_there_is_refused(shard: str) -> None:
    plan = divide(["a", "b"], shards=2, seconds={})
    with pytest.raises(ConfigError, match="--shard"):
        the_shard(plan, shard, said_by="the plan")
    assert the_shard(plan, "2/2", said_by="the plan").drills == ("b",)


def test_durations_are_the_median_of_the_runs_that_were_not_interrupted(
    out: Path, drill: Drills, tmp_path: Path
) -> None:
    drill("whole")
    drill("cut", killed_before="observe")
    write_all(out)
    changed = json.loads((out / "results.json").read_text())
    for entry in changed["drills"]:
        entry["seconds"] += 10
        entry["of a later version"] = True
    (tmp_path / "later.json").write_text(json.dumps({**changed, "schema": 99}))
    seconds, missing = known_durations([out, tmp_path / "later.json", tmp_path / "none.json"])
    assert seconds == {"whole": pytest.approx(13.1 + 5)}
    assert missing == [tmp_path / "none.json"]


@pytest.mark.parametrize("text", ["", "{}", '{"drills": [{"id": "a", "seconds": -1}]}'])
def test_a_file_without_durations_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(ConfigError, match=r"results\.json of an earlier run"):
        known_durations([tmp_path])
