"""What programs ask of the world outside: answered from inside, from a double, or refused by name."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from outward_world import CLOCK, RUN, Outward

from harness.egress.door import Door
from harness.egress.egress import Egress
from harness.egress.proxy import Proxy
from harness.egress.way_out import WayOut
from harness.errors import ToolMissingError
from harness.reports.findings import findings_of
from harness.reports.journals import read_journals
from harness.runner.act import HostRunner
from harness.runner.bubblewrap import Bubblewrap, find_bubblewrap
from harness.runner.job import Job
from harness.runner.tools import cache_directory, ensure_act, find_tools
from harness.serving import Serving

pytestmark = pytest.mark.integration

TOFU = "https://github.com/opentofu/opentofu/releases/download/v1.8.0/tofu.zip"
FETCH = """
const answer = await fetch("https://fetch.example.org/x?token=secret");
console.log(answer.status, answer.headers.get("x-sitedrill"));
"""
REQUIRE = """
const {get} = require("https");
get("https://node.example.org/a", (answer) => { console.log(answer.statusCode); answer.resume(); });
"""


def test_a_download_is_answered_by_the_double_that_the_site_names(outward: Outward) -> None:
    assert outward.sh(f"curl -sSfL {TOFU}").stdout == "PK double"
    assert outward.sh(f"wget -qO- {TOFU}").stdout == "PK double"
    assert outward.asked() == [("GET", TOFU, "double", 200)] * 2


def test_anything_else_is_refused_and_says_why(outward: Outward) -> None:
    said = outward.sh(f"curl -sS -w '%{{http_code}}' {TOFU.replace('tofu.zip', 'terraform.zip')}")
    assert said.stdout.endswith("403")
    assert "[doubles.downloads]" in said.stdout
    assert outward.sh("curl -fsS http://plain.example.org:8080/a").returncode == 22
    git = outward.sh("git ls-remote https://github.com/other/repository")
    assert "sitedrill refused GET https://github.com/other/repository/info/refs" in git.stderr
    assert outward.sh(f"node --input-type=module -e '{FETCH}'").stdout == "403 refused\n"
    assert outward.sh(f"node -e '{REQUIRE}'").stdout == "403\n"
    python = "import urllib.request as u; u.urlopen('https://python.example.org/')"
    assert "403" in outward.sh(f'{sys.executable} -c "{python}"').stderr
    assert [asked[:3] for asked in outward.asked()] == [
        ("GET", TOFU.replace("tofu.zip", "terraform.zip"), "refused"),
        ("GET", "http://plain.example.org:8080/a", "refused"),
        ("GET", "https://github.com/other/repository/info/refs?...", "refused"),
        ("GET", "https://fetch.example.org/x?...", "refused"),
        ("GET", "https://node.example.org/a", "refused"),
        ("GET", "https://python.example.org/", "refused"),
    ]


def test_aws_by_its_own_name_is_the_worlds(outward: Outward) -> None:
    aws = Path(sys.executable).parent / "aws"
    keys = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    script = (
        f"{aws} s3 mb s3://by-name && echo hi | {aws} s3 cp - s3://by-name/f && {aws} s3 ls by-name"
    )
    assert outward.sh(script, **keys).stdout.rstrip().endswith("3 f")
    assert {answer for _, _, answer, _ in outward.asked()} == {"aws"}


def test_github_knows_the_sites_repository_and_no_other(outward: Outward) -> None:
    api = "https://api.github.com/repos"
    token = outward.credentials.token
    own = (
        f"curl -sS -H 'Authorization: Bearer {token}' {api}/harbourlight/website/actions/artifacts"
    )
    assert '"total_count":0' in outward.sh(own).stdout
    assert outward.sh(f"curl -fsS {api}/other/repository/releases/latest").returncode == 22
    assert [asked[2:] for asked in outward.asked()] == [("github", 200), ("refused", 403)]


@pytest.mark.skipif(shutil.which("gh") is None, reason="gh is missing")
def test_gh_in_a_step_speaks_with_the_worlds_github(outward: Outward) -> None:
    given = {"GH_TOKEN": outward.credentials.token, "GH_REPO": "harbourlight/website"}
    script = """
      gh workflow list
      gh release create v1.0.0 --notes News --title One
      gh release list
      gh api repos/{owner}/{repo}/git/ref/tags/v1.0.0 --jq .ref
    """
    done = outward.sh(script, **given)
    assert done.returncode == 0, done.stderr
    assert "Deploy\tactive" in done.stdout
    assert "One\tLatest\tv1.0.0" in done.stdout
    assert done.stdout.endswith("refs/tags/v1.0.0\n")
    assert {answer for _, _, answer, _ in outward.asked()} == {"github"}


def test_only_a_run_that_goes_on_gets_an_answer(outward: Outward) -> None:
    proxy = outward.environment["HTTPS_PROXY"]
    nobody = proxy.replace(proxy.partition("@")[0], "http://x.1:y")
    assert outward.sh(f"curl -sS {TOFU}", https_proxy=nobody).stdout != "PK double"
    bare = f"http://127.0.0.1:{outward.way_out.port}"
    assert "407" in outward.sh(f"curl -sS {TOFU}", https_proxy=bare).stderr
    outward.way_out.dismiss(RUN)
    assert "this run is over" in outward.sh(f"curl -sS {TOFU}").stdout
    assert outward.asked() == []


def test_without_mitmproxy_everything_is_refused_by_name(outward: Outward, tmp_path: Path) -> None:
    said: list[str] = []
    broken = Proxy(
        tmp_path / "broken",
        cache=tmp_path / "a file",
        session="test",
        owner_pid=1,
        clock=CLOCK,
        say=said.append,
    )
    (tmp_path / "a file").mkdir()
    (tmp_path / "a file" / "venvs").write_text("in the way")
    with pytest.raises(ToolMissingError):
        broken.port()
    egress: Egress = outward.way_out._egress
    with Serving() as serving:
        sock = serving.bind()
        door = Door(egress, broken.port)
        serving.run(door.open(sock))
        proxy = outward.environment["HTTPS_PROXY"].rpartition(":")[0]
        here = f"{proxy}:{sock.getsockname()[1]}"
        plain = outward.sh("curl -sS http://plain.example.org/a", http_proxy=here)
        assert "sitedrill refused GET http://plain.example.org/a" in plain.stdout
        assert "403" in outward.sh("curl -sS https://example.org/b", https_proxy=here).stderr
        serving.run(door.close())
    assert outward.asked() == [
        ("GET", "http://plain.example.org/a", "refused", 403),
        ("CONNECT", "https://example.org/", "refused", 403),
    ]
    assert [line.partition(":")[0] for line in said if "egress" in line] == ["no egress proxy"]
    assert isinstance(outward.way_out, WayOut)


CURL = f"""\
name: Emergency
on: workflow_dispatch
jobs:
  fix:
    runs-on: ubuntu-latest
    steps:
      - name: Double
        run: curl -sSfL {TOFU}
      - name: Refused
        run: curl -sS https://example.org/tool.tgz || true
"""


def test_a_walled_run_gets_its_double_and_both_are_found(outward: Outward) -> None:
    wall = find_bubblewrap()
    if not wall.ready and not os.environ.get("CI"):
        pytest.skip("no bubblewrap")
    workspace = outward.directory / "workspace"
    outward.origin.clone_to(workspace, outward.origin.head())
    (workspace / "w.yml").write_text(CURL)
    tools = find_tools(cache_directory())[1:]
    act = ensure_act(cache_directory(), say=print)
    programs = [act, *(tool.path for tool in tools if tool.path is not None)]
    runner = HostRunner(
        act=act,
        tools=tools,
        wall=Bubblewrap(wall, programs=programs, clock=CLOCK),
        clock=CLOCK,
        session=f"test-{os.getpid()}",
    )
    job = Job(
        run=RUN,
        attempt=1,
        role="response",
        name="job",
        own="",
        workspace=workspace,
        workflow="w.yml",
        event_name="workflow_dispatch",
        event={},
        actor="on-call",
        directory=outward.directory,
        environment=outward.environment,
        ports=(outward.way_out.port,),
        timeout=120,
    )
    outward.journal.write("run.started", run=RUN, role="response")
    outcome = runner.execute(job, outward.journal)
    assert outcome.cause == ""
    (read,) = read_journals(outward.journal.path.parent)
    lines = [(r.data["step"], r.data["line"]) for r in read.all("step.output")]
    assert ("Double", "PK double") in lines
    assert any(line.startswith("sitedrill refused GET https://example.org") for _, line in lines)
    assert findings_of(read) == (
        f"your emergency path needs github.com release downloads: {TOFU} (a double answered)",
        "your emergency path needs example.org: https://example.org/tool.tgz (refused)",
    )
