"""The plan of a game day: what is broken, who plays which role, what counts as success.

A TOML file that the team writes together beforehand; `sitedrill gameday plan` writes a first one.
Nothing in it can turn a safety rule off.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.json_schema import GenerateJsonSchema

from harness.errors import ConfigError
from harness.gameday.spans import Span
from harness.incidents import Response
from harness.settings.reading import told
from harness.settings.strict import Command, Handle, Strict

#: What the plan of a site is called, where nobody says otherwise.
PLAN_FILE = "gameday.toml"
#: The tag that the owners of a distribution and of a bucket put there to allow game days.
ALLOWED = ("sitedrill:gameday", "allowed")

Incidents = Annotated[tuple["PlannedIncident", ...], Field(min_length=1)]


class Roles(Strict):
    """Who plays which role, as handles on GitHub.

    The facilitator starts and stops the day and does not help; responders respond as at night;
    observers take notes; approvers approve deployments.
    """

    facilitator: Annotated[tuple[Handle, ...], Field(min_length=1)]
    responder: Annotated[tuple[Handle, ...], Field(min_length=1)]
    observer: tuple[Handle, ...] = ()
    approver: tuple[Handle, ...] = ()

    @property
    def everybody(self) -> tuple[str, ...]:
        """All of them, each once."""
        all_roles = [*self.facilitator, *self.responder, *self.observer, *self.approver]
        return tuple(dict.fromkeys(all_roles))


class AwsSection(Strict):
    """What is broken: it must be exactly this account, region, distribution and bucket.

    `distribution` is its id, "" for a site that its bucket serves itself. `profile` is a named profile of
    the AWS configuration; without one, credentials come from the environment as for any AWS tool.
    """

    account: Annotated[str, Field(pattern=r"^\d{12}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d+$")]
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    distribution: Annotated[str, Field(pattern=r"^[A-Z0-9]*$")] = ""
    profile: str = ""


class Success(Strict):
    """What success means for one incident, counted from its injection.

    `methods` are the responses that would be right; `audit` asks for who, what, when and why.
    """

    detect: Span
    decide: Span
    recover: Span
    methods: tuple[Response, ...] = ()
    audit: bool = True

    @model_validator(mode="after")
    def _in_order(self) -> Success:
        if not self.detect <= self.decide <= self.recover:
            raise ValueError("detect <= decide <= recover, each counted from the injection")
        return self


class PlannedIncident(Strict):
    """One incident: its id, what the team expects to happen, and how long it may last."""

    incident: str
    hypothesis: Annotated[str, Field(min_length=1)]
    time_box: Span
    success: Success

    @model_validator(mode="after")
    def _has_time_to_succeed(self) -> PlannedIncident:
        if self.success.recover > self.time_box:
            raise ValueError("a time box of at least success.recover")
        return self


class Availability(Strict):
    """The day stops when fewer than this share of samples was healthy, for so long."""

    floor: Annotated[float, Field(ge=0, le=1)]
    during: Span


class Stop(Strict):
    """When everything is put back at once, whatever the team is doing.

    Attributes:
        time_box: of the whole day.
        availability: how bad it may get.
        abort_key: in the terminal.
        object: `s3://bucket/key`; whoever puts an object there stops the day. "" for none.
    """

    time_box: Span
    availability: Availability | None = None
    abort_key: Annotated[str, Field(min_length=1, max_length=1)] = "x"
    object: Annotated[str, Field(pattern=r"^(s3://[a-z0-9.-]+/.+)?$")] = ""


class Evidence(Strict):
    """What tells of detection besides people: names of CloudWatch alarms, in `region`."""

    alarms: tuple[str, ...] = ()
    region: str = ""


class After(Strict):
    """What is looked at when it is over.

    `drift` are commands, run in the site's folder, that end with 0 where the infrastructure is as the
    repository says, such as `terraform plan -detailed-exitcode`. `addresses` are further addresses of
    the same site whose caches can be asked, such as points of presence by name.
    """

    drift: tuple[Command, ...] = ()
    addresses: tuple[str, ...] = ()


class Plan(Strict):
    """Everything in a plan.

    Attributes:
        title: of the day.
        environment: of the site's settings; never production.
        url: what viewers type.
        release: the tag that is live; by default the newest release of the repository.
        hypothesis: what the team believes about the whole day.
        checklist: what people tick off while it goes on.
    """

    model_config = ConfigDict(title="gameday.toml")

    title: Annotated[str, Field(min_length=1)]
    environment: Annotated[str, Field(min_length=1)]
    url: Annotated[str, Field(pattern=r"^https?://[^/\s]+/?$")]
    release: str = ""
    hypothesis: Annotated[str, Field(min_length=1)]
    checklist: tuple[str, ...] = ()
    roles: Roles
    aws: AwsSection
    incidents: Incidents
    stop: Stop
    evidence: Evidence = Evidence()
    after: After = After()

    @model_validator(mode="after")
    def _fits_into_the_day(self) -> Plan:
        needed = sum(planned.time_box for planned in self.incidents)
        if self.stop.time_box < needed:
            raise ValueError(
                f"stop.time_box of at least {needed:g} s, what the incidents may take together"
            )
        return self


def read_plan(file: Path) -> Plan:
    """Read a plan.

    Raises:
        ConfigError: it cannot be read, or a key in it is wrong; names file, key and value.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            file=file,
            key="file",
            expected="the plan of a game day",
            hint="`sitedrill gameday plan --environment NAME` writes a first one",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file=file, key="syntax", value=str(error), expected="TOML") from error
    return plan_of(data, file)


def plan_of(data: dict[str, Any], file: Path) -> Plan:
    """The plan that a file says.

    Raises:
        ConfigError: a key in it is wrong.
    """
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        raise told(file, data, error.errors(), Plan) from error


def make_schema() -> dict[str, Any]:
    """The JSON Schema of a plan, for editors."""
    dialect = GenerateJsonSchema.schema_dialect
    return {"$schema": dialect, **Plan.model_json_schema(mode="validation")}


def schema_text() -> str:
    """As it is kept in `harness/gameday.schema.json`."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"
