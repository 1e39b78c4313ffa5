from __future__ import annotations

import pytest

from harness.naming import drill_id

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("scenario", "example", "name"),
    [
        (
            "x was released",
            {"incident": "html-truncated", "method": "content_only", "outcome": "recovers"},
            "drift.html-truncated.content_only",
        ),
        ("A reason: too short!", {"what": "short"}, "drift.a-reason-too-short"),
        ("Plain", {}, "drift.plain"),
        ("../../etc/passwd", {}, "drift...-..-etc-passwd"),
    ],
)
def test_a_drill_is_called_by_what_tells_it_apart(
    scenario: str, example: dict[str, str], name: str
) -> None:
    assert drill_id("drift", scenario, example) == name


def test_an_expectation_does_not_change_the_name() -> None:
    rows = [
        {"incident": "html-truncated", "method": "content_only", "outcome": outcome}
        for outcome in ("recovers", "does not recover")
    ]
    assert len({drill_id("drift", "scenario", row) for row in rows}) == 1
