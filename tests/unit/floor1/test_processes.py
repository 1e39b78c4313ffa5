"""None of the programs that we start outlives us."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.clock import SystemClock
from harness.errors import ProcessError
from harness.polling import poll
from harness.processes import TOKEN, end_marked, marked, run_tool

pytestmark = pytest.mark.unit

CLOCK = SystemClock()
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def token() -> Iterator[str]:
    token = f"test-{uuid.uuid4().hex}."
    yield token
    for process in marked(token):
        process.kill()


@pytest.fixture
def start(token: str) -> Iterator[Start]:
    """Starts a shell script whose processes carry the token, and waits for its first line."""
    started: list[subprocess.Popen[bytes]] = []

    def run(script: str, carries: str = token) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            ["/bin/sh", "-c", script],
            env={"PATH": os.defpath, TOKEN: carries},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def living(token: str, count: int) -> list[psutil.Process]:
    def look() -> list[psutil.Process] | None:
        found = marked(token)
        return found if len(found) == count else None

    return poll(look, within=10, waiting_for=f"{count} processes", clock=CLOCK)


def test_nothing_to_end_takes_no_time(token: str) -> None:
    before = CLOCK.monotonic()
    assert end_marked(token, grace=60, clock=CLOCK) == 0
    assert CLOCK.monotonic() - before < 5


def test_what_obeys_is_asked_and_not_killed(token: str, start: Start) -> None:
    process = start("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    assert end_marked(token, grace=60, clock=CLOCK) >= 1
    assert process.wait(10) == 7


def test_processes_that_fork_into_sessions_of_their_own_and_ignore_everything(
    token: str, start: Start
) -> None:
    ignoring = "trap '' TERM HUP INT; echo ready; exec sleep 300"
    process = start(f'setsid sh -c "{ignoring}" & setsid sh -c "trap \'\' TERM; sleep 301" & wait')
    found = living(token, 4)  # this shell, the first sleep, the second's shell and its sleep
    sessions = {os.getsid(one.pid) for one in found}
    assert len(sessions) == 3
    assert end_marked(token, grace=0.1, clock=CLOCK) == 4
    process.wait(10)
    assert marked(token) == []
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in found)


def test_what_starts_another_while_it_is_ended_is_ended_too(token: str, start: Start) -> None:
    start("trap 'setsid sh -c \"trap : TERM; sleep 300; sleep 300\" & exit' TERM; echo ready; wait")
    start("trap '' TERM; echo ready; while :; do sleep 0.01; done")
    end_marked(token, grace=0.3, clock=CLOCK)
    assert marked(token) == []


def test_others_are_left_alone(token: str, start: Start) -> None:
    other = start("echo ready; exec sleep 300", f"other-{token}")
    mine = start("echo ready; exec sleep 300", f"{token}7.1.")
    # The shell that becomes `sleep` has no environment for a moment.
    assert [process.pid for process in living(token, 1)] == [mine.pid]
    assert end_marked(f"{token}8.", grace=0, clock=CLOCK) == 0
    assert end_marked(token, grace=5, clock=CLOCK) == 1
    assert mine.wait(10) == -15
    assert other.poll() is None


def test_we_are_never_among_them(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import os; from harness.processes import marked;"
        f"print(os.getpid() in [p.pid for p in marked({token!r})])"
    )
    monkeypatch.setenv(TOKEN, token)
    assert run_tool([sys.executable, "-c", script]) == b"False\n"


def test_a_tools_output_is_what_it_printed(tmp_path: Path) -> None:
    assert run_tool(["pwd"], cwd=tmp_path) == f"{tmp_path}\n".encode()
    assert run_tool(["cat"], stdin=b"\xff\n") == b"\xff\n"
    assert run_tool(["env"], env={"ONLY": "this", "PATH": os.defpath}) == (
        f"ONLY=this\nPATH={os.defpath}\n".encode()
    )


def test_a_tool_that_is_not_there() -> None:
    with pytest.raises(ProcessError, match="no-such-tool is not there") as caught:
        run_tool(["no-such-tool", "--now"])
    assert "doctor" in caught.value.hint


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo out; echo ' why ' >&2; exit 3", "why"),
        ("echo only out; exit 3", "only out"),
        ("exit 3", ""),
    ],
)
def test_a_tool_that_fails_says_why(script: str, said: str) -> None:
    with pytest.raises(ProcessError) as caught:
        run_tool(["sh", "-c", script])
    assert caught.value.message == f"`sh -c {script}` ended with 3: {said}"


def test_a_tool_that_takes_too_long() -> None:
    with pytest.raises(ProcessError, match=r"`sleep 300` took longer than 0\.05 s"):
        run_tool(["sleep", "300"], timeout=0.05)


def test_a_tool_that_may_not_be_run(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("text")
    with pytest.raises(ProcessError, match="tool cannot be run: Permission denied"):
        run_tool([tool])


@pytest.mark.parametrize("name", ["none", "file"])
def test_a_folder_that_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ProcessError) as caught:
        run_tool(["git", "version"], cwd=tmp_path / name)
    assert caught.value.message == f"`git version` has no folder to run in: {tmp_path / name}"
