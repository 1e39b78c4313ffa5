"""A team's CloudWatch alarms tell of detection, and are proved to be there before the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from held_days import Reachable, held, plan_of, reachable, stage_at
from staging_cloud import Staging

from harness.clock import SystemClock
from harness.gameday.aws import Account
from harness.gameday.desk import EVIDENCE
from harness.gameday.proof import prove
from harness.polling import poll

pytestmark = pytest.mark.integration

REGION = "us-east-1"


@pytest.fixture
def where(staging: Staging, tmp_path: Path) -> Iterator[Reachable]:
    with reachable(staging, tmp_path) as one:
        yield one


@pytest.fixture
def cloudwatch(where: Reachable) -> Iterator[Any]:
    client = boto3.client(
        "cloudwatch",
        endpoint_url=where.staging.emulator.endpoint,
        region_name=REGION,
        aws_access_key_id="AKIAOTHER",
        aws_secret_access_key="unused",
    )
    yield client
    client.close()


def put_alarm(cloudwatch: Any, name: str, state: str = "OK") -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        MetricName="5xxErrorRate",
        Namespace="AWS/CloudFront",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="as the test says")


def test_an_alarm_that_goes_off_tells_that_it_was_detected(
    where: Reachable, cloudwatch: Any, tmp_path: Path
) -> None:
    put_alarm(cloudwatch, "quiet")
    put_alarm(cloudwatch, "staging-5xx")
    evidence = {"alarms": ["quiet", "staging-5xx"], "region": REGION}
    plan = plan_of(where, evidence=evidence)
    with stage_at(where, plan) as stage, held(stage, tmp_path / "day") as day:
        day.until("respond")
        marked = {record.data["mark"] for record in day.records("mark")}
        assert "detected" not in marked
        put_alarm(cloudwatch, "staging-5xx", "ALARM")
        poll(
            lambda: next((r for r in day.records("mark") if r.data["mark"] == "detected"), None),
            within=30,
            waiting_for="the alarm to be seen",
            clock=SystemClock(),
        )
        day.desk.stop("enough", "octo-ops")
    assert day.ended is not None, day.error
    (told,) = [r.data for r in day.records("mark") if r.data["mark"] == "detected"]
    assert told["said"] == "alarm staging-5xx"
    assert told["by"] == EVIDENCE
    assert told["seconds"] >= 0


def test_alarms_of_alarms_count_too() -> None:
    """moto cannot make one, so what CloudWatch answers is written down here."""
    at = datetime(2026, 1, 5, 10, tzinfo=UTC)
    with Account(REGION, endpoint="http://127.0.0.1:9", access_key="AKIATEST") as account:
        client = account.client("cloudwatch")
        with Stubber(client) as answers:
            answers.add_response(
                "describe_alarms",
                {
                    "MetricAlarms": [{"AlarmName": "staging-5xx", "StateValue": "OK"}],
                    "CompositeAlarms": [
                        {
                            "AlarmName": "viewers",
                            "StateValue": "ALARM",
                            "StateUpdatedTimestamp": at,
                        }
                    ],
                },
                {
                    "AlarmNames": ["viewers", "staging-5xx"],
                    "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
                },
            )
            found = account.alarms(("viewers", "staging-5xx"))
    assert found == {"staging-5xx": "", "viewers": "2026-01-05T10:00:00+00:00"}


@pytest.mark.parametrize(
    ("state", "named", "why"),
    [
        ("OK", ["staging-5xx"], ""),
        ("OK", ["staging-5xx", "viewers"], f"there is no alarm viewers in {REGION}"),
        ("ALARM", ["staging-5xx"], "staging-5xx has been on since 20"),
    ],
)
def test_an_alarm_that_cannot_tell_is_told_before_the_day(
    where: Reachable, cloudwatch: Any, state: str, named: list[str], why: str
) -> None:
    put_alarm(cloudwatch, "staging-5xx", state)
    with stage_at(where, plan_of(where, evidence={"alarms": named})) as stage:
        refusals = prove(stage).refusals
    assert [why in one for one in refusals] == ([True] if why else [])
