"""Verdicts: what is expected against what was observed, and one line for every disagreement."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.audit import Audit
from harness.evidence import Evidence
from harness.judgement import DOES_NOT_RECOVER, RECOVERS, judge

pytestmark = pytest.mark.unit

COMPLETE = Audit("somebody", "rollback", "now", "because", True, (), (), {})
GOOD = Evidence(
    recovered=True,
    findings=(),
    run_conclusion="success",
    run_cause="",
    broken_promises=(),
    audit=COMPLETE,
    recovery_seconds=3.2,
    time_to_deploy_seconds=2.9,
    availability=0.5,
)
DOWN = replace(
    GOOD, recovered=False, findings=("/: answers 404, expected 200",), recovery_seconds=None
)


def test_a_recovery_that_was_expected_is_met() -> None:
    verdict = judge(RECOVERS, GOOD, [])
    assert (verdict.verdict, verdict.observed, verdict.causes) == ("met", RECOVERS, ())
    assert (verdict.recovery_seconds, verdict.availability) == (3.2, 0.5)


def test_a_site_that_stays_down_as_expected_is_met_though_the_run_failed() -> None:
    failed = replace(DOWN, run_conclusion="failure", run_cause="step Check the site failed")
    assert judge(DOES_NOT_RECOVER, failed, []).verdict == "met"


def test_a_recovery_that_was_not_expected_is_unmet() -> None:
    verdict = judge(DOES_NOT_RECOVER, GOOD, [])
    assert verdict.verdict == "unmet"
    assert verdict.causes == ("the site recovered, which was not expected",)


def test_a_site_that_stays_down_says_why_and_what_the_run_said() -> None:
    failed = replace(DOWN, run_conclusion="failure", run_cause="step Deploy failed: boom")
    verdict = judge(RECOVERS, failed, [])
    assert verdict.causes == (
        "the site did not recover: /: answers 404, expected 200",
        "the run ended in failure: step Deploy failed: boom",
    )


def test_a_site_that_recovered_under_a_failed_run_is_unmet() -> None:
    verdict = judge(RECOVERS, replace(GOOD, run_conclusion="failure", run_cause="step X"), [])
    assert verdict.causes == ("the run ended in failure: step X",)


@pytest.mark.parametrize(
    ("flaw", "cause"),
    [
        ({"broken_promises": ("content was not left alone: x",)}, "content was not left alone: x"),
        ({"rejected": "No ref found for: x"}, "the dispatch was refused: No ref found for: x"),
        (
            {"audit": replace(COMPLETE, complete=False, missing=("why: not in the tag",))},
            "audit: why: not in the tag",
        ),
        (
            {"audit": replace(COMPLETE, complete=False, findings=("tag says A, log says B",))},
            "audit: tag says A, log says B",
        ),
        ({"unimplemented": ("s3:X is not implemented",)}, "s3:X is not implemented"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flaw_makes_a_drill_unmet(flaw: dict[str, object], cause: str) -> None:
    verdict = judge(RECOVERS, replace(GOOD, **flaw), [])  # type: ignore[arg-type]
    assert verdict.verdict == "unmet"
    assert cause in verdict.causes


@given(st.lists(st.text(min_size=1), min_size=1), st.sampled_from([GOOD, DOWN, None]))
def test_any_doubt_makes_it_inconclusive(doubts: list[str], evidence: Evidence | None) -> None:
    verdict = judge(RECOVERS, evidence, doubts)
    assert (verdict.verdict, verdict.observed) == ("inconclusive", None)
    assert verdict.causes == tuple(doubts)


def test_a_drill_without_evidence_is_never_met() -> None:
    assert judge(RECOVERS, None, []).verdict == "inconclusive"


def test_a_refusal_for_another_reason_is_unmet() -> None:
    refused = replace(
        DOWN, must_be_refused=True, must_say="the reason has 9 characters", audit=None
    )
    other = replace(refused, run_conclusion="failure", run_cause="step Checkout failed: no route")
    assert judge(DOES_NOT_RECOVER, other, []).causes == (
        (
            "the operation was refused, but not for 'the reason has 9 characters': "
            "step Checkout failed: no route"
        ),
    )
    right = replace(other, run_cause="step Check failed: the reason has 9 characters, at least 10")
    assert judge(DOES_NOT_RECOVER, right, []).verdict == "met"
    rejected = replace(refused, run_conclusion="", rejected="Required input 'reason' not provided")
    assert judge(DOES_NOT_RECOVER, rejected, []).verdict == "unmet"
