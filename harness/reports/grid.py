"""The matrix of a run: incidents down, operations across; the same for terminal and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from harness.reports.results import DrillResult, Method, Results

#: One column for each rollback method, and one for the hotfix.
COLUMNS = (*get_args(Method), "hotfix")

#: Where a drill goes that ended before it said what it would do; shown only when needed.
UNPLANNED = "not planned"

#: How incidents get into the environment, in the order of the rows.
_WAYS = ("release", "drift", "none", "")


@dataclass(frozen=True)
class Row:
    """One incident, put in one way into one environment, and the drills of each column."""

    incident: str
    layer: str
    via: str
    environment: str
    cells: Mapping[str, Sequence[DrillResult]]

    @property
    def details(self) -> str:
        """What tells this row from others of the same incident: `content, by drift, prod`."""
        way = way_of(self.via, self.environment)
        return ", ".join(part for part in (self.layer, way) if part)

    @property
    def drills(self) -> list[DrillResult]:
        """Every drill of the row, in the order of the columns."""
        return [drill for column in self.cells for drill in self.cells[column]]


@dataclass(frozen=True)
class Grid:
    """The rows, and the columns they have."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def grid_of(results: Results) -> Grid:
    """Sort the drills into rows and columns; several drills may share a cell."""
    cells: dict[tuple[str, str, str, str], dict[str, list[DrillResult]]] = {}
    for drill in results.drills:
        key = (
            drill.layer or "",
            drill.incident or "",
            drill.via or "",
            drill.environment or "",
        )
        cells.setdefault(key, {}).setdefault(column_of(drill), []).append(drill)
    columns = COLUMNS
    if any(UNPLANNED in row for row in cells.values()):
        columns = (*COLUMNS, UNPLANNED)
    rows = tuple(
        Row(
            incident or "no incident",
            layer,
            via,
            environment,
            {column: row[column] for column in columns if column in row},
        )
        for (layer, incident, via, environment), row in sorted(
            cells.items(), key=lambda item: (*item[0][:2], _WAYS.index(item[0][2]), item[0][3])
        )
    )
    return Grid(columns, rows)


def column_of(drill: DrillResult) -> str:
    """The column a drill stands in."""
    return "hotfix" if drill.operation == "hotfix" else drill.method or UNPLANNED


def way_of(via: str, environment: str) -> str:
    """How an incident got in, and where: `bad release, prod`."""
    way = {"release": "bad release", "drift": "drift", "none": ""}.get(via, via)
    return ", ".join(part for part in (way, environment) if part)
