"""A plan, or what is wrong with it."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from gameday_plans import PLAN

from harness.errors import ConfigError
from harness.gameday.plan import make_schema, read_plan, schema_text
from harness.gameday.spans import seconds_of, span_of

pytestmark = pytest.mark.unit


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    file = tmp_path / "gameday.toml"
    file.write_text(PLAN)
    return file


def test_a_plan_says_everything(plan_file: Path) -> None:
    plan = read_plan(plan_file)
    assert plan.roles.responder == ("octo-dev", "octo-web")
    assert plan.incidents[0].success.decide == 300
    assert plan.stop.time_box == 3600
    assert plan.stop.abort_key == "x"


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('"15m"', '"15 minutes"', "incidents.0.time_box", 'such as "90s"'),
        ('account = "123456789012"', 'account = "4711"', "aws.account", "match"),
        ("[roles]", "[roles]\nfacilitater = []", "roles.facilitater", "did you mean facilitator"),
        ('decide = "5m"', 'decide = "1m"', "incidents.0.success", "detect <= decide <= recover"),
        ('time_box = "15m"', 'time_box = "9m"', "incidents.0", "at least success.recover"),
        ('time_box = "1h"', 'time_box = "5m"', "file", "stop.time_box of at least 900 s"),
        ('hypothesis = "Whoever', 'x = "Whoever', "x", "one of the keys"),
        ('"infrastructure_only"', '"prayer"', "incidents.0.success.methods.0", "last_known_good"),
        ("s3://harbourlight-ops/STOP", "STOP", "stop.object", "match"),
    ],
)
def test_a_wrong_plan_says_which_key_and_what_was_expected(
    plan_file: Path, old: str, new: str, key: str, expected: str
) -> None:
    assert old in PLAN
    plan_file.write_text(PLAN.replace(old, new, 1))
    with pytest.raises(ConfigError) as wrong:
        read_plan(plan_file)
    assert wrong.value.key == key
    assert str(plan_file) in str(wrong.value)
    assert expected in str(wrong.value)


def test_a_plan_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sitedrill gameday plan"):
        read_plan(tmp_path / "none.toml")


def test_the_schema_that_ships_is_the_models_and_takes_the_plan() -> None:
    shipped = files("harness").joinpath("gameday.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text()
    data = tomllib.loads(PLAN)
    jsonschema.validate(json.loads(json.dumps(data)), make_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "stop": {"time_box": "soon"}}, make_schema())


@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [("45s", 45, "45 s"), ("2m", 120, "2 min"), ("200s", 200, "3 min 20 s"), ("2h", 7200, "2 h")],
)
def test_spans_are_read_and_said_as_people_do(text: str, seconds: float, said: str) -> None:
    assert seconds_of(text) == seconds
    assert span_of(seconds) == said
