from __future__ import annotations

from typing import Any

import pytest

from harness.checks.differences import differences

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"A": {"B": "x"}}, {"A": {"B": ""}}, ["A.B: 'x' -> ''"]),
        ({"A": 1}, {}, ["A: 1 -> (absent)"]),
        ({}, {"A": False}, ["A: (absent) -> False"]),
        ({"A": None}, {"A": {"B": 1}}, ["A: (absent) -> {'B': 1}"]),
        ({"A": ["GET", "HEAD"]}, {"A": ["HEAD", "GET"]}, []),
        ({"A": ["GET", "HEAD"]}, {"A": ["GET"]}, ["A: ['GET', 'HEAD'] -> ['GET']"]),
        (
            {"Items": [{"Id": "a", "Name": "x"}, {"Id": "b", "Name": "y"}]},
            {"Items": [{"Id": "b", "Name": "z"}, {"Id": "a", "Name": "x"}]},
            ["Items[b].Name: 'y' -> 'z'"],
        ),
        (
            {"Items": [{"PathPattern": "/a"}, {"PathPattern": "/b"}]},
            {"Items": [{"PathPattern": "/b"}, {"PathPattern": "/a"}]},
            ["Items[0].PathPattern: '/a' -> '/b'", "Items[1].PathPattern: '/b' -> '/a'"],
        ),
        (
            {"Items": [{"ErrorCode": 403}]},
            {"Items": []},
            ["Items[403]: {'ErrorCode': 403} -> (absent)"],
        ),
        ({"A": "x"}, {"A": ["x"]}, ["A: 'x' -> ['x']"]),
        ({"A": [["x"]]}, {"A": [["y"]]}, ["A[0]: ['x'] -> ['y']"]),
    ],
)
def test_each_leaf_that_differs_is_named_by_its_path(
    before: Any, after: Any, said: list[str]
) -> None:
    assert differences(before, after) == said


def test_equal_structures_do_not_differ() -> None:
    value = {"A": [{"Id": "x", "B": [1, 2]}], "C": None}
    assert differences(value, value) == []


def test_long_values_are_shortened() -> None:
    (line,) = differences({"A": "x" * 500}, {"A": ""})
    assert len(line) < 150
    assert "..." in line
