"""Expressions mean here what they mean on GitHub.

Cases follow https://docs.github.com/en/actions/reference/workflows-and-actions/expressions, and
where it is silent GitHub's evaluators (actions/runner, actions/languageservices).
"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.github.expressions import MAX_LENGTH, ExpressionError, evaluate, interpolate

pytestmark = pytest.mark.unit

CONTEXT: dict[str, Any] = {
    "github": {
        "actor": "mona",
        "ref": "refs/heads/main",
        "run_number": 42,
        "sha": None,
        "event": {
            "forced": False,
            "issue": {"labels": [{"name": "bug"}, {"name": "help wanted"}, {"colour": "red"}]},
        },
    },
    "inputs": {"operation": "rollback", "dry-run": True, "Environment": "prod", "true": "yes"},
    "vars": {},
    "fruits": {
        "apple": {"price": 1, "seeds": {"many": True}},
        "pear": {"price": 2, "seeds": {"many": False}},
        "none": "bare",
    },
    "rows": [["zero", "one"], ["two"], "bare"],
}


def test_literals() -> None:
    cases = {
        "null": None,
        "true": True,
        "false": False,
        "711": 711,
        "-9.2": -9.2,
        "+1": 1,
        ".5": 0.5,
        "5.": 5,
        "0xff": 255,
        "0xFF": 255,
        "0xffffffff": -1,
        "0o10": 8,
        "-2.99e-2": -0.0299,
        "1.2E+2": 120,
        "1e999": math.inf,
        "-Infinity": -math.inf,
        "'Mona the Octocat'": "Mona the Octocat",
        "'It''s open source!'": "It's open source!",
        "''''''": "''",
        "''": "",
        " 'spaced'\n": "spaced",
    }
    for expression, expected in cases.items():
        value = evaluate(expression, {})
        assert (type(value) is bool, value) == (type(expected) is bool, expected), expression
    assert math.isnan(evaluate("NaN", {}))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("github.actor", "mona"),
        ("GitHub.ACTOR", "mona"),
        ("github['actor']", "mona"),
        ("github [ 'Actor' ]", "mona"),
        ("inputs.environment", "prod"),
        ("inputs.dry-run", True),
        ("inputs.true", "yes"),
        ("github.run_number", 42),
        ("github.nothing", None),
        ("github.nothing.at.all", None),
        ("github.actor.length", None),
        ("github[fromJSON('[]')]", None),
        ("vars.ANY", None),
        ("github.event.issue.labels[1].name", "help wanted"),
        ("github.event.issue.labels[9]", None),
        ("rows[0][1]", "one"),
        ("rows[' 0x01 '][0]", "two"),
        ("rows[true][null]", "two"),
        ("rows[1.9][0]", "two"),
        ("rows[-1]", None),
        ("rows['x']", None),
        ("rows[Infinity]", None),
        ('fromJSON(\'{"one": "1"}\').one', "1"),
        ("(github).actor", "mona"),
    ],
)
def test_properties(expression: str, expected: object) -> None:
    assert evaluate(expression, CONTEXT) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("github.event.issue.labels.*.name", ["bug", "help wanted"]),
        ("github.event.issue.labels[*].name", ["bug", "help wanted"]),
        ("fruits.*.price", [1, 2]),
        ("fruits.*.seeds.many", [True, False]),
        ("fruits.*.seeds.*", [True, False]),
        ("rows.*[0]", ["zero", "two"]),
        ("rows.*.*", ["zero", "one", "two"]),
        ("github.actor.*", []),
        ("vars.*.name", []),
    ],
)
def test_object_filters(expression: str, expected: object) -> None:
    assert evaluate(expression, CONTEXT) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'abc' == 'ABC'", True),
        ("'\u00e4' == '\u00c4'", True),
        ("'\u00df' == 'ss'", False),
        ("'\u0131' == 'i'", False),
        ("null == 0", True),
        ("null == ''", True),
        ("null == null", True),
        ("null == false", True),
        ("true == 1", True),
        ("true == '1'", True),
        ("true == 'true'", False),  # the trap: 'true' coerces to NaN
        ("false == ''", True),
        ("1 == ' 1.0 '", True),
        ("255 == '0xff'", True),
        ("0 == ''", True),
        ("0 == 'zero'", False),
        ("0 != 'zero'", True),
        ("1 == '1_0'", False),
        ("NaN == NaN", False),
        ("NaN != NaN", True),
        ("NaN >= NaN", False),
        ("1 < 'x'", False),
        ("1 >= 'x'", False),
        ("'a' < 'B'", True),
        ("'b' > 'A'", True),
        ("'10' < '9'", True),
        ("'10' < 9", False),
        ("false < true", True),
        ("null < 1", True),
        ("null <= null", True),
        ("null < null", False),
        ("2 >= 2", True),
        ("github.event == github.event", True),
        ("github.event <= github.event", True),
        ("github.event < github.event", False),
        ("fromJSON('{}') == fromJSON('{}')", False),
        ("fromJSON('[]') == ''", False),
        ("fromJSON('[]') != 0", True),
        ("fromJSON('[]') <= null", False),
    ],
)
def test_comparison(expression: str, expected: bool) -> None:
    assert evaluate(expression, CONTEXT) is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("inputs.operation || 'hotfix'", "rollback"),
        ("inputs.absent || 'hotfix'", "hotfix"),
        ("'' || 0 || null", None),
        ("'a' && 'b'", "b"),
        ("0 && 'b'", 0),
        ("NaN && 'b' || 'c'", "c"),
        ("'false' && 'strings are true'", "strings are true"),
        ("vars && 'objects are true'", "objects are true"),
        ("github.ref == 'refs/heads/main' && 'live' || 'preview'", "live"),
        ("github.sha && fromJSON(github.sha)", None),
        ("true || fromJSON('not read')", True),
        ("!''", True),
        ("!!'x'", True),
        ("!-0", True),
    ],
)
def test_logic_returns_operands_and_stops_early(expression: str, expected: object) -> None:
    assert evaluate(expression, CONTEXT) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!github.event.forced", True),
        ("(!github).actor", None),
        ("!2 < 3", True),
        ("!(2 < 3)", False),
        ("3 < 2 < 1", True),
        ("3 < (2 < 1)", False),
        ("2 > 2 > 0", False),
        ("2 > (2 > 0)", True),
        ("2 <= 3 == true", True),
        ("2 <= (3 == true)", False),
        ("5 == 2 < 3", False),
        ("5 == 2 <= 3", False),
        ("0 == 1 > 2", True),
        ("0 == 1 >= 2", True),
        ("2 == 2 == 1", True),
        ("2 == (2 == 1)", False),
        ("2 == 2 != 0", True),
        ("1 == 1 && 2", 2),
        ("1 == (1 && 2)", False),
        ("false && 0 || null", None),
        ("false && (0 || null)", False),
        ("1 || 2 && 3", 1),
        ("(1 || 2) && 3", 3),
    ],
)
def test_precedence(expression: str, expected: object) -> None:
    value = evaluate(expression, CONTEXT)
    assert (type(value) is bool, value) == (type(expected) is bool, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("contains('Hello world', 'llo')", True),
        ("CONTAINS('Hello world', 'LLO')", True),
        ("contains('Hello', 'x')", False),
        ("contains('abc', null)", True),
        ("contains(1234, 23)", True),
        ("contains(github.event.issue.labels.*.name, 'BUG')", True),
        ("contains(github.event.issue.labels.*.name, 'help')", False),
        ("contains(fromJSON('[1, null]'), '1')", True),
        ("contains(fromJSON('[\"push\"]'), 'push')", True),
        ("contains(github, 'actor')", False),
        ("contains('Object', github)", False),
        ("startsWith('Hello world', 'he')", True),
        ("startsWith('Hello world', 'lo')", False),
        ("startsWith(github, '')", False),
        ("endsWith('Hello world', 'LD')", True),
        ("endsWith('Hello world', 'lo')", False),
        ("format('Hello {0} {1} {2}', 'Mona', 'the', 'Octocat')", "Hello Mona the Octocat"),
        ("format('{{Hello {0} {1} {2}!}}', 'Mona', 'the', 'Octocat')", "{Hello Mona the Octocat!}"),
        ("format('{{0}}', 'abc')", "{0}"),
        ("format('{{{0}}}', 'abc')", "{abc}"),
        ("format('{0}{0}', 1)", "11"),
        ("format('{0}', '{1}')", "{1}"),
        ("format(null)", ""),
        ("join(github.event.issue.labels.*.name, ', ')", "bug, help wanted"),
        ("join(fromJSON('[null, true, 1.5, \"a\", [], {}]'))", ",true,1.5,a,Array,Object"),
        ("join(fromJSON('[1, 2]'), null)", "12"),
        ("join(fromJSON('[1, 2]'), github)", "1,2"),
        ("join('abc', ' ')", "abc"),
        ("join(github)", ""),
        ("toJSON('a\"b')", '"a\\"b"'),
        ("toJSON('\u00e4')", '"\u00e4"'),
        ("tojson(null)", "null"),
        ("toJSON(github.run_number)", "42"),
        ("toJSON(fromJSON('{\"a\": [1, 2.5], \"b\": {}}'))",
         '{\n  "a": [\n    1,\n    2.5\n  ],\n  "b": {}\n}'),
        ("fromJSON('[1, true, null, \"x\"]')", [1, True, None, "x"]),
        ("fromJSON('true')", True),
        ("fromJSON('" + "9" * 5000 + "')", math.inf),
        ("fromJSON('7') > 6", True),
        ("case(github.ref == 'x', 'first', github.actor == 'mona', 'second', 'last')", "second"),
        ("case(false, fromJSON('not read'), 'last')", "last"),
    ],
)  # fmt: skip
def test_functions(expression: str, expected: object) -> None:
    assert evaluate(expression, CONTEXT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing to do, not even }} or {{", "nothing to do, not even }} or {{"),
        ("", ""),
        ("${{ inputs.operation }} by @${{github.actor}}!", "rollback by @mona!"),
        ("[${{ null }}|${{ github.absent }}]", "[|]"),
        ("${{ true }} ${{ false }} ${{ inputs.dry-run }}", "true false true"),
        ("${{ 1 }} ${{ -2.0 }} ${{ .5 }} ${{ -0 }} ${{ 0xff }}", "1 -2 0.5 0 255"),
        ("${{ github.run_number }} ${{ fromJSON('42') }}", "42 42"),
        ("${{ 0.84551240822557006 }} ${{ 1e20 }} ${{ 12345678901 }}",
         "0.84551240822557 1E+20 12345678901"),
        ("${{ NaN }} ${{ -Infinity }} ${{ Infinity }}", "NaN -Infinity Infinity"),
        ("${{ github }} ${{ rows }} ${{ rows.* }}", "Object Array Array"),
        ("${{ '}}' }}", "}}"),
        ("${{ format('{{{0}}}', 'it''s }} here') }}}", "{it's }} here}}"),
        ("${{ '${{' }} ${{ '' }}.", "${{ ."),
        ("${{\n  github.actor\n}}", "mona"),
    ],
)  # fmt: skip
def test_interpolation(text: str, expected: str) -> None:
    assert interpolate(text, CONTEXT) == expected


@pytest.mark.parametrize(
    ("expression", "position", "reason"),
    [
        ("", 1, "unexpected end"),
        ("  ", 3, "unexpected end"),
        ("github.", 8, "unexpected end"),
        ("github.b@r", 8, "b@r"),
        ("github.1", 8, "'1'"),
        ("githb.ref", 1, "'githb' is not a context"),
        ("True", 1, "'True' is not a context"),
        ("github.actor == \"mona\"", 17, "single quotes"),
        ("'open", 1, "'open"),
        ("1 = 1", 3, "'='"),
        ("1 & 1", 3, "'&'"),
        ("1 2", 3, "'2'"),
        ("1-1", 1, "not a number"),
        ("0x", 1, "not a number"),
        ("1_000", 1, "not a number"),
        ("0x1ffffffff", 1, "not a number"),
        ("(1", 3, "unexpected end"),
        ("1)", 2, "')'"),
        ("rows[0", 7, "unexpected end"),
        ("rows[]", 6, "']'"),
        ("'abc'[0]", 6, "'['"),
        ("1 ==", 5, "unexpected end"),
        ("== 1", 1, "'=='"),
        ("* 1", 1, "'*'"),
        ("join(rows,)", 11, "')'"),
        ("join()", 1, "1 to 2 arguments, not 0"),
        ("1 == contains('a')", 6, "contains takes 2 arguments, not 1"),
        ("nope(1)", 1, "function nope is unknown"),
        ("true || hashFiles('**')", 9, "hashFiles is not available here"),
        ("success()", 1, "success is not available here"),
        ("always()", 1, "always is not available here"),
        ("cancelled()", 1, "cancelled is not available here"),
        ("failure()", 1, "failure is not available here"),
        ("fromJSON('')", 1, "not JSON"),
        ("fromJSON('[')", 1, "not JSON"),
        ("format('{0}')", 1, "{0}"),
        ("format('{0', 1)", 1, "single brace"),
        ("format('0}', 1)", 1, "single brace"),
        ("format('{0}}', 1)", 1, "single brace"),
        ("format('{}', 1)", 1, "single brace"),
        ("case(1, 'a', 'b')", 1, "booleans"),
        ("case(true, 'a')", 1, "default"),
        ("!" * MAX_LENGTH + "1", MAX_LENGTH + 1, "longer than 21000"),
        ("!" * (MAX_LENGTH - 1) + "1", 1, "too deeply"),
    ],
)  # fmt: skip
def test_refusals_name_the_expression_and_the_position(
    expression: str, position: int, reason: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(expression, CONTEXT)
    assert caught.value.position == position
    assert reason in str(caught.value)
    assert f"position {position} of `{expression}`" in str(caught.value)


def test_integers_too_big_for_a_double_are_infinite() -> None:
    assert interpolate("${{ n.a }} ${{ n.b }}", {"n": {"a": 10**400, "b": -(10**400)}}) == (
        "Infinity -Infinity"
    )


def test_a_refusal_names_the_contexts_there_are() -> None:
    with pytest.raises(ExpressionError, match="available here: github, inputs"):
        interpolate("by ${{ secrets.TOKEN }}", {"inputs": {}, "github": {}})


@pytest.mark.parametrize("text", ["a ${{ 1", "a ${{ '}}", "a ${{ 1 }", "a ${{ 'x' }} ${{"])
def test_an_expression_has_to_be_closed(text: str) -> None:
    with pytest.raises(ExpressionError, match="not closed") as caught:
        interpolate(text, CONTEXT)
    assert caught.value.position == text.rindex("${{") + 1


@given(st.text())
@example("}}' ${{ '")
def test_any_string_survives_as_a_literal(text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    assert evaluate(literal, {}) == text
    assert interpolate(f"<${{{{ {literal} }}}}>", {}) == f"<{text}>"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_json_survives_there_and_back(value: object) -> None:
    context = {"inputs": {"value": value}}
    assert evaluate("fromJSON(toJSON(inputs.value))", context) == value
    assert json.loads(evaluate("toJSON(inputs.value)", context)) == value


FRAGMENTS = st.sampled_from(
    (
        *("github", "inputs", "rows", ".actor", ".*", "[", "]", "[*]", "[0]", "(", ")", ",", "!"),
        *("<", "<=", ">", ">=", "==", "!=", "&&", "||", "=", "&", ".", "*", "-", "+", "1", "0x"),
        *("'x'", "'", "''", '"', "}}", "${{", ".5", "1e9999", "NaN", "Infinity", "true", "null"),
        *("contains(", "startsWith(", "format(", "'{0}'", "'{'", "join(", "toJSON(", "fromJSON("),
        *("'[1]'", "case(", "hashFiles(", "\u0131", "\u0661", "@"),
    )
)  # fmt: skip
ANY_TEXT = st.text() | st.lists(FRAGMENTS).map(" ".join) | st.lists(FRAGMENTS).map("".join)


@settings(deadline=None)  # unwinding a deep nest takes as long as the machine likes
@given(ANY_TEXT)
@example("9" * 5000)
@example("(" * 5000)
@example("1" + "==1" * 5000)
@example("format('{" + "9" * 5000 + "}', 1)")
@example("fromJSON('" + "[" * 20000 + "')")
@example("fromJSON('" + "9" * 5000 + "')")
@example("0x" + "f" * 5000)
def test_any_text_gives_a_value_or_a_refusal(text: str) -> None:
    for read in (evaluate, interpolate):
        try:
            read(text, CONTEXT)
        except ExpressionError as refusal:
            position = refusal.position
        else:
            continue
        assert 1 <= position <= len(text) + 1


@given(JSON_VALUES | st.integers() | st.floats(), JSON_VALUES)
def test_any_two_values_can_be_compared(left: object, right: object) -> None:
    context = {"inputs": {"left": left, "right": right}}
    results = [
        evaluate(f"inputs.left {symbol} inputs.right", context) for symbol in ("==", "<", ">")
    ]
    assert results.count(True) <= 1
    assert evaluate("inputs.left != inputs.right", context) is not results[0]
