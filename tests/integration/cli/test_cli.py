"""The command as a user meets it: what it prints, writes and leaves behind, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from harness.clock import SystemClock
from harness.cloud.clients import Clients
from harness.polling import poll
from harness.processes import TOKEN, marked

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
SITEDRILL = Path(sys.executable).with_name("sitedrill")
SAME = ("id", "incident", "via", "operation", "method", "expected", "observed", "verdict", "causes")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A temporary folder of its own, so that anything left behind is seen."""
    (tmp_path / "tmp").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**kept, "TMPDIR": str(tmp_path / "tmp"), "COLUMNS": "100"}


def sitedrill(
    environment: dict[str, str], *arguments: str | Path, timeout: float = 400
) -> subprocess.CompletedProcess[str]:
    words = [str(argument) for argument in arguments]
    return subprocess.run(
        [SITEDRILL, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "nowhere.feature"), "nowhere.feature is not there"),
        (("run", "--cloud", "azure"), "--cloud is 'azure', expected one of moto"),
        (("run", "--runner", "cloud"), "--runner is 'cloud', expected one of auto, host"),
        (("run", "--site", "docs"), "docs/sitedrill.toml: file is missing"),
        (("run", "-n", "0"), "Invalid value for '-n'"),
        (("run", "--nonsense"), "No such option: --nonsense"),
        (("up", "moon"), "no environment 'moon' (the site has staging, prod)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_misuse_is_one_clear_line_and_status_two(
    arguments: tuple[str, ...], says: str, environment: dict[str, str]
) -> None:
    done = sitedrill(environment, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(Path(environment["TMPDIR"]).iterdir())


def test_no_matching_drill_is_misuse(environment: dict[str, str], tmp_path: Path) -> None:
    done = sitedrill(environment, "run", "-k", "nothing_is_called_so", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "no drill matches" in done.stderr


def test_doctor_says_where_each_tool_is(environment: dict[str, str]) -> None:
    done = sitedrill({**environment, "COLUMNS": "200"}, "doctor")
    assert done.returncode == 0
    for tool in ("act", "git", "node", "bash", "aws", "actionlint", "zizmor"):
        assert f"│ {tool} " in done.stdout
    assert "0.2.89" in done.stdout


def test_doctor_says_what_is_missing(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    home = tmp_path / "home"
    home.mkdir()
    poor = {
        **environment,
        "PATH": str(tmp_path / "bin"),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "COLUMNS": "200",
    }
    done = sitedrill(poor, "doctor")
    assert done.returncode == 1
    assert "go install github.com/nektos/act@v0.2.89" in done.stdout
    assert "Node.js 18 or newer" in done.stdout


def test_one_worker_and_two_give_the_same_results(
    environment: dict[str, str], tmp_path: Path
) -> None:
    found = {}
    for workers in ("1", "2"):
        out = tmp_path / workers
        selection = ("features/drift.feature", "-k", "wrong-origin and only")
        done = sitedrill(environment, "run", *selection, "-n", workers, "--out", out)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 of 2 drills met their expectation" in done.stdout
        results = json.loads((out / "results.json").read_text())
        found[workers] = [{key: drill[key] for key in SAME} for drill in results["drills"]]
        for name in ("junit.xml", "index.html", "journals"):
            assert (out / name).exists()
    assert found["1"] == found["2"]
    assert {drill["observed"] for drill in found["1"]} == {"recovers", "does not recover"}
    assert not list(Path(environment["TMPDIR"]).iterdir())


def test_an_unmet_drill_ends_with_status_one(environment: dict[str, str], tmp_path: Path) -> None:
    feature = tmp_path / "hopeful.feature"
    feature.write_text(
        "Feature: Hope\n"
        "  Scenario: a request that is carried out is expected to be refused\n"
        "    Given staging serves the newest release\n"
        "    And the site is in its steady state\n"
        '    When the live environment drifts into "html-truncated"\n'
        "    And viewers see it\n"
        "    And the engineer on call rolls back by content_only\n"
        "    Then the request is refused\n"
        "    And the drill meets its expectation\n"
    )
    done = sitedrill(environment, "run", feature, "--out", tmp_path / "out")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the operation was not refused: tag v0.0.0-rollback." in " ".join(done.stdout.split())


class Started:
    """A command under way, in a process group of its own as in a terminal."""

    def __init__(self, environment: dict[str, str], *arguments: str | Path) -> None:
        self.process = subprocess.Popen(
            [SITEDRILL, *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._temporary = Path(environment["TMPDIR"])

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def leftovers(self) -> list[object]:
        names = [path.name for path in self._temporary.iterdir()]
        carrying = [process.info for process in psutil.process_iter(["pid", "cmdline"])]
        mine = [
            info for info in carrying if str(self._temporary) in " ".join(info["cmdline"] or ())
        ]
        return [*names, *mine, *(p for name in names for p in marked(name))]


@pytest.fixture
def started(environment: dict[str, str]) -> Iterator[list[Started]]:
    running: list[Started] = []
    yield running
    for command in running:
        if command.process.poll() is None:
            command.process.kill()
        command.process.communicate()


@pytest.mark.parametrize(
    ("role", "workers"),
    [
        ("inject", "1"),
        ("response", "2"),
        pytest.param("inject", "2", marks=pytest.mark.long),
        pytest.param("response", "1", marks=pytest.mark.long),
    ],
)
def test_an_interrupted_run_leaves_nothing_and_says_where_it_stopped(
    role: str, workers: str, environment: dict[str, str], tmp_path: Path, started: list[Started]
) -> None:
    out = tmp_path / "out"
    selection = ("features/bad-release.feature", "-k", "truncated and (content or last_known)")
    command = Started(environment, "run", *selection, "-n", workers, "--out", out)
    started.append(command)

    def deploying() -> list[dict[str, object]] | None:
        """A step of the run with this role is under way: act and its children live."""
        for path in (out / "journals").glob("*.jsonl"):
            lines = path.read_text().splitlines()
            records = [json.loads(line) for line in lines if line.endswith("}")]
            mine = [r["run"] for r in records if r["kind"] == "run.started" and r["role"] == role]
            if any(r["kind"] == "step.output" and r["run"] in mine for r in records):
                return records
        return None

    records = poll(deploying, within=200, waiting_for="a step", clock=SystemClock())
    endpoint = next(str(r["endpoint"]) for r in records if r["kind"] == "world.ready")

    assert command.interrupt() == 130
    assert command.leftovers() == []
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", int(endpoint.rpartition(":")[2]))) != 0
    results = json.loads((out / "results.json").read_text())
    phase = {"inject": "inject", "response": "respond"}[role]
    assert phase in {drill["interrupted"] for drill in results["drills"]}
    assert {drill["verdict"] for drill in results["drills"] if drill["interrupted"]} == {"error"}


def test_up_has_the_site_live_until_it_is_interrupted(
    environment: dict[str, str], started: list[Started]
) -> None:
    command = Started(environment, "up", "--json")
    started.append(command)
    assert command.process.stdout is not None
    addresses = json.loads(command.process.stdout.readline())

    home = httpx.get(addresses["edge"], trust_env=False)
    assert home.status_code == 200
    assert "Miss from cloudfront" in home.headers["x-cache"]
    with Clients(addresses["aws_endpoint"], "checks") as clients:
        names = [bucket["Name"] for bucket in clients.s3.list_buckets()["Buckets"]]
    assert "harbourlight-staging" in names
    listed = subprocess.run(
        ["git", "ls-remote", "--tags", addresses["origin"]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "refs/tags/v1.1.0" in listed.stdout

    assert command.interrupt() == 0
    assert command.leftovers() == []


@pytest.fixture
def of_before(tmp_path: Path) -> Path:
    """A journal of an earlier run, in `out`."""
    path = tmp_path / "out" / "journals" / "of-before.jsonl"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def plain_pytest(
    environment: dict[str, str], out: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--sitedrill-out", str(out)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_plain_pytest_runs_a_feature(
    environment: dict[str, str], tmp_path: Path, of_before: Path
) -> None:
    selection = ("features/drift.feature", "-k", "html-truncated and content_only")
    done = plain_pytest(environment, tmp_path / "out", *selection, "-n", "2")
    assert done.returncode == 0, done.stdout
    assert not of_before.exists()
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["summary"]["met"] == 1
    assert str(tmp_path / "out") in done.stdout
    left = {path.name for path in Path(environment["TMPDIR"]).iterdir()}
    assert not {name for name in left if not name.startswith("pytest-of-")}
    assert TOKEN not in done.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_pytest_without_drills_leaves_the_reports_of_others_alone(
    environment: dict[str, str], tmp_path: Path, of_before: Path, workers: str
) -> None:
    selection = ("tests/unit/test_naming.py", "features", "-m", "unit")
    done = plain_pytest(environment, tmp_path / "out", *selection, "-n", workers)
    assert done.returncode == 0, done.stdout
    assert [path.name for path in of_before.parent.parent.iterdir()] == ["journals"]
    assert of_before.exists()
    assert "drills" not in done.stdout.partition("test session starts")[2]


def test_pytest_that_only_lists_drills_leaves_the_reports_of_before_alone(
    environment: dict[str, str], tmp_path: Path, of_before: Path
) -> None:
    done = plain_pytest(environment, tmp_path / "out", "features", "-m", "seed", "--collect-only")
    assert done.returncode == 0, done.stdout
    assert of_before.exists()
