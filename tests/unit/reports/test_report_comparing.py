"""What changed between two runs is told, for better and for worse, and noise is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from written_drills import WrittenDrill

from harness.reports.comparing import Comparison, compare
from harness.reports.markdown import COMMENT_MARK, comment
from harness.reports.results import Results, read_results
from harness.reports.told import as_data, heading, sentences

pytestmark = pytest.mark.unit

Run = Callable[..., Results]
DOWN = {"observed": "does not recover"}
UNMET = {**DOWN, "verdict": "unmet", "causes": ["/ answers 403"]}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(a={...})`: the results of a run with the drill `a`."""
    made = iter(range(100))

    def write(**drills: dict[str, Any]) -> Results:
        journals = tmp_path / str(next(made))
        for name, changes in drills.items():
            WrittenDrill(name, **changes).write(journals)
        return read_results(journals)

    return write


def told(base: Results, head: Results, slower_by: float = 0.5) -> Comparison:
    return compare(base, head, slower_by=slower_by)


def test_nothing_changed(run: Run) -> None:
    comparison = told(run(a={}, b=UNMET), run(a={}, b=UNMET))
    assert comparison.changes == ()
    assert not comparison.worse
    assert heading(comparison) == "2 as before"
    assert "No verdict, observation, audit trail or finding changed." in comment(comparison)


LOST = "This change makes last_known_good stop recovering cloudfront-wrong-origin"
WON = "This change makes last_known_good recover cloudfront-wrong-origin"
ON = "last_known_good on cloudfront-wrong-origin"


@pytest.mark.parametrize(
    ("base", "head", "direction", "says"),
    [
        ({}, UNMET, "worse", LOST),
        (UNMET, {}, "better", WON),
        # The expectation was changed together with the behaviour: still the site stays down.
        ({}, {**DOWN, "expected": "does not recover"}, "worse", LOST),
        # A response that recovered against the expectation, and no longer does.
        ({"expected": "does not recover", "verdict": "unmet", "causes": ["it recovers"]},
         {"expected": "does not recover", **DOWN}, "better", LOST),
        ({"expected": "does not recover", **DOWN},
         {"expected": "does not recover", "verdict": "unmet"}, "worse",
         f"{WON}, against the expectation"),
        ({}, {"verdict": "unmet", "causes": ["promise not held"]}, "worse",
         f"This change makes {ON} no longer do what is expected of it"),
        ({}, {"observed": "", "verdict": "error", "causes": ["moto fell over"]}, "worse",
         "This change leaves open whether last_known_good recovers cloudfront-wrong-origin"),
        (UNMET, {**UNMET, "causes": ["/ answers 404"]}, "changed",
         f"This change changes the verdict, the expectation or the causes of {ON}"),
        ({}, {"missing": ["why"]}, "worse", f"This change breaks the audit trail of {ON}"),
        ({"missing": ["why"]}, {}, "better", f"This change completes the audit trail of {ON}"),
        ({"recovery_seconds": 10}, {"recovery_seconds": 40}, "slower",
         "This change makes last_known_good recover cloudfront-wrong-origin 30 s slower"),
        ({"recovery_seconds": 40}, {"recovery_seconds": 10}, "faster",
         "This change makes last_known_good recover cloudfront-wrong-origin 30 s faster"),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_told(
    base: dict[str, Any], head: dict[str, Any], direction: str, says: str, run: Run
) -> None:
    comparison = told(run(a=base), run(a=head))
    assert [change.direction for change in comparison.changes] == [direction]
    assert [s.text for s in sentences(comparison)] == [f"{says} (bad release, prod)"]
    assert bool(comparison.worse) == (direction == "worse")


@pytest.mark.parametrize(("before", "after"), [(10, 19), (100, 140), (20, 20)])
def test_a_difference_within_the_noise_is_none(before: float, after: float, run: Run) -> None:
    base, head = run(a={"recovery_seconds": before}), run(a={"recovery_seconds": after})
    assert told(base, head).changes == told(head, base).changes == ()


def test_a_drill_that_vanished_is_worse_and_a_new_one_is_new(run: Run) -> None:
    comparison = told(run(a={}, gone={}), run(a={}, new={}, broken=UNMET))
    found = {change.drill: change.direction for change in comparison.changes}
    assert found == {"gone": "worse", "new": "new", "broken": "worse"}
    assert heading(comparison) == "2 got worse, 1 new, 1 as before"


def test_drills_with_the_same_claim_share_a_sentence(run: Run) -> None:
    truncated = {"incident": "html-truncated", "method": "content_only"}
    base = run(a=truncated, b={**truncated, "via": "drift", "environment": "staging"})
    head = run(
        a={**truncated, **UNMET}, b={**truncated, **UNMET, "via": "drift", "environment": "staging"}
    )
    [sentence] = sentences(told(base, head))
    assert sentence.text.endswith("html-truncated (bad release, prod; drift, staging)")
    assert sentence.drills == ("a", "b")


def test_a_drill_that_never_said_what_it_would_do_is_told_by_its_name(run: Run) -> None:
    comparison = told(run(a={}), run(a={"killed_before": "drill.planned"}))
    assert sentences(comparison)[0].text == "This change leaves open whether a recovers the site"


def test_other_versions_are_noted(run: Run, tmp_path: Path) -> None:
    run(a={})
    path = tmp_path / "0" / "a.jsonl"
    base = read_results(tmp_path / "0")
    path.write_text(path.read_text().replace("5.2.5", "5.9.9"))
    comparison = told(base, read_results(tmp_path / "0"))
    assert comparison.notes == ("moto: 5.2.5 on base, 5.9.9 on head",)
    assert "`moto: 5.2.5 on base, 5.9.9 on head`" in comment(comparison)


def test_a_comment_shows_the_drills_on_both_sides_and_why(run: Run) -> None:
    text = comment(told(run(a={}, b={}), run(a=UNMET, b={})))
    assert text.startswith(COMMENT_MARK + "\n### sitedrill: 1 got worse, 1 as before\n")
    assert (
        "- ✗ This change makes `last_known_good` stop recovering `cloudfront-wrong-origin` "
        "(bad release, prod)." in text
    )
    assert "| `a` | ✓ recovered 3.2 s | ✗ unmet: not recovered |" in text
    assert "  - `/ answers 403`" in text


HOSTILE = "<img src=x> | @everyone `a``b` #1 [x](javascript:0)\n\n# Approved ![](http://e.example)"


def test_what_a_workflow_wrote_cannot_leave_its_code_span(run: Run) -> None:
    head = run(a={**UNMET, "causes": [HOSTILE, "`", "x" * 5000, *map(str, range(9))]})
    text = comment(told(run(a={}), head))
    assert (
        "  - ```<img src=x> \\| @everyone `a``b` #1 [x](javascript:0) # Approved "
        "![](http://e.example)```" in text
    )
    assert "  - `` ` ``" in text
    assert "and 7 more, see its journal" in text
    assert max(map(len, text.splitlines())) < 500


def test_a_comment_fits_whatever_changed(run: Run) -> None:
    names = [f"drill-{number}" for number in range(120)]
    causes = ["y" * 1000] * 10
    head = run(**{name: {**UNMET, "incident": name, "causes": causes} for name in names})
    text = comment(told(run(**{name: {"incident": name} for name in names}), head))
    assert "and 60 more" in text
    assert len(text) < 65_536


def test_the_same_for_programs(run: Run) -> None:
    data = json.loads(json.dumps(as_data(told(run(a={}, b={}), run(a=UNMET, b={})))))
    assert data["worse"] is True
    assert data["same"] == 1
    assert data["changes"] == [
        {
            "direction": "worse",
            "drill": "a",
            "response": "last_known_good",
            "incident": "cloudfront-wrong-origin",
            "base": "✓ recovered 3.2 s",
            "head": "✗ unmet: not recovered",
            "causes": ["/ answers 403"],
        }
    ]
