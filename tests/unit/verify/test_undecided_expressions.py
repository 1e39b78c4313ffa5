"""Expressions with unknowns, held against the evaluator that knows everything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.github.expressions import evaluate
from harness.verify.expressions import UNKNOWN, condition, flows, inside, parse, rendered, truth

pytestmark = pytest.mark.unit

KNOWN = {"inputs.operation": "rollback", "inputs.fast": True, "github.event_name": "push"}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("inputs.operation == 'rollback'", True),
        ("inputs.operation == 'ROLLBACK'", True),
        ("inputs['operation'] != 'rollback'", False),
        ("github.event.inputs.operation == 'rollback'", True),
        ("github.event.inputs.fast == 'true'", True),
        ("!inputs.fast", False),
        ("inputs.other", None),
        ("inputs.other || inputs.fast", True),
        ("inputs.fast && inputs.other", None),
        ("inputs.other && !inputs.fast", False),
        ("(inputs.other || inputs.fast) && true", True),
        ("always() && inputs.fast", True),
        ("failure()", False),
        ('contains(fromJSON(\'["a", "rollback"]\'), inputs.operation)', True),
        ("steps.a.outputs.b == 'x' || inputs.operation == 'hotfix'", None),
        ("github.event_name != 'push' || inputs.fast", True),
        ("matrix.list[0].name == 'x'", None),
        ("needs.*.result", None),
        ("${{ inputs.fast }}", True),
        ("${{ inputs.fast }} x", None),
        ("inputs.fast ==", None),
        ("", None),
    ],
)
def test_a_condition_is_true_false_or_undecided(text: str, outcome: bool | None) -> None:
    assert truth(condition(text), KNOWN) is outcome


@pytest.mark.parametrize(
    ("text", "through"),
    [
        ("inputs.a", ["inputs.a"]),
        ("inputs.a || inputs.b", ["inputs.a", "inputs.b"]),
        ("inputs.a && inputs.b", ["inputs.b"]),
        ("inputs.a == 'x' && 'y' || inputs.c", ["inputs.c"]),
        ("format('{0}', inputs.a)", ["inputs.a"]),
        ("toJSON(inputs)", ["inputs"]),
        ("contains(inputs.a, 'x')", []),
        ("!inputs.a", []),
        ("'${{'", []),
    ],
)
def test_what_may_stand_in_the_value(text: str, through: list[str]) -> None:
    node = parse(text)
    assert node is not None
    assert list(flows(node)) == through


def test_a_text_is_rendered_as_far_as_it_is_known() -> None:
    text = "deploy-${{ inputs.operation }}-${{ inputs.other }}"
    assert rendered(text, KNOWN) is UNKNOWN
    assert rendered(text, KNOWN, "?") == "deploy-rollback-?"
    assert rendered("${{ inputs.fast }}", KNOWN) is True
    assert rendered("plain", KNOWN) == "plain"
    assert [at for at, _ in inside(text)] == [7, 31]


ATOMS = st.sampled_from(
    ["inputs.a", "inputs.b", "inputs.c", "'x'", "true", "false", "null", "0", "1.5", "''"]
)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["&&", "||", "==", "!=", "<", ">="])
    return st.one_of(
        st.tuples(inner, signs, inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        st.tuples(ATOMS, signs, ATOMS, signs, ATOMS).map(" ".join),
        inner.map(lambda text: f"!({text})"),
        st.tuples(inner, inner).map(lambda p: f"contains({p[0]}, {p[1]})"),
        inner.map(lambda text: f"format('{{0}}', {text})"),
    )


EXPRESSIONS = st.recursive(ATOMS, _combined, max_leaves=8)
VALUES = st.fixed_dictionaries(
    {
        name: st.sampled_from(["", "x", "hotfix", True, False])
        for name in ("inputs.a", "inputs.b", "inputs.c")
    }
)


@given(EXPRESSIONS, VALUES, st.sets(st.sampled_from(["inputs.a", "inputs.b", "inputs.c"])))
def test_what_is_decided_without_an_input_holds_whatever_it_is(
    text: str, values: dict[str, Any], hidden: set[str]
) -> None:
    inputs = {name.removeprefix("inputs."): value for name, value in values.items()}
    whole = bool(evaluate(text, {"inputs": inputs}))
    node = parse(text)
    assert node is not None
    assert truth(node, values) is whole
    partly = {name: value for name, value in values.items() if name not in hidden}
    assert truth(node, partly) in (whole, None)
