"""Triggers are read from a workflow file as GitHub reads them."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.github.workflow import InputDeclaration, RunTrigger, parse_workflow, short_name
from harness.resources import reference_site

pytestmark = pytest.mark.unit

FILE = ".github/workflows/w.yml"


@pytest.mark.parametrize(
    ("on", "triggers"),
    [
        ("on: push", {"push"}),
        ("on: [push, workflow_dispatch]", {"push", "workflow_dispatch"}),
        ("on:\n  push:\n    branches: [main]\n  workflow_dispatch:", {"push", "workflow_dispatch"}),
        ("'on': push", {"push"}),
        ('"on":\n  - push', {"push"}),
    ],
)
def test_on_is_a_key_in_each_of_its_forms(on: str, triggers: set[str]) -> None:
    assert parse_workflow(FILE, on).triggers == triggers


def test_a_key_that_is_true_is_not_on() -> None:
    with pytest.raises(ConfigError, match="on is missing"):
        parse_workflow(FILE, "true: push")


def test_names() -> None:
    named = parse_workflow(FILE, "name: Deploy\nrun-name: Deploy ${{ github.actor }}\non: push")
    assert (named.name, named.run_name) == ("Deploy", "Deploy ${{ github.actor }}")
    nameless = parse_workflow(FILE, "on: push")
    assert (nameless.name, nameless.run_name) == (FILE, "")
    assert short_name(nameless) == "w.yml"


def test_inputs_as_declared() -> None:
    text = """
on:
  workflow_dispatch:
    inputs:
      bare:
      yes: { default: no, required: true }
      count: { type: number, default: 010 }
      where: { type: choice, options: [on, off, 1.10], default: off }
"""
    assert parse_workflow(FILE, text).inputs == {
        "bare": InputDeclaration("bare"),
        "yes": InputDeclaration("yes", required=True, default="no"),
        "count": InputDeclaration("count", type="number", default="010"),
        "where": InputDeclaration(
            "where", type="choice", options=("on", "off", "1.10"), default="off"
        ),
    }


@pytest.mark.parametrize("on", ["on: workflow_dispatch", "on:\n  workflow_dispatch: {}"])
def test_inputs_may_be_left_out(on: str) -> None:
    assert parse_workflow(FILE, on).inputs == {}


def test_workflow_run_names_workflows_types_and_branches() -> None:
    text = "on:\n  workflow_run:\n    workflows: [BUILD, LINT]\n    types: [completed]\n    "
    assert parse_workflow(FILE, f"{text}branches: [main, 'v*']").workflow_run == RunTrigger(
        workflows=("BUILD", "LINT"), types=("completed",), branches=("main", "v*")
    )
    one = parse_workflow(FILE, "on:\n  workflow_run:\n    workflows: BUILD")
    assert one.workflow_run == RunTrigger(workflows=("BUILD",))
    assert parse_workflow(FILE, "on: push").workflow_run is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("on: push\njobs:\n\tone: 1", "line 3, column 1"),
        ("on: push\nname: [a, b", "line 2, column 12"),
        # closed at its key's own indent: how a real emergency workflow was lost
        ("on: push\nenv:\n  A: ${{\n    true\n  }}\n", "line 5, column 3"),
    ],
)
def test_what_does_not_parse_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_workflow(FILE, text)
    assert caught.value.message.startswith(f"{FILE}: {where} ")
    assert "cannot be started at all" in caught.value.hint


@pytest.mark.parametrize("text", ["", "just text", "[on]", "name: W\njobs: {}"])
def test_a_file_without_on_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"w\.yml: on is missing"):
        parse_workflow(FILE, text)


@pytest.mark.parametrize(
    ("body", "key"),
    [("type: list", "inputs.it.type is 'list'"), ("type: choice", "inputs.it.options is missing")],
)
def test_an_input_of_no_known_shape_is_refused(body: str, key: str) -> None:
    text = f"on:\n  workflow_dispatch:\n    inputs:\n      it:\n        {body}"
    with pytest.raises(ConfigError) as caught:
        parse_workflow(FILE, text)
    assert key in caught.value.message


def test_the_reference_site_has_the_workflows_that_the_drills_need() -> None:
    folder = reference_site() / ".github" / "workflows"
    read = {file.name: parse_workflow(file.name, file.read_text()) for file in folder.iterdir()}
    assert read["emergency.yml"].triggers == {"workflow_dispatch"}
    assert list(read["emergency.yml"].inputs) == [
        "environment",
        "operation",
        "reason",
        "immediate_deploy",
        "rollback_method",
        "target_commit",
    ]
    assert {name: flow.name for name, flow in read.items()} == {
        "build.yml": "BUILD",
        "emergency.yml": "Emergency",
        "run.yml": "RUN",
        "test.yml": "TEST",
    }


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_yaml_has_three_ways_to_write_true(value: str) -> None:
    text = f"on: {{workflow_dispatch: {{inputs: {{a: {{required: {value}}}}}}}}}"
    assert parse_workflow(FILE, text).inputs["a"].required


@pytest.mark.parametrize("value", ["false", "False", "tRUE", "yes", "null"])
def test_nothing_else_is_true(value: str) -> None:
    text = f"on: {{workflow_dispatch: {{inputs: {{a: {{required: {value}}}}}}}}}"
    assert not parse_workflow(FILE, text).inputs["a"].required


DISPATCH = "on: {workflow_dispatch: "
FOLLOW = "on: {workflow_run: "


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("on: push\nname: a\x07b", "line 2, column 8 is '\\x07', expected YAML"),
        ("on: push\non: workflow_dispatch", "line 2, column 1 is 'duplicate key on', expected"),
        ("on: push\njobs:\n  a: {b: 1, b: 2}", "line 3, column 13 is 'duplicate key b'"),
        ("on: push\n? [a]\n: b", "line 2, column 3 is 'found unhashable key'"),
        ("on: push\n---\non: push", "line 2, column 1 is 'but found another document'"),
        ("on: " + "[" * 5000, "the file is 'nested too deeply'"),
        ("on:", "on is missing"),
        ("on: [[push]]", "on is [['push']], expected an event"),
        ("on: {null: a}", "on is {None: 'a'}, expected a mapping"),
        ("on: push\nname: [a]", "name is ['a'], expected"),
        ("on: push\nrun-name: {a: b}", "run-name is {'a': 'b'}, expected"),
        (DISPATCH + "[a]}", "on.workflow_dispatch is ['a'], expected a mapping"),
        (DISPATCH + "a}", "on.workflow_dispatch is 'a', expected a mapping"),
        (DISPATCH + "{inputs: [a]}}", "on.workflow_dispatch.inputs is ['a'], expected a mapping"),
        (DISPATCH + "{inputs: {a: b}}}", "on.workflow_dispatch.inputs.a is 'b', expected"),
        (
            DISPATCH + "{inputs: {a: {type: choice, options: staging}}}}",
            "on.workflow_dispatch.inputs.a.options is 'staging', expected a list of choices",
        ),
        (
            DISPATCH + "{inputs: {a: {type: choice, options: [{b: c}]}}}}",
            "on.workflow_dispatch.inputs.a.options is [{'b': 'c'}], expected a list of choices",
        ),
        (DISPATCH + "{inputs: {a: {type: [b]}}}}", "on.workflow_dispatch.inputs.a.type is ['b']"),
        (DISPATCH + "{inputs: {a: {default: [b]}}}}", "on.workflow_dispatch.inputs.a.default is"),
        (DISPATCH + "{inputs: {a: {required: []}}}}", "on.workflow_dispatch.inputs.a.required is"),
        (FOLLOW + "[a]}", "on.workflow_run is ['a'], expected a mapping"),
        (FOLLOW + "{workflows: {a: b}}}", "on.workflow_run.workflows is {'a': 'b'}, expected"),
        (
            FOLLOW + "{workflows: A, branches: a, branches-ignore: b}}",
            "on.workflow_run.branches-ignore is ['b'], expected either",
        ),
    ],
)
def test_more_that_is_refused_with_its_key(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_workflow(FILE, text)
    assert caught.value.message.startswith(f"{FILE}: {where}")


def test_branches_may_be_left_out() -> None:
    text = FOLLOW + "{workflows: [A], branches-ignore: [main]}}"
    assert parse_workflow(FILE, text).workflow_run == RunTrigger(
        workflows=("A",), branches_ignore=("main",)
    )
