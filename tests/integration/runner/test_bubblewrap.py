"""A run behind the wall: it does its work, and sees and reaches nothing that is not its own."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from pathlib import Path

import psutil
import pytest
from runner_support import Bench

from harness.processes import marked
from harness.runner.bubblewrap import Bubblewrap, find_bubblewrap
from harness.runner.tools import Tool

pytestmark = pytest.mark.integration

CANARY = "canary-of-the-person"


def everything(steps: str) -> str:
    """A step that goes on whatever fails."""
    lines = "\n".join("    " + line for line in steps.strip().splitlines())
    return f"- name: Try\n  shell: bash --noprofile --norc {{0}}\n  run: |\n{lines}\n    true\n"


def test_a_run_works_as_without(walled: Bench) -> None:
    ran = walled.run("""
        - uses: actions/checkout@v4
        - name: Work
          run: |
            node -e 'console.log("node", 6 * 7)'
            aws --version | cut -d/ -f1
            python3 -c 'print("python")'
            git -c user.name=x -c user.email=x commit --quiet --allow-empty --message x
            git push --quiet origin HEAD:refs/heads/pushed
            echo "$HOME" > "$HOME/mine"
            mktemp > /dev/null
            [ "$(id -un)" = runner ] && [ "$(id -u)" != 0 ]
        - name: Fail
          run: echo last words; exit 3
    """)
    assert ran.output("Work") == ["node 42", "aws-cli", "python"]
    assert "refs/heads/pushed" in walled.origin.tips()
    assert ran.outcome.cause == "step Fail failed: last words"
    assert ran.outcome.exit_code == 1


def test_the_machine_is_read_only_and_the_person_is_not_there(
    walled: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "beside"
    beside.write_text(CANARY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(beside))
    ran = walled.run(
        everything(f"""
env
cat {beside}
ls -a {Path.home()} {Path.home()}/.aws {Path.home()}/.ssh {Path.home()}/.config
cat /proc/1/environ | tr '\\0' '\\n'
cat /etc/shadow /etc/ssl/private/*
for place in /usr/local/bin /usr/bin /etc /opt /var/lib /dev /proc/sys/kernel /; do
  touch "$place/made-by-a-run" && echo "WROTE $place"
done
touch {tmp_path}/made-by-a-run
for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /etc/passwd; do
  [ -w "$file" ] && echo "MAY WRITE $file"
done
ls /run/docker.sock /var/run/docker.sock && echo "SAW docker"
echo "pids $(ls /proc | grep -c '^[0-9]')"
""")
    )
    assert CANARY not in ran.text
    lines = ran.output("Try")
    assert [line for line in lines if line.startswith(("WROTE", "MAY WRITE", "SAW", "root:"))] == []
    (count,) = [int(line.split()[1]) for line in lines if line.startswith("pids")]
    assert count < 20
    assert not Path("/usr/local/bin/made-by-a-run").exists()
    assert not (tmp_path / "made-by-a-run").exists()


def test_the_network_is_the_ports_of_the_world(walled: Bench, tmp_path: Path) -> None:
    reached: list[int] = []

    def listen(server: socket.socket) -> None:
        while True:
            try:
                one, _ = server.accept()
            except OSError:
                return
            with one:
                reached.append(server.getsockname()[1])
                one.sendall(b"HTTP/1.0 200 OK\r\n\r\nthe world\n")

    with (
        socket.create_server(("127.0.0.1", 0)) as world,
        socket.create_server(
            ("0.0.0.0", 0)  # noqa: S104 - what the run is to look for at every address
        ) as other,
    ):
        threads = [threading.Thread(target=listen, args=(one,)) for one in (world, other)]
        for thread in threads:
            thread.start()
        ports = [one.getsockname()[1] for one in (world, other)]
        address = socket.gethostbyname(socket.gethostname())
        ran = walled.run(
            everything(f"""
curl -sS -m 5 http://127.0.0.1:{ports[0]}/
curl -sS -m 5 http://localhost:{ports[0]}/
curl -sS -m 5 http://127.0.0.1:{ports[1]}/ && echo REACHED
curl -sS -m 5 http://{address}:{ports[1]}/ && echo REACHED
curl -sS -m 5 http://1.1.1.1/ && echo REACHED
curl -sS -m 5 http://example.com/ && echo REACHED
"""),
            ports=(ports[0],),
        )
        for server in (world, other):
            server.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
    lines = ran.output("Try")
    assert [line for line in lines if line in {"the world", "REACHED"}] == ["the world"] * 2
    assert reached == [ports[0]] * 2


def test_sudo_is_there_and_harmless(walled: Bench) -> None:
    ran = walled.run(
        everything("""
sudo -E -u root FOO=bar sh -c 'echo "$FOO $(id -un)"'
sudo -n true && echo fine
sudo mv /usr/bin/git /usr/bin/tig && echo MOVED
sudo tee /etc/passwd < /dev/null > /dev/null && echo WROTE
sudo sh -c 'exit 7' || echo "code $?"
echo 'echo from a shell' | sudo -s
""")
    )
    lines = ran.output("Try")
    assert lines[:2] == ["bar runner", "fine"]
    assert lines[-2:] == ["code 7", "from a shell"]
    assert not {"MOVED", "WROTE"} & set(lines)


def test_a_tools_configuration_is_readable_and_stays_as_it_is(
    walled: Bench, tmp_path: Path
) -> None:
    config = tmp_path / "cli.rc"
    config.write_text("configuration of the tool")
    programs = [walled.act, *(tool.path for tool in walled.tools if tool.path is not None)]
    walled.wall = Bubblewrap(
        find_bubblewrap(), programs=programs, readable=[config], clock=walled.clock
    )
    shown = tmp_path / "shown"
    shown.write_text("shown to this run")
    ran = walled.run(
        everything(f"cat {config}\necho\ncat {shown}\necho\necho x > {config}\necho x > {shown}"),
        readable=(shown,),
    )
    assert ran.output("Try")[:2] == ["configuration of the tool", "shown to this run"]
    assert config.read_text() == "configuration of the tool"
    assert shown.read_text() == "shown to this run"


def test_too_long_with_daemons_that_ignore_every_signal(walled: Bench) -> None:
    started = time.monotonic()
    ran = walled.run(
        """
        - name: Hang
          run: |
            trap '' TERM INT HUP
            (setsid env -i sh -c "trap '' TERM HUP INT; while :; do /bin/sleep 311; done" &)
            echo started
            while :; do sleep 312; done
        """,
        timeout=3,
    )
    assert ran.outcome.conclusion == "timed_out"
    assert ran.output("Hang") == ["started"]
    assert time.monotonic() - started < 30
    assert_nothing_left(ran.token, "311", "312")


def test_a_run_that_is_asked_to_end_may_tidy_up_first(walled: Bench) -> None:
    ran = walled.run(
        """
        - name: Work
          run: |
            trap 'echo tidied up; exit 1' TERM
            echo started
            while :; do sleep 0.1; done
        """,
        timeout=2,
    )
    assert ran.outcome.conclusion == "timed_out"
    assert (ran.output("Work")[0], ran.output("Work")[-1]) == ("started", "tidied up")


def test_what_a_successful_run_leaves_running_is_ended(walled: Bench) -> None:
    ran = walled.run("""
        - name: Leave
          run: |
            env -i setsid sleep 313 > /dev/null 2>&1 &
            echo done
    """)
    assert ran.outcome.conclusion == "success"
    assert_nothing_left(ran.token, "313")


def test_an_interrupted_run_leaves_nothing(walled: Bench) -> None:
    class Interrupted(BaseException):
        pass

    class Interrupting:
        def __init__(self, journal: object) -> None:
            self.path = Path()

        def mask(self, _: object) -> None: ...

        def write(self, kind: str, **_: object) -> None:
            if kind == "step.output":
                raise Interrupted

    with pytest.raises(Interrupted):
        walled.run("- run: (setsid sleep 314 &) ; echo now; sleep 315", journal=Interrupting(None))
    assert_nothing_left("", "314", "315")


def test_a_fork_bomb_is_ended_and_says_so(walled: Bench) -> None:
    started = time.monotonic()
    ran = walled.run(
        """
        - name: Bomb
          run: |
            echo lit
            for i in $(seq 3000); do sleep 316 & done
            wait
        """,
        timeout=100,
    )
    assert ran.outcome.conclusion == "failure"
    assert "processes" in ran.outcome.cause or "fork" in ran.outcome.cause
    assert time.monotonic() - started < 60
    assert_nothing_left(ran.token, "316")


def test_temporary_folders_have_an_end(walled: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runner.bubblewrap.TEMPORARY", 8 << 20)
    programs = [walled.act, *(tool.path for tool in walled.tools if tool.path is not None)]
    walled.wall = Bubblewrap(find_bubblewrap(), programs=programs, clock=walled.clock)
    ran = walled.run(
        everything("""
for place in /tmp "$TMPDIR" /var/tmp /dev/shm; do
  head -c 9M /dev/zero > "$place/filled" || echo full; rm -f "$place/filled"
done
""")
    )
    assert ran.output("Try").count("full") == 4


def test_a_file_cannot_grow_without_end(walled: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runner.bubblewrap.LIMITS", ("fsize=1048576",))
    ran = walled.run(everything('head -c 2M /dev/zero > "$HOME/file"; stat -c %s "$HOME/file"'))
    assert ran.output("Try")[-1] == "1048576"


def test_the_guard_ends_a_run_when_the_disk_fills_up(
    walled: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if all of the disk had to stay free: half of what is free now is the most it asks for.
    free = iter([10.0])

    def usage(_: object) -> os.stat_result:
        class Usage:
            total = 10
            free_now = next(free, 0.0)

        Usage.free = Usage.free_now  # type: ignore[attr-defined]
        return Usage  # type: ignore[return-value]

    monkeypatch.setattr("harness.runner.guard.shutil.disk_usage", usage)
    ran = walled.run("- run: sleep 50")
    assert ran.outcome.conclusion == "failure"
    assert ran.outcome.cause == "the run was ended: the disk it runs on was nearly full"


def test_a_bubblewrap_that_cannot_make_namespaces_is_found_out(tmp_path: Path) -> None:
    def fake(text: str) -> Tool:
        program = tmp_path / "bwrap"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return find_bubblewrap(search=str(tmp_path))

    assert find_bubblewrap(search=str(tmp_path)).problem == "not on PATH"
    assert "0.7 or newer" in fake("echo bubblewrap 0.6.1").problem
    assert "unknown" in fake("exit 1").problem
    broken = fake(
        '[ "$1" = --version ] && echo bubblewrap 0.8.0 || { echo "No permissions" >&2; exit 1; }'
    )
    assert broken.problem == "forbidden here: No permissions"
    assert not broken.ready


def assert_nothing_left(token: str, *arguments: str) -> None:
    """No process of the run lives."""
    assert token == "" or marked(token) == []
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if set(arguments) & set(process.info["cmdline"] or [])
    ]
    for process in left:
        process.kill()
    assert left == []
