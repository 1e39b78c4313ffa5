from __future__ import annotations

import pytest

from harness.checks.layers import LayerState, ObjectVersion, differences

pytestmark = pytest.mark.unit


def version(
    name: str, etag: str = "e", *, latest: bool = True, marker: bool = False
) -> ObjectVersion:
    return ObjectVersion(name, "" if marker else etag, latest, marker, "2026-01-05T10:00:00+00:00")


def content(**versions: tuple[ObjectVersion, ...]) -> LayerState:
    return LayerState(versions, {"DistributionConfig": {"DefaultRootObject": "index.html"}})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((version("A"),), (version("A"),), []),
        (
            (version("A"),),
            (version("B", "f"), version("A", latest=False)),
            ["content: page changed from version A to B"],
        ),
        (
            (version("A"),),
            (version("B"), version("A", latest=False)),
            ["content: page changed from version A to B, with the same bytes"],
        ),
        (
            (version("A"),),
            (version("M", marker=True), version("A", latest=False)),
            ["content: page was deleted (delete marker M)"],
        ),
        ((), (version("A"),), ["content: page was added (version A)"]),
        ((version("A"),), (), ["content: page is gone with all its versions"]),
        (
            (version("B"), version("A", latest=False)),
            (version("B"),),
            ["content: page: older versions were added or removed"],
        ),
        (
            (version("null", "e"),),
            (version("null", "f"),),
            ["content: page changed from version null to null"],
        ),
    ],
)
def test_what_happened_to_an_object_is_said(
    before: tuple[ObjectVersion, ...], after: tuple[ObjectVersion, ...], said: list[str]
) -> None:
    one = content(page=before) if before else content()
    other = content(page=after) if after else content()
    assert differences(one, other, "content") == said
    assert differences(one, other, "infrastructure") == []


def test_ignored_prefixes_are_no_content() -> None:
    after = content(page=(version("A"),))
    assert differences(content(), after, "content", ignoring=["pa"]) == []
    assert differences(content(), after, "content", ignoring=["other"]) != []


def test_infrastructure_is_compared_setting_by_setting() -> None:
    after = LayerState({}, {"DistributionConfig": {"DefaultRootObject": ""}})
    assert differences(content(), after, "infrastructure") == [
        "infrastructure: DistributionConfig.DefaultRootObject: 'index.html' -> ''"
    ]
    assert differences(content(), after, "content") == []
