"""A history in S3, as moto's server plays it: two writers lose nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from harness.clock import SystemClock
from harness.errors import ConfigError, SitedrillError
from harness.history import bucket as bucket_module
from harness.history.places import FILE, Place, place_of
from harness.history.runs import DrillRow, RunRow

pytestmark = pytest.mark.integration

SITEDRILL = Path(sys.executable).with_name("sitedrill")
HERE = "s3://nights/of/website"


class StillClock(SystemClock):
    """Waits for nobody, and counts how often it should have."""

    waited = 0

    def sleep(self, seconds: float) -> None:
        assert 0 <= seconds <= bucket_module.LONGEST_WAIT
        self.waited += 1


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What boto3 finds is all that is said to it."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="nights")
    yield client
    for found in client.list_objects_v2(Bucket="nights").get("Contents", []):
        client.delete_object(Bucket="nights", Key=found["Key"])
    client.delete_bucket(Bucket="nights")


def night(number: int, verdict: Any = "met", cause: str = "") -> RunRow:
    drills = (DrillRow("a", verdict, 10.0 if verdict == "met" else None, cause=cause),)
    started = f"2026-01-{number + 1:02}T03:00:00+00:00"
    return RunRow(
        f"run-{number}", started, "harbourlight/website", "c1", "moto", "host", {}, drills
    )


def meddled(clock: StillClock, meddle: Any, *, times: int) -> Place:
    """A place whose first `times` writes come after another's, who does `meddle(number)`."""
    client = bucket_module.make_client()
    done = []

    def before(**_: Any) -> None:
        if len(done) < times:
            done.append(None)
            meddle(len(done))

    client.meta.events.register("before-call.s3.PutObject", before)
    return place_of(HERE, clock=clock, client=lambda: client)


@pytest.mark.parametrize("begun", [False, True], ids=["the first run", "a later run"])
def test_two_writers_lose_nothing(begun: bool, s3: Any) -> None:
    other = place_of(HERE, clock=SystemClock())
    if begun:
        other.append([night(0)])
    clock = StillClock()
    mine = meddled(clock, lambda number: other.append([night(number)]), times=3)
    kept = mine.append([night(9)])
    assert clock.waited == 3
    assert [run.id for run in kept] == [f"run-{n}" for n in ([0] if begun else []) + [1, 2, 3, 9]]
    assert other.read() == kept
    assert [f["Key"] for f in s3.list_objects_v2(Bucket="nights")["Contents"]] == [
        f"of/website/{FILE}"
    ]


@pytest.mark.usefixtures("s3")
def test_a_writer_that_always_loses_says_so_and_loses_nothing_of_the_others() -> None:
    other = place_of(HERE, clock=SystemClock())
    clock = StillClock()
    mine = meddled(clock, lambda n: other.append([night(n)]), times=bucket_module.TRIES)
    with pytest.raises(SitedrillError, match=r"others wrote it 12 times.*--history"):
        mine.append([night(27)])
    assert len(other.read()) == bucket_module.TRIES


def test_a_history_removed_meanwhile_is_begun_anew(s3: Any) -> None:
    place_of(HERE, clock=SystemClock()).append([night(0)])
    remove = lambda _: s3.delete_object(Bucket="nights", Key=f"of/website/{FILE}")  # noqa: E731
    kept = meddled(StillClock(), remove, times=1).append([night(1)])
    assert [run.id for run in kept] == ["run-1"]


def test_what_is_not_ours_is_left_as_it_is(s3: Any) -> None:
    s3.put_object(Bucket="nights", Key=f"of/website/{FILE}", Body=b"somebody's diary")
    place = place_of(HERE, clock=SystemClock())
    with pytest.raises(ConfigError, match=r"s3://nights/of/website/history\.sqlite3: contents is"):
        place.append([night(0)])
    found = s3.get_object(Bucket="nights", Key=f"of/website/{FILE}")["Body"].read()
    assert found == b"somebody's diary"


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_named() -> None:
    with pytest.raises(SitedrillError, match="NoSuchBucket"):
        place_of("s3://elsewhere/x", clock=SystemClock()).read()


def trend(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SITEDRILL, "trend", *map(str, arguments)],
        env={**os.environ, "COLUMNS": "110"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.usefixtures("s3")
def test_the_command_reads_it(tmp_path: Path) -> None:
    past = [night(n) for n in range(3)] + [night(3, "unmet", "/ answers 403")]
    place_of(HERE, clock=SystemClock()).append(past)
    page = tmp_path / "trends.html"
    done = trend("--history", HERE, "--html", page)
    assert done.returncode == 0, done.stderr
    assert "75 %" in done.stdout
    assert "✗ a is newly failing: unmet, / answers 403" in done.stdout
    assert "1 newly failing" in page.read_text(encoding="utf-8")
    told = json.loads(trend("--history", HERE, "--json", "--last", "2").stdout)
    assert (told["runs"], told["drills"][0]["runs"], told["drills"][0]["met"]) == (4, 2, 1)


def test_the_command_says_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("a diary")
    for history, says in [(tmp_path, "contents is"), (tmp_path / "none", "runs is missing")]:
        done = trend("--history", history)
        assert done.returncode == 2
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    assert (tmp_path / FILE).read_text() == "a diary"
