"""The end of a run in the terminal: the matrix, what went wrong and why, and where to read more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.reports import words
from harness.reports.grid import Grid, Row, column_of, grid_of
from harness.reports.results import DrillResult, Results
from harness.reports.text import duration, to_ascii
from harness.reports.writing import JOURNALS, JUNIT, PAGE, RESULTS

#: The colour of each verdict; the mark before it says the same.
STYLES = {"met": "green", "unmet": "bold red", "inconclusive": "yellow", "error": "bold magenta"}

#: Below this many columns of terminal the matrix is told as a list.
WIDE = 140

#: Below this many, the matrix's cells put what follows "recovered" on a line of its own.
ROOMY = 156

#: Characters of the matrix's first column; a longer name is broken over two lines.
SHORTEST_NAME, LONGEST_NAME = 20, 30


def matrix(results: Results, *, out_dir: Path | None = None) -> RenderableType:
    """Everything to be said at the end of a run, fitted to the console it is printed on.

    Args:
        results: the run.
        out_dir: where the reports lie, to be named at the end; None leaves that out.
    """
    return _Matrix(results, out_dir)


@dataclass(frozen=True)
class _Matrix:
    results: Results
    out_dir: Path | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view = _View(ascii_only=options.ascii_only)
        grid = grid_of(self.results)
        if grid.rows:
            wide = options.max_width >= WIDE
            yield view.table(grid, options.max_width) if wide else view.list(grid)
        yield from view.causes(self.results)
        yield from view.findings(self.results)
        yield view.totals(self.results)
        if self.out_dir is not None:
            yield from view.files(self.out_dir)


@dataclass(frozen=True)
class _View:
    ascii_only: bool

    def text(self, text: str, style: str = "") -> Text:
        """Never markup: what a workflow wrote may look like it."""
        return Text(to_ascii(text) if self.ascii_only else text, style=style, overflow="fold")

    def outcome(self, drill: DrillResult, *, roomy: bool = True) -> Text:
        outcome = f"{self.mark(drill)} {words.outcome(drill)}"
        if not roomy:
            outcome = outcome.replace("recovered ", "recovered\n", 1)
        return self.text(outcome, STYLES[drill.verdict])

    def mark(self, drill: DrillResult) -> str:
        return (words.ASCII_MARKS if self.ascii_only else words.MARKS)[drill.verdict]

    def table(self, grid: Grid, width: int) -> RenderableType:
        roomy = width >= ROOMY
        table = Table(box=box.ROUNDED, show_lines=True, header_style="bold")
        longest = max(len(row.incident) for row in grid.rows)
        # A fixed width: rich would shrink the other columns too little for one with a minimum.
        table.add_column("incident", width=min(max(longest, SHORTEST_NAME), LONGEST_NAME))
        for column in grid.columns:
            # Broken at the underscore, which is where a reader would break it.
            table.add_column(Text(column.replace("_", " ")), overflow="fold")
        table.add_column("audit", overflow="fold")
        for row in grid.rows:
            table.add_row(
                self._incident(row),
                *(
                    _stack(self.outcome(drill, roomy=roomy) for drill in row.cells.get(column, ()))
                    for column in grid.columns
                ),
                self._row_audit(row),
            )
        return table

    def list(self, grid: Grid) -> RenderableType:
        parts: list[RenderableType] = []
        for row in grid.rows:
            head = self.text(row.incident, "bold")
            if row.details:
                head.append(f" ({row.details})", style="dim not bold")
            parts.append(head)
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(no_wrap=True)
            table.add_column(ratio=1)
            table.add_column(ratio=1)
            for column, drills in row.cells.items():
                for drill in drills:
                    table.add_row(
                        column, self.outcome(drill), self.text(f"audit {words.audit(drill)}", "dim")
                    )
            parts.append(Padding(table, (0, 0, 1, 2)))
        return Group(*parts)

    def causes(self, results: Results) -> RenderResult:
        for drill in results.drills:
            if drill.verdict == "met":
                continue
            yield self.text(
                f"{self.mark(drill)} {drill.id}: {drill.verdict}", STYLES[drill.verdict]
            )
            for cause in drill.causes:
                yield Padding(self.text(cause), (0, 0, 0, 4))

    def findings(self, results: Results) -> RenderResult:
        found = Counter(line for drill in results.drills for line in drill.findings)
        if found:
            yield self.text("found on the way", "bold")
        for line, count in found.items():
            times = f" [{count} drills]" if count > 1 else ""
            yield Padding(self.text(f"{line}{times}", "yellow"), (0, 0, 0, 4))

    def totals(self, results: Results) -> RenderableType:
        summary = results.summary
        text = self.text(words.sentence(results), "bold green" if summary.all_met else "bold red")
        shortfall = words.shortfall(results)
        text.append(f"; {shortfall}" if shortfall else "")
        text.append(f" ({duration(summary.seconds)})" if summary.drills else "", style="dim")
        return text

    def files(self, out_dir: Path) -> RenderResult:
        yield self.text("")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column()
        for what, name in (
            ("page", PAGE),
            ("data", RESULTS),
            ("JUnit", JUNIT),
            ("journals", f"{JOURNALS}/"),
        ):
            table.add_row(what, self.text(f"{out_dir.as_posix()}/{name}"))
        yield table

    def _incident(self, row: Row) -> Text:
        text = self.text(row.incident, "bold")
        if row.details:
            text.append(f"\n{row.details}", style="dim not bold")
        return text

    def _row_audit(self, row: Row) -> Text:
        """`complete` if every drill's is; else which operation lacks what."""
        lacking = [drill for drill in row.drills if not drill.audit.complete]
        if not lacking:
            return self.text("complete", "green")
        return _stack(
            self.text(f"{column_of(drill).replace('_', ' ')}: {words.audit(drill)}", "yellow")
            for drill in lacking
        )


def _stack(texts: Iterable[Text]) -> Text:
    """One above the other."""
    return Text("\n", overflow="fold").join(texts)
