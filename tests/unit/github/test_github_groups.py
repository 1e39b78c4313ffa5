"""The names of concurrency groups come out as GitHub has them, whatever somebody typed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.github.expressions import ExpressionError
from harness.github.jobs import Concurrency
from harness.github.openings import group_of

pytestmark = pytest.mark.unit

typed = st.text(max_size=40)


def name_of(group: str, **inputs: str) -> str | None:
    found = group_of(Concurrency(group), {"inputs": inputs})
    return found.name if found else None


@given(typed)
@example("${{ inputs.other }}")
@example("}} ${{ 'x' }}")
def test_what_was_typed_is_part_of_the_name_and_never_evaluated_again(where: str) -> None:
    name = name_of("deploy-${{ inputs.where }}", where=where, other="prod")
    assert name == f"deploy-{where}".strip().lower()


@given(typed, typed)
def test_two_are_in_one_group_when_their_names_differ_in_case_only(one: str, other: str) -> None:
    same = name_of("g-${{ inputs.it }}-", it=one) == name_of("g-${{ inputs.it }}-", it=other)
    assert same == (one.lower() == other.lower())


@given(st.sampled_from(["prod", "staging", "", "PROD"]), st.sampled_from(["v1 for prod", "v1"]))
def test_a_group_is_shared_across_events(environment: str, title: str) -> None:
    """As the reference site has it: the emergency's group, and that of what follows TEST."""
    context = {
        "inputs": {"environment": environment},
        "github": {"event": {"workflow_run": {"display_title": title}}},
    }
    found = group_of(
        Concurrency(
            "deploy-${{ inputs.environment || (endsWith(github.event.workflow_run.display_title,"
            " ' for prod') && 'prod') || 'staging' }}"
        ),
        context,
    )
    assert found is not None
    wanted = environment or ("prod" if title.endswith(" for prod") else "staging")
    assert found.name == f"deploy-{wanted}".lower()


@pytest.mark.parametrize("group", ["", "  ", "${{ inputs.none }}", "${{ '' }} "])
def test_a_name_that_comes_out_empty_is_no_group(group: str) -> None:
    assert name_of(group) is None


def test_a_name_that_cannot_be_worked_out_is_told() -> None:
    with pytest.raises(ExpressionError):
        name_of("deploy-${{ inputs. }}")


@given(st.booleans())
def test_cancel_in_progress_may_be_an_expression(yes: bool) -> None:
    concurrency = Concurrency("g", cancel_in_progress="${{ inputs.yes }}")
    found = group_of(concurrency, {"inputs": {"yes": yes}})
    assert found is not None
    assert found.cancel_in_progress is yes
