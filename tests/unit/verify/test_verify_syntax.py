from __future__ import annotations

import textwrap

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.resources import reference_site
from harness.verify.finding import Finding
from harness.verify.syntax import read_source
from harness.verify.torn import mended, tears

pytestmark = pytest.mark.unit

EMERGENCY = (reference_site() / ".github/workflows/emergency.yml").read_text()


def findings(text: str) -> list[Finding]:
    return read_source("w.yml", "w.yml", textwrap.dedent(text))[1]


def places(text: str) -> list[tuple[str, int]]:
    return [(one.rule, one.line) for one in findings(text)]


PLAIN = """\
on: workflow_dispatch
jobs:
  deploy:
    runs-on: ubuntu-latest
    if: ${{
      inputs.operation == 'rollback' &&
      inputs.environment == 'prod'
      }}
    steps:
      - run: |
          echo "${{
            inputs.operation
          }}"
          echo done
      - name: >-
          ${{ inputs.operation ||
            'nothing' }} is done
        run: "true"
"""


def outdented(text: str, line: int, indent: int) -> str:
    lines = text.split("\n")
    lines[line - 1] = " " * indent + lines[line - 1].lstrip()
    return "\n".join(lines)


def test_what_is_well_formed_has_no_finding() -> None:
    assert places(PLAIN) == []
    assert places(EMERGENCY) == []


@pytest.mark.parametrize(
    ("line", "indent"),
    [(8, 4), (8, 2), (8, 0), (6, 4), (7, 0), (12, 8), (12, 0), (13, 9), (13, 6), (17, 8), (17, 0)],
)
def test_the_line_that_is_indented_too_little_is_the_one_that_is_named(
    line: int, indent: int
) -> None:
    assert places(outdented(PLAIN, line, indent)) == [("SY001", line)]


@pytest.mark.parametrize(("line", "indent"), [(8, 5), (6, 9), (7, 5), (12, 10), (17, 10)])
def test_an_indentation_that_is_only_unusual_is_left_alone(line: int, indent: int) -> None:
    assert places(outdented(PLAIN, line, indent)) == []


def test_each_torn_expression_has_its_finding_and_each_other_fault_its_own() -> None:
    text = outdented(outdented(PLAIN, 8, 4), 13, 6) + '      - run: "echo\n'
    assert places(text) == [("SY001", 8), ("SY001", 13), ("SY003", 19)]


def test_a_closing_brace_out_of_its_value_in_the_reference_site_is_one_finding() -> None:
    before = "        run: target/infra/apply"
    torn = "        env:\n          X: ${{ inputs.operation ||\n            'none'\n        }}\n"
    text = EMERGENCY.replace(before, torn + before)
    assert text != EMERGENCY
    [found] = findings(text)
    line = text[: text.index("        }}\n")].count("\n") + 1
    assert (found.rule, found.line, found.column) == ("SY001", line, 9)
    assert "opened in line" in found.message
    assert found.fix == f"Indent line {line} by at least 11 spaces."


@pytest.mark.parametrize(
    ("text", "rule", "line", "says"),
    [
        ("on: push\njobs:\n\ta: 1\n", "SY003", 3, "a tab"),
        ("on: push\njobs:\n  a:\n    name: x: y\n", "SY003", 4, "colon"),
        ("on: push\njobs:\n  a: 'x\n  b: y\n", "SY003", 3, "quote that opens here"),
        ("on: [push\njobs:\n  a: b\n", "SY003", 1, "["),
        ("on: push\njobs:\n  a:\n   b: 1\n  c\n  d: 1\n", "SY003", 5, "belongs to nothing"),
        ("on: push\njobs:\n  a:\n    b: 1\n   c: 1\n", "SY003", 5, "indentation"),
        ("on: push\nif: *x\n", "SY003", 2, "alias"),
        ("on: push\nname: @x\n", "SY003", 2, "cannot begin with"),
        ("on: push\nname: a\x07b\n", "SY003", 2, "character"),
        ("on: push\nname: a\non: pull\n", "SY004", 3, "'on' is there already, in line 1"),
        ("on: push\na: &x\n  b: *x\n", "SY003", 1, "alias"),
        ("on: push\nname: ${{ github.actor\nenv:\n  A: b\n", "SY002", 2, "no }}"),
        ("on: push\nrun: |\n  echo ${{ a\n  echo ${{ b }}\n", "SY002", 3, "no }}"),
    ],
)
def test_other_faults_are_told_in_plain_words(text: str, rule: str, line: int, says: str) -> None:
    [found] = findings(text)
    assert (found.rule, found.line) == (rule, line)
    assert says in found.message
    assert found.fix


@pytest.mark.parametrize(
    "text",
    [
        "on: push\nrun: |\n  docker ps --format '{{.ID}}'\nname: x\n",
        "on: push\nname: ${{ 'a }} b' }}\n",
        "on: push\nname: >-\n  ${{ a ||\n\n  b }}\n",
        "# ${{ not\non: push\nname: x # ${{ neither\n",
        'on: push\nname: "${{ a ||\nb }}"\n',
        "on: push\r\nif: ${{ a ||\r\n  b }}\r\n",
        "on: push\nrun: |2\n    ${{ a\n  }}\nname: x\n",
    ],
)
def test_what_only_looks_torn_is_left_alone(text: str) -> None:
    assert places(text) == []


WORDS = st.sampled_from(
    [
        "inputs.operation == 'rollback'",
        "github.actor",
        "'a: }} b'",
        "format('{0}', inputs.a)",
        "!cancelled()",
        "(1 < 2)",
    ]
)


@st.composite
def torn_blocks(draw: st.DrawFn) -> tuple[str, int]:
    """A well-formed workflow with an expression over lines, one of which is then outdented."""
    words = draw(st.lists(WORDS, min_size=1, max_size=6))
    block = draw(st.booleans())
    lead = draw(st.sampled_from(["${{", 'echo "${{' if block else "a ${{"]))
    key_column = draw(st.integers(0, 6))
    needed = key_column + draw(st.integers(1, 4))
    steps = [draw(st.integers(0, 5)) for _ in words]
    close_alone = draw(st.booleans())
    assume(block or not any(": " in word for word in words))
    lines = [f"{lead} {words[0]}"]
    lines += [
        f"{' ' * n}{' && ' if n % 2 else '|| '}{w}"
        for n, w in zip(steps[1:], words[1:], strict=True)
    ]
    lines += ["}}"] if close_alone or len(lines) == 1 else []
    if not lines[-1].endswith("}}"):
        lines[-1] += " }}"
    before = "".join(f"{' ' * n}k{n}:\n" for n in range(key_column))
    key = " " * key_column
    if not block and draw(st.booleans()):
        head = f"{key}run:\n"
        body = [" " * needed + line for line in lines]
        first = 1
    elif block:
        head = f"{key}run: |\n"
        body = [" " * needed + line for line in lines] + [" " * needed + "echo done"]
        first = 1
    else:
        head = f"{key}run: {lines[0]}\n"
        body = [" " * needed + line for line in lines[1:]]
        first = 0
    torn = draw(st.integers(first, len(body) - (2 if block else 1)))
    limit = needed - 1 if block else key_column
    text = before + head + "\n".join(body)
    number = (before + head).count("\n") + torn + 1
    text += f"\n{key}after: text\n"
    yaml.compose(text)
    return outdented(text, number, draw(st.integers(0, limit))), number


@given(torn_blocks())
def test_any_line_of_any_expression_that_is_outdented_is_the_one_finding(
    case: tuple[str, int],
) -> None:
    text, line = case
    assert [(one.rule, one.line) for one in read_source("w", "w", text)[1]] == [("SY001", line)]
    assert tears(mended(text, tears(text))) == []


def test_an_expression_that_begins_below_its_key_is_no_exception() -> None:
    text = "on: push\njobs:\n  a:\n    if:\n      ${{ a &&\n      b\n    }}\n    runs-on: x\n"
    assert places(text) == [("SY001", 7)]
    assert places(text.replace("    }}", "     }}")) == []


@given(st.text(alphabet="ab:${}' \n-|>\"#[]*&\t", max_size=80))
def test_whatever_the_file_says_it_is_read_or_refused_with_a_place(text: str) -> None:
    source, found = read_source("w", "w", text)
    last = text.count("\n") + 1
    assert all(1 <= one.line <= last and one.column >= 1 for one in found)
    assert not (found and source.root)
