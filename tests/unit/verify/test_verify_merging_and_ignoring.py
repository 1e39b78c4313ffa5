from __future__ import annotations

import pytest

from harness.verify.finding import Finding
from harness.verify.ignoring import accepted, doubtful, ignores
from harness.verify.merging import merged
from harness.verify.others.act import read_act
from harness.verify.source import Source
from harness.verify.syntax import read_source

pytestmark = pytest.mark.unit


def finding(
    rule: str, line: int, message: str = "wrong", *, end: int = 0, path: str = "w"
) -> Finding:
    tool = rule.partition("/")[0]
    tool = tool if tool in ("act", "actionlint", "zizmor") else "sitedrill"
    return Finding(rule, path, line, 1, end or line, message, "", "", "error", tool)


def rules(found: list[Finding]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.rule, one.also) for one in found]


def source(text: str) -> Source:
    return read_source("w", "w", text)[0]


def test_what_several_tools_say_of_one_line_is_told_once() -> None:
    act, lint = finding("act", 3), finding("actionlint/expression", 3)
    assert rules(merged([act, lint], {})) == [("actionlint/expression", ("act",))]


@pytest.mark.parametrize(
    "other",
    [
        finding("actionlint/expression", 4),
        finding("actionlint/expression", 3, path="v"),
        finding("actionlint/credentials", 3),
        finding("zizmor/unpinned-uses", 3),
    ],
)
def test_another_line_another_file_and_another_cause_stay_apart(other: Finding) -> None:
    assert len(merged([finding("act", 3), other], {})) == 2


def test_what_is_said_of_a_whole_file_is_said_of_its_part() -> None:
    job, file = finding("SD007", 8), finding("zizmor/excessive-permissions", 1, end=20)
    merged_ = merged([file, job], {"SD007": "permissions"})
    assert [(one.rule, one.line, one.also) for one in merged_] == [
        ("SD007", 8, ("zizmor/excessive-permissions",))
    ]


def test_two_findings_of_one_tool_in_one_line_are_two() -> None:
    twice = [finding("actionlint/expression", 3, "a"), finding("actionlint/expression", 3, "b")]
    assert len(merged(twice, {})) == 2


def test_our_own_rules_explain_what_others_only_name() -> None:
    ours, theirs = finding("SD002", 3, end=6), finding("zizmor/template-injection", 5)
    assert rules(merged([theirs, ours], {"SD002": "interpolation"})) == [
        ("SD002", ("zizmor/template-injection",))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "on: push # sitedrill: ignore[SD001] because\n",
        "# sitedrill: ignore[SD001] because\non: push\n",
        "# sitedrill: ignore[SD009, SD001] because\n# of this\non: push\n",
        "#sitedrill:ignore[SD001]because\non: push\n",
    ],
)
def test_a_comment_with_a_reason_accepts_a_finding(text: str) -> None:
    line = text[: text.index("on:")].count("\n") + 1
    comments = ignores(source(text))
    assert accepted(finding("SD001", line), comments) is comments[0]
    assert accepted(finding("SD002", line), comments) is None
    assert accepted(finding("SD001", line + 1), comments) is None


def test_a_comment_within_the_lines_of_a_finding_accepts_it() -> None:
    text = "on: push\nsteps:\n  - a: b\n    c: d # sitedrill: ignore[SD001] because\n"
    comments = ignores(source(text))
    assert accepted(finding("SD001", 3, end=4), comments)
    assert not accepted(finding("SD001", 3), comments)


def test_without_a_reason_nothing_is_accepted_and_the_comment_is_a_finding() -> None:
    text = "on: push # sitedrill: ignore[SD001]\n"
    comments = ignores(source(text))
    assert accepted(finding("SD001", 1), comments) is None
    [found] = doubtful(source(text), comments, [], [])
    assert (found.rule, found.line, found.column) == ("SD090", 1, 10)
    assert found.message == "SD001 is ignored without a reason"


def test_a_comment_that_accepts_nothing_is_a_finding_unless_its_tool_was_not_asked() -> None:
    text = "on: push # sitedrill: ignore[zizmor/artipacked] because\n"
    comments = ignores(source(text))
    assert not list(doubtful(source(text), comments, [], ["act"]))
    assert not list(doubtful(source(text), comments, comments, ["act", "zizmor"]))
    [found] = doubtful(source(text), comments, [], ["act", "zizmor"])
    assert found.message == "zizmor/artipacked is ignored, but not found here"


def test_of_the_shapes_that_act_tries_only_what_is_wrong_in_the_right_one_is_told() -> None:
    said = (
        "'a.yml': Line: 9 Column 5: Failed to match job-factory: Line: 12 Column 9: Failed to match "
        "run-step: Line: 12 Column 14: Unknown Variable Access nope\n"
        "Line: 12 Column 9: Failed to match regular-step: Line: 12 Column 9: Unknown Property run\n"
        "Line: 9 Column 5: Failed to match workflow-job: Line: 9 Column 5: Unknown Property runs-on\n"
    )
    found = list(read_act(source("on: push\n"), said))
    assert [(one.line, one.column, one.message) for one in found] == [
        (12, 14, "Unknown Variable Access nope")
    ]
    [whole] = read_act(source("on: push\n"), " 'a.yml': something else\n")
    assert (whole.line, whole.message) == (1, "'a.yml': something else")
