"""A dispatch is accepted or refused as GitHub does it."""

from __future__ import annotations

from typing import Any

import pytest
from github_world import DEPLOY
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import DispatchError
from harness.github.dispatch import MOST_CHARACTERS, MOST_INPUTS, dispatch_event, validate_inputs
from harness.github.workflow import Workflow, parse_workflow

pytestmark = pytest.mark.unit

WORKFLOW = parse_workflow(".github/workflows/deploy.yml", DEPLOY)
LEAST = {"environment": "prod", "reason": "the site is down"}


def one_input(*lines: str) -> Workflow:
    body = "".join(f"        {line}\n" for line in lines)
    text = f"on:\n  workflow_dispatch:\n    inputs:\n      it:\n{body}"
    return parse_workflow(".github/workflows/one.yml", text)


def refused(given: dict[str, Any], workflow: Workflow = WORKFLOW) -> DispatchError:
    with pytest.raises(DispatchError) as caught:
        validate_inputs(workflow, given)
    assert caught.value.status == 422
    return caught.value


def test_what_is_not_given_takes_its_default() -> None:
    assert validate_inputs(WORKFLOW, LEAST) == {
        "environment": "prod",
        "reason": "the site is down",
        "dry": "false",
        "loud": "true",
        "copies": "2",
        "where": "",
        "note": "",
    }


def test_what_is_given_overrides_the_default() -> None:
    given = {**LEAST, "dry": True, "loud": False, "copies": -1.5, "where": "prod", "note": "n"}
    assert validate_inputs(WORKFLOW, given) == {
        **LEAST,
        "dry": "true",
        "loud": "false",
        "copies": "-1.5",
        "where": "prod",
        "note": "n",
    }


def test_an_unknown_input_is_refused_and_named() -> None:
    error = refused({**LEAST, "enviroment": "prod", "other": ""})
    assert error.message == 'Unexpected inputs provided: ["enviroment", "other"]'
    assert "deploy.yml declares: environment, reason, dry" in error.hint


def test_names_are_taken_as_written() -> None:
    assert "Environment" in refused({"Environment": "prod", "reason": "why"}).message


@pytest.mark.parametrize("given", [{}, {"reason": ""}, {"reason": None}], ids=repr)
def test_a_required_input_has_to_be_there_and_not_blank(given: dict[str, Any]) -> None:
    error = refused({"environment": "prod", **given})
    assert error.message == "Required input 'reason' not provided"


def test_a_required_input_may_have_a_default() -> None:
    workflow = one_input("required: true", "default: usual")
    assert validate_inputs(workflow, {}) == {"it": "usual"}
    assert "Required input 'it'" in refused({"it": ""}, workflow).message


@pytest.mark.parametrize("value", ["production", "Prod", "prod ", "staging,prod", 1, True])
def test_a_choice_is_one_of_its_options(value: Any) -> None:
    error = refused({**LEAST, "environment": value})
    assert "for input 'environment' not in the list of allowed values" in error.message
    assert error.hint == "allowed: staging, prod"


def test_a_choice_that_is_not_required_may_stay_blank() -> None:
    workflow = one_input("type: choice", "options: [a, b]")
    assert validate_inputs(workflow, {}) == {"it": ""}
    assert validate_inputs(workflow, {"it": ""}) == {"it": ""}


def test_a_default_outside_the_options_is_refused_when_it_would_be_used() -> None:
    workflow = one_input("type: choice", "options: [a, b]", "default: c")
    assert "'c' for input 'it'" in refused({}, workflow).message
    assert validate_inputs(workflow, {"it": "a"}) == {"it": "a"}


@pytest.mark.parametrize(
    ("value", "seen"), [(True, "true"), (False, "false"), ("true", "true"), ("false", "false")]
)
def test_a_boolean_is_true_or_false(value: Any, seen: str) -> None:
    assert validate_inputs(WORKFLOW, {**LEAST, "dry": value})["dry"] == seen


@pytest.mark.parametrize("value", ["yes", "True", "FALSE", "1", 0, " true"])
def test_nothing_else_is_a_boolean(value: Any) -> None:
    assert "for input 'dry' is not a boolean" in refused({**LEAST, "dry": value}).message


def test_a_required_boolean_may_be_false() -> None:
    workflow = one_input("type: boolean", "required: true")
    assert validate_inputs(workflow, {"it": False}) == {"it": "false"}


@pytest.mark.parametrize("value", ["0", "-3", "2.5", "1e6", 7, 1.25])
def test_a_number_is_one(value: Any) -> None:
    assert validate_inputs(WORKFLOW, {**LEAST, "copies": value})["copies"] == str(value)


@pytest.mark.parametrize("value", ["many", "1,5", "0x10", "1 ", True])
def test_nothing_else_is_a_number(value: Any) -> None:
    assert "for input 'copies' is not a number" in refused({**LEAST, "copies": value}).message


def test_text_is_kept_to_the_letter() -> None:
    text = " `$(id)` ${{ secrets.X }}\n::error::é \u2028"
    assert validate_inputs(WORKFLOW, {**LEAST, "note": text})["note"] == text


def test_a_workflow_without_the_trigger_cannot_be_dispatched() -> None:
    workflow = parse_workflow("w.yml", "on: [push, workflow_call]")
    assert refused({}, workflow).message == "Workflow does not have 'workflow_dispatch' trigger"


def test_a_workflow_without_inputs_takes_none() -> None:
    workflow = parse_workflow("w.yml", "on: workflow_dispatch")
    assert validate_inputs(workflow, {}) == {}
    assert refused({"any": "1"}, workflow).hint == "w.yml declares: none"


def test_no_more_than_25_inputs_are_taken() -> None:
    names = [f"i{number}" for number in range(MOST_INPUTS + 1)]
    inputs = "".join(f"      {name}:\n" for name in names)
    workflow = parse_workflow("w.yml", f"on:\n  workflow_dispatch:\n    inputs:\n{inputs}")
    assert MOST_INPUTS == 25
    assert validate_inputs(workflow, dict.fromkeys(names[:-1], "x"))[names[0]] == "x"
    assert "up to 25 `inputs`" in refused(dict.fromkeys(names, "x"), workflow).message


def test_inputs_have_a_size_together() -> None:
    room = MOST_CHARACTERS - len("prod")
    fits = {"environment": "prod", "reason": "x" * room}
    assert validate_inputs(WORKFLOW, fits)["reason"] == fits["reason"]
    assert "too large" in refused({**fits, "note": "x"}).message


def test_the_event_says_who_where_and_what() -> None:
    event = dispatch_event(
        WORKFLOW,
        inputs={"dry": "true"},
        ref="refs/heads/main",
        repository="harbourlight/website",
        default_branch="main",
        sender="on-call",
    )
    assert event["inputs"] == {"dry": "true"}  # text, as on GitHub
    assert event["ref"] == "refs/heads/main"
    assert event["workflow"] == ".github/workflows/deploy.yml"
    assert event["sender"]["login"] == "on-call"
    assert event["repository"]["full_name"] == "harbourlight/website"
    assert event["repository"]["owner"]["login"] == "harbourlight"
    assert event["repository"]["default_branch"] == "main"


DECLARED = list(WORKFLOW.inputs)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=6),
    st.sampled_from(["prod", "staging", "true", "false", "yes", "3", ""]),
)
NAMES = st.one_of(st.sampled_from(DECLARED), st.text(max_size=4))


@given(st.sampled_from([{}, LEAST]), st.dictionaries(NAMES, VALUES, max_size=5))
@settings(max_examples=300, deadline=None)
def test_whatever_is_accepted_is_what_was_declared(
    base: dict[str, Any], more: dict[str, Any]
) -> None:
    given = {**base, **more}
    try:
        values = validate_inputs(WORKFLOW, given)
    except DispatchError:
        return
    assert list(values) == DECLARED
    assert set(given) <= set(DECLARED)
    assert all(isinstance(value, str) for value in values.values())
    assert values["environment"] in {"staging", "prod"}
    assert values["reason"]
    assert {values["dry"], values["loud"]} <= {"true", "false"}


@given(st.text(min_size=1, max_size=8).filter(lambda name: name not in DECLARED), VALUES)
@settings(max_examples=100, deadline=None)
def test_whatever_is_not_declared_is_refused(name: str, value: Any) -> None:
    with pytest.raises(DispatchError, match="Unexpected inputs"):
        validate_inputs(WORKFLOW, {**LEAST, name: value})


@pytest.mark.parametrize("value", ["5\n", "\u0665"], ids=ascii)
def test_a_number_is_digits_to_its_end(value: str) -> None:
    assert "is not a number" in refused({"it": value}, one_input("type: number")).message


def test_booleans_may_be_written_in_capitals() -> None:
    workflow = one_input("type: boolean", "required: True", "default: TRUE")
    assert workflow.inputs["it"].required
    assert validate_inputs(workflow, {}) == {"it": "true"}
    assert validate_inputs(one_input("type: boolean", "default: False"), {}) == {"it": "false"}
    assert validate_inputs(one_input("type: boolean", "default: null"), {}) == {"it": "false"}
    # what is text stays as written
    assert validate_inputs(one_input("default: True"), {}) == {"it": "True"}


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_kept_to_the_letter_or_refused_for_being_blank(text: str) -> None:
    given = {"environment": "prod", "reason": text}
    if text:
        assert validate_inputs(WORKFLOW, given)["reason"] == text
    else:
        assert refused(given).message == "Required input 'reason' not provided"


@given(st.integers(0, MOST_CHARACTERS + 50), st.integers(0, 50))
@settings(max_examples=100, deadline=None)
def test_the_size_counts_over_all_inputs(reason: int, note: int) -> None:
    given = {"environment": "prod", "reason": "é" * (reason + 1), "note": "n" * note}
    if len("prod") + reason + 1 + note <= MOST_CHARACTERS:
        assert validate_inputs(WORKFLOW, given)["note"] == given["note"]
    else:
        assert "too large" in refused(given).message
