"""Every cloud keeps the promises that drills rely on, but for those that the data say it does not."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, WaiterError
from conformance_data import CLOUDS, NOT_KEPT, PROMISES, not_kept
from conformance_promise import Promise, Scene
from conformance_table import PAGE, with_table

from harness.cloud.clouds import CLOUDS as CHOICES

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_promise(cloud: str, promise: Promise, scene: Scene) -> None:
    expected = not_kept(cloud, promise)
    broken = _broken(promise, scene)
    if broken is None:
        assert not expected, f"{cloud} has learnt this: its line in conformance_data.py can go"
        return
    if not expected:
        raise broken
    lacking = "NotImplemented" in str(broken)
    assert lacking == (expected == "NotImplemented"), f"otherwise than the data say: {broken!r}"


def _broken(promise: Promise, scene: Scene) -> BaseException | None:
    """How the promise is not kept, or None."""
    try:
        promise.check(scene)
    except (AssertionError, ClientError, WaiterError, pytest.fail.Exception) as error:
        return error
    return None


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_a_cloud_lacks_is_told_as_not_implemented_by_name(cloud: str, scene: Scene) -> None:
    cloudfront = scene.client("cloudfront")
    with pytest.raises(ClientError) as error:
        cloudfront.test_function(Name="rewrite", IfMatch="ETVPDKIKX0DER", EventObject=b"{}")
    assert error.value.response["Error"]["Code"] == "NotImplemented"
    emulator = CLOUDS[cloud].cloudfront
    assert f"TestFunction is not implemented by the emulator {emulator}:" in str(error.value)


@pytest.mark.parametrize("cloud", [name for name in CLOUDS if name.startswith("localstack")])
def test_what_only_a_license_has_is_told_as_not_implemented(cloud: str, scene: Scene) -> None:
    with pytest.raises(ClientError, match="not implemented by the emulator localstack"):
        scene.client("macie2").list_findings()


def test_every_cloud_is_tried() -> None:
    assert set(CLOUDS) == set(CHOICES)


def test_the_data_name_promises_that_there_are() -> None:
    known = {promise.id for promise in PROMISES}
    assert len(known) == len(PROMISES)
    assert {name for told in NOT_KEPT.values() for name in told} <= known


def test_the_documentation_tells_what_is_so() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page), "run: python tests/conformance/conformance_table.py"
