"""`sitedrill verify` as people use it, with the real act, actionlint and zizmor."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.errors import SitedrillError
from harness.resources import reference_site
from harness.verify import FORMATS, Options, Report
from harness.verify import verify as look

pytestmark = pytest.mark.integration

SITEDRILL = Path(sys.executable).parent / "sitedrill"
TERRAFORM = reference_site().parent / "terraform"
EMERGENCY = ".github/workflows/emergency.yml"
RUN = ".github/workflows/run.yml"


def verify(*workflows: str, cwd: Path, without: tuple[str, ...] = ()) -> Report:
    return look([cwd / name for name in workflows], Options(here=cwd, without=frozenset(without)))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return Path(shutil.copytree(reference_site(), tmp_path / "site"))


def edit(site: Path, old: str, new: str, file: str = EMERGENCY) -> None:
    text = (site / file).read_text()
    assert text.count(old) == 1
    (site / file).write_text(text.replace(old, new))


def test_the_reference_site_is_clean_and_the_command_says_so() -> None:
    done = subprocess.run(
        [SITEDRILL, "verify", "--format", "json"],
        cwd=reference_site(),
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["findings"]) == (0, [])
    assert set(told["tools"]) == {"act", "actionlint", "zizmor"}
    assert len(told["workflows"]) == 4


def test_the_site_with_terraform_is_clean_and_takes_little_of_the_processor() -> None:
    begun = time.process_time()
    assert verify(cwd=TERRAFORM).findings == ()
    # The tools' own time is not ours; benchmarks/README.md has the whole, by the clock.
    assert time.process_time() - begun < 5


def test_a_closing_brace_out_of_its_value_is_one_finding_in_its_line(site: Path) -> None:
    edit(
        site,
        "        run: target/infra/apply",
        "        env:\n          X: ${{ inputs.operation ||\n            'none'\n        }}\n"
        "        run: target/infra/apply",
    )
    line = (site / EMERGENCY).read_text().partition("        }}\n")[0].count("\n") + 1
    [found] = verify(cwd=site).findings
    assert (found.rule, found.path, found.line) == ("SY001", EMERGENCY, line)


def test_each_tool_has_its_say_in_one_list(site: Path) -> None:
    edit(site, "    name: Authorise\n", "    namez: Authorise\n")
    edit(site, "permissions:\n  contents: read\n\n# One", "permissions: write-all\n\n# One")
    found = {(one.rule, one.also) for one in verify(cwd=site).findings}
    assert ("actionlint/syntax-check", ("act",)) in found
    edit(site, "    namez: Authorise\n", "    name: Authorise\n")
    found = {(one.rule, one.also) for one in verify(cwd=site).findings}
    assert found == {("zizmor/excessive-permissions", ())}
    assert verify(cwd=site, without=("zizmor",)).findings == ()


def test_what_zizmor_cannot_take_in_hides_nothing_of_the_rest(site: Path) -> None:
    """It fails on a workflow without events, which others explain."""
    edit(site, "\non:\n", "\non: 3\nunless:\n", RUN)
    edit(site, "permissions:\n  contents: read\n\n# One", "permissions: write-all\n\n# One")
    found = verify(cwd=site).findings
    assert "zizmor/excessive-permissions" in {one.rule for one in found if one.path == EMERGENCY}
    broken = [one for one in found if one.path == RUN]
    assert any(one.tool == "actionlint" for one in broken)
    assert "zizmor/unreadable" not in {one.rule for one in broken}
    alone = verify(cwd=site, without=("act", "actionlint")).findings
    assert [one.path for one in alone if one.rule == "zizmor/unreadable"] == [RUN]


def test_a_workflow_that_is_called_and_cannot_be_read_is_the_only_finding(tmp_path: Path) -> None:
    site = Path(shutil.copytree(TERRAFORM, tmp_path / "site"))
    edit(site, "name: Deploy\n\n# The", 'name: "Deploy\n\n# The', ".github/workflows/deploy.yml")
    [found] = verify(cwd=site).findings
    assert (found.rule, found.path) == ("SY003", ".github/workflows/deploy.yml")


def test_one_workflow_is_read_from_anywhere_and_named_from_there(site: Path) -> None:
    edit(site, "    name: Authorise\n", "    namez: Authorise\n")
    found = verify(f"site/{EMERGENCY}", cwd=site.parent)
    assert [one.path for one in found.findings] == [f"site/{EMERGENCY}"]
    assert FORMATS["text"](found).startswith(
        f"site/{EMERGENCY}:{found.findings[0].line}:5: error: "
    )
    assert verify(f"site/{EMERGENCY[:-13]}build.yml", cwd=site.parent).clean


def test_a_workflow_may_lie_outside_of_its_site(site: Path, tmp_path: Path) -> None:
    outside = tmp_path / "with blanks" / "é.yml"
    outside.parent.mkdir()
    text = (site / RUN).read_text().replace("name: Deploy", "namez: Deploy")
    outside.write_text(text.replace("contents: read\n\nconc", "contents: write\n\nconc"))
    report = look([outside], Options(site=site, here=site))
    assert {one.path for one in report.findings} == {str(outside)}
    assert {one.tool for one in report.findings} >= {"actionlint"}


def test_annotations_are_githubs_commands(site: Path) -> None:
    edit(site, "    name: Authorise\n", "    namez: Authorise\n")
    told = FORMATS["github"](verify(cwd=site))
    [line] = [line for line in told.splitlines() if line.startswith("::")]
    assert line.startswith(f"::error file={EMERGENCY},line=5")
    assert "title=actionlint/syntax-check%2C act::unexpected key" in line


def test_sarif_says_where_and_what_was_accepted(site: Path) -> None:
    edit(site, "    name: Authorise\n", "    namez: Authorise\n")
    [run] = json.loads(FORMATS["sarif"](verify(cwd=site)))["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    # What GitHub requires of a rule: "SARIF support for code scanning", in sarif.py.
    for rule in run["tool"]["driver"]["rules"]:
        for required in ("shortDescription", "fullDescription", "help"):
            assert 0 < len(rule[required]["text"]) <= 1024
    assert {result["ruleId"] for result in run["results"]} == rules
    [counted] = [result for result in run["results"] if "suppressions" not in result]
    place = counted["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == EMERGENCY
    assert place["region"]["startLine"] > 50
    assert len(run["results"]) >= 4


def test_what_cannot_be_told_is_one_line_and_ends_with_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [SITEDRILL, "verify", "none.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sitedrill: none.yml is not a file (name workflow files)\n"


@pytest.mark.parametrize(
    ("workflows", "without", "says"),
    [
        ((), ("lint",), "there is no tool 'lint'"),
        (("bytes.yml",), (), "is not UTF-8"),
        ((), (), "there is no workflow in"),
        ((".github/workflows/a.yml",), (), "sitedrill.toml: site.content is 3, expected a text"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, workflows: tuple[str, ...], without: tuple[str, ...], says: str
) -> None:
    (tmp_path / "bytes.yml").write_bytes(b"on: \xff")
    if workflows and workflows[0].startswith(".github"):
        (tmp_path / ".github" / "workflows").mkdir(parents=True)
        (tmp_path / workflows[0]).write_text("on: push\njobs: {}\n")
        (tmp_path / "sitedrill.toml").write_text("[site]\nrepository = 'a/b'\ncontent = 3\n")
    with pytest.raises(SitedrillError, match=says):
        verify(*workflows, cwd=tmp_path, without=without)
