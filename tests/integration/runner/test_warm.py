"""The AWS CLI started warm is the AWS CLI: same words, same files, same signals, same end."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from harness.runner.call import offer_warm
from harness.runner.tools import Tool

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the CLI starts cold"),
]

OWNERS = b"""<?xml version="1.0"?><ListAllMyBucketsResult><Owner><ID>%s</ID></Owner>
<Buckets><Bucket><Name>one</Name><CreationDate>2026-01-01T00:00:00Z</CreationDate></Bucket>
</Buckets></ListAllMyBucketsResult>"""


class Storage(BaseHTTPRequestHandler):
    """Tells everybody who they are; keeps what is put."""

    kept: dict[str, bytes] = {}  # noqa: RUF012 - one server a test

    def do_GET(self) -> None:
        key = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        self._answer(OWNERS % key.encode())

    def do_PUT(self) -> None:
        self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def storage() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Storage) as server:
        Storage.kept.clear()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def program(tools: tuple[Tool, ...]) -> Path:
    """The AWS CLI itself."""
    path = next(tool.path for tool in tools if tool.name == "aws")
    assert path is not None
    return path


@pytest.fixture
def folder(tmp_path: Path, program: Path) -> Iterator[Path]:
    """Where a run finds `aws`; its server is ended with the test."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "aws").symlink_to(program)
    offer_warm(tmp_path, "aws", program)
    (tmp_path / "work").mkdir()
    yield tmp_path
    for server in servers(tmp_path):
        server.kill()


def servers(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if str(folder / "warm" / "warm_server.py") in words:
            found.append(process)
    return found


def environment(folder: Path, storage: str, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": storage,
        "AWS_ACCESS_KEY_ID": "AKIAONE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        **more,
    }


def shell(folder: Path, storage: str, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder / "work",
        env=environment(folder, storage, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        input="from standard input\n",
    )


SCRIPTS = {
    "version": "aws --version",
    "an answer": "aws s3api list-buckets --output text",
    "a query": "aws s3api list-buckets --query 'Buckets[].Name' --output json",
    "unknown operation": "aws s3api make-coffee; echo $?",
    "missing option": "aws s3api head-object --bucket one; echo $?",
    "a table into a pipe": "aws s3api list-buckets --output table | cat",
    "nobody answers": "aws --endpoint-url http://127.0.0.1:1 s3api list-buckets; echo $?",
    "standard input": "aws s3 cp - s3://one/key && echo done",
    "a file here": "echo 'né' > page; aws s3api put-object --bucket one --key k --body page; umask",
    "process substitution": "aws s3api list-buckets --cli-input-json file://<(echo '{}') --output text",
    "standard output closed": "aws s3api list-buckets >&-; echo $?",
    "standard error closed": "aws s3api make-coffee 2>&-; echo $?",
    "another open file": "exec 7>told; aws s3api list-buckets --output text >&7; cat told",
    "a variable of its own": "AWS_ACCESS_KEY_ID=AKIATWO aws s3api list-buckets --output text",
    "none of its variables": "env -u AWS_DEFAULT_REGION -u AWS_ACCESS_KEY_ID aws s3 ls; echo $?",
    "a profile": (
        "mkdir -p ../.aws; printf '[profile x]\\noutput = text\\n' > ../.aws/config; "
        "aws --profile x s3api list-buckets; echo $?"
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_warm_and_cold_say_and_do_the_same(
    name: str, folder: Path, storage: str, program: Path
) -> None:
    warm = shell(folder, storage, SCRIPTS[name])
    kept = dict(Storage.kept)
    # A second time, by the server that is there now.
    again = shell(folder, storage, SCRIPTS[name])
    assert len(servers(folder)) == 1, "it was started cold"
    (folder / "bin" / "aws").unlink()
    (folder / "bin" / "aws").symlink_to(program)
    Storage.kept.clear()
    cold = shell(folder, storage, SCRIPTS[name])
    for one in (warm, again):
        assert (one.returncode, one.stdout, one.stderr) == (
            cold.returncode,
            cold.stdout,
            cold.stderr,
        )
    assert kept == Storage.kept


def test_calls_at_once_share_one_server(folder: Path, storage: str) -> None:
    done = shell(folder, storage, "for i in 1 2 3 4 5 6; do aws --version & done; wait")
    assert done.stdout.count("aws-cli/") == 6
    assert len(servers(folder)) == 1


def test_nothing_of_a_call_is_left_for_the_next(folder: Path, storage: str) -> None:
    shell(folder, storage, "umask 077; cd /; aws s3api list-buckets", AWS_SESSION_TOKEN="gone")
    done = shell(folder, storage, "echo x > page; aws s3api list-buckets --output text; umask; pwd")
    assert "AKIAONE" in done.stdout
    assert done.stdout.split()[-1] == str(folder / "work")


def test_other_languages_have_a_server_of_their_own(folder: Path, storage: str) -> None:
    shell(folder, storage, "aws --version")
    shell(folder, storage, "aws --version", PYTHONUTF8="1")
    assert len(servers(folder)) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
def test_what_ends_the_caller_ends_the_call(
    number: signal.Signals, folder: Path, storage: str
) -> None:
    shell(folder, storage, "aws --version")
    (server,) = servers(folder)
    with ExitStack() as stack:
        # Accepts, and never answers.
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        deaf.settimeout(60)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        caller = subprocess.Popen(
            [folder / "bin" / "aws", "s3api", "list-buckets"],
            env=environment(folder, url),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.enter_context(deaf.accept()[0])
        (child,) = server.children()
        caller.send_signal(number)
        psutil.wait_procs([child], timeout=20)
        code = caller.wait(20)
    assert not child.is_running()
    assert code in {-number, 130} if number == signal.SIGINT else code == -number
    assert server.is_running()
    assert shell(folder, storage, "aws --version").returncode == 0


def test_without_its_server_the_program_runs_all_the_same(folder: Path, storage: str) -> None:
    (folder / "warm" / "warm_server.py").write_text("raise SystemExit(1)\n")
    done = shell(folder, storage, "aws s3api list-buckets --output text")
    assert done.returncode == 0
    assert "AKIAONE" in done.stdout


def test_a_server_that_is_gone_is_started_again(folder: Path, storage: str) -> None:
    shell(folder, storage, "aws --version")
    (first,) = servers(folder)
    first.kill()
    first.wait(10)
    assert shell(folder, storage, "aws --version").returncode == 0
    (second,) = servers(folder)
    assert second.pid != first.pid


def test_another_kind_of_program_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "aws"
    program.write_text("#!/bin/sh\necho mine\n")
    program.chmod(0o755)
    (tmp_path / "bin" / "aws").symlink_to(program)
    offer_warm(tmp_path, "aws", program)
    assert (tmp_path / "bin" / "aws").readlink() == program


def test_a_warm_call_costs_less_than_a_cold_one(folder: Path, storage: str, program: Path) -> None:
    shell(folder, storage, "aws --version")

    def cpu(command: str) -> float:
        before = os.times()
        servers_before = sum(sum(one.cpu_times()[:4]) for one in servers(folder))
        for _ in range(3):
            shell(folder, storage, command)
        after = os.times()
        own = after.children_user + after.children_system
        own -= before.children_user + before.children_system
        return own + sum(sum(one.cpu_times()[:4]) for one in servers(folder)) - servers_before

    words = "s3api list-buckets"
    assert cpu(f"aws {words}") < 0.7 * cpu(f"{shlex.quote(str(program))} {words}")
