"""Drills divided among several machines, and the note by which their results find together again.

    plan = divide(ids, shards=4, seconds=known_durations([...]))
    plan.text()     # {"include": [{"shard": 1, "of": 4, "seconds": 61.5, "drills": [...]}, ...]}

The plan is what GitHub takes for a matrix:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrixinclude
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import ConfigError
from harness.reports.files import write_atomically

#: Lies beside results.json of a shard.
SHARD = "shard.json"
#: What a drill is taken to last when none was ever timed.
UNTIMED = 30.0

_NUMBER = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


#: As `harness.naming` makes them: fit to be the name of a file.
DrillId = Annotated[str, Field(pattern=r"^[\w.-]+$")]
_S = TypeVar("_S", bound=_Shape)


class Shard(_Shape):
    """The drills of one machine; `seconds` is how long they should take, one after the other."""

    shard: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(ge=0)]
    drills: Annotated[tuple[DrillId, ...], Field(min_length=1)]


class ShardPlan(_Shape):
    """All shards of a run; every drill is in exactly one."""

    include: Annotated[tuple[Shard, ...], Field(min_length=1)]

    @property
    def drills(self) -> set[str]:
        """Every drill of the plan."""
        return {drill for shard in self.include for drill in shard.drills}

    def text(self) -> str:
        """The plan on one line, as a job's output must be."""
        return self.model_dump_json()


class ShardNote(_Shape):
    """Which shard the results beside it are of."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    shard: int
    plan: ShardPlan

    model_config = ConfigDict(serialize_by_alias=True)


def divide(drills: Sequence[str], *, shards: int, seconds: Mapping[str, float]) -> ShardPlan:
    """Share the drills out: the longest first, each to the shard that has least to do.

    There are never more shards than drills. A drill that was never timed counts as the median of
    those that were. The same drills and times give the same plan.
    """
    known = [seconds[drill] for drill in drills if drill in seconds]
    unknown = median(known) if known else UNTIMED
    lasts = {drill: seconds.get(drill, unknown) for drill in drills}
    heap = [(0.0, 0, number) for number in range(min(shards, len(drills)))]
    shares: list[list[str]] = [[] for _ in heap]
    for drill in sorted(lasts, key=lambda name: (-lasts[name], name)):
        load, drilled, number = heapq.heappop(heap)
        shares[number].append(drill)
        heapq.heappush(heap, (load + lasts[drill], drilled + 1, number))
    return ShardPlan(
        include=tuple(
            Shard(
                shard=number,
                of=len(shares),
                seconds=round(sum(lasts[drill] for drill in share), 1),
                drills=tuple(sorted(share, key=drills.index)),
            )
            for number, share in enumerate(shares, start=1)
        )
    )


def shard_number(text: str) -> tuple[int, int]:
    """`2/4` as numbers.

    Raises:
        ConfigError: it is not that, or there is no such shard.
    """
    found = _NUMBER.fullmatch(text)
    number, of = (int(found[1]), int(found[2])) if found else (1, 0)
    if number > of:
        raise ConfigError(
            file="options", key="--shard", value=text, expected="a number and how many, as 1/4"
        )
    return number, of


def the_shard(plan: ShardPlan, text: str, *, said_by: str) -> Shard:
    """The shard that `--shard` names.

    Raises:
        ConfigError: the plan has no such shard.
    """
    number, of = shard_number(text)
    if of != len(plan.include) or plan.include[0].of != of:
        raise ConfigError(
            file="options",
            key="--shard",
            value=text,
            expected=f"one of the {len(plan.include)} shards of {said_by}",
            hint="there are never more shards than drills" if of > len(plan.include) else "",
        )
    return plan.include[number - 1]


def read_plan(path: Path) -> ShardPlan:
    """A plan that `sitedrill plan` printed.

    Raises:
        ConfigError: the file is not there or is no plan.
    """
    plan = _read(path, ShardPlan, "a plan that `sitedrill plan` printed")
    numbers = [(shard.shard, shard.of) for shard in plan.include]
    whole = [(number, len(numbers)) for number in range(1, len(numbers) + 1)]
    drills = [drill for shard in plan.include for drill in shard.drills]
    if numbers != whole or len(drills) != len(set(drills)):
        raise ConfigError(
            file=path,
            key="include",
            value=numbers if numbers != whole else _twice(drills),
            expected="every shard once, in order, and every drill in one shard only",
        )
    return plan


def write_note(out_dir: Path, shard: Shard, plan: ShardPlan) -> None:
    """Write beside the results which shard they are of."""
    note = ShardNote(shard=shard.shard, plan=plan)
    write_atomically(out_dir / SHARD, note.model_dump_json(indent=2) + "\n")


def read_note(directory: Path) -> ShardNote | None:
    """Which shard the results in this folder are of; None when they are a whole run's.

    Raises:
        ConfigError: the note cannot be read.
    """
    path = directory / SHARD
    return _read(path, ShardNote, "the note of a shard") if path.exists() else None


def _read(path: Path, shape: type[_S], expected: str) -> _S:
    try:
        return shape.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(file=path, key="file", value=error.strerror, expected=expected) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigError(file=path, key=key, value=first["msg"], expected=expected) from error
    except UnicodeDecodeError as error:
        raise ConfigError(file=path, key="file", value="not UTF-8", expected=expected) from error


def _twice(drills: Sequence[str]) -> list[str]:
    return sorted({drill for drill in drills if drills.count(drill) > 1})
