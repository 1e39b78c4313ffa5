"""`sitedrill audit`: is a trail as it was written, and what does it tell?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.audit import TRAIL, AuditRecord, Head, Trail, read_trail
from harness.cli.common import MET, UNMET
from harness.reports.trail import AUDIT

#: As much of a hash as is shown to people.
_SHORT = 12


def audit(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of `run`, or the trail's own in it.")
    ] = Path("build/drills"),
    head: Annotated[
        str, typer.Option(help="The hash that the chain's end must have, as it was kept elsewhere.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the trail as JSON.")] = False,
) -> None:
    """Check the chain of an audit trail, and print who did what, when and why.

    Exit codes: 0 the chain holds and every record is complete; 1 it is broken, or something is missing,
    contradictory or nobody's; 2 there is no trail that could be read.
    """
    # A run's own folder is good enough: the trail lies in it.
    inner = directory / AUDIT
    folder = inner if not (directory / TRAIL).exists() and inner.is_dir() else directory
    trail = read_trail(folder, expected=head)
    if as_json:
        print(json.dumps(as_data(trail), indent=2, ensure_ascii=False))
    else:
        show(trail, folder, Console())
    whole = trail.broken is None and all(record.complete for record in trail.records)
    raise typer.Exit(MET if whole else UNMET)


def as_data(trail: Trail) -> dict[str, Any]:
    """The trail for programs: the records that hold, and where the chain breaks."""
    broken = trail.broken
    return {
        "holds": broken is None,
        "broken": None if broken is None else {"record": broken.record, "why": broken.why},
        "head": None if trail.head is None else trail.head.model_dump(mode="json"),
        "records": [record.model_dump(mode="json") for record in trail.records],
    }


def show(trail: Trail, folder: Path, console: Console) -> None:
    """The trail for people: a table, then what is wrong, then whether the chain holds."""
    table = Table(title=f"Audit trail of {folder}", show_lines=True)
    for name in ("#", "who", "what", "when (UTC)", "why", "run", "trail"):
        table.add_column(name, overflow="fold")
    for record in trail.records:
        table.add_row(*(_cell(text) for text in _row(record)))
    if trail.records:
        console.print(table)
    for record in trail.records:
        for finding in record.findings:
            line = f"{_number(record)} {finding.kind}: {finding.text}"
            console.print(Text(line, style="yellow", overflow="fold"))
    if trail.broken is not None:
        console.print(Text(f"the chain is broken: {trail.broken}", style="bold red"))
    elif trail.head is not None:
        held = f"the chain holds: {counted(trail.head)}, head {trail.head.hash}"
        console.print(Text(held, style="bold"), soft_wrap=True)


def counted(head: Head) -> str:
    """How many records a chain has, in words."""
    return f"{head.records} record" + ("" if head.records == 1 else "s")


def _row(record: AuditRecord) -> tuple[str, ...]:
    who, what, when = record.who, record.what, record.when
    decided = [f"{one.state} by {one.by}" for one in who.approvals]
    done = f"{what.operation or '?'}" + (f" by {what.method}" if what.method else "")
    done += f" of {what.environment or '?'}"
    told = [
        done,
        f"to {what.target_commit[:_SHORT]}" if what.target_commit else "no target",
        f"tag {what.tag}" if what.tag else "no tag",
        f"{', '.join(what.layers)}: {len(what.changes)} AWS changes",
    ]
    moments = [f"{name} {at}" for name, at in when.model_dump().items() if at]
    return (
        _number(record),
        "\n".join([who.requested_by or "?", *decided]),
        "\n".join(told),
        "\n".join(moments),
        record.why or "?",
        f"{record.run}, attempt {record.attempt}\n{record.outcome or 'not over'}",
        "complete" if record.complete else f"{len(record.findings)} findings",
    )


def _number(record: AuditRecord) -> str:
    return str(record.chain.sequence) if record.chain else "-"


def _cell(text: str) -> Text:
    # What people typed is no markup, and must not move the cursor.
    return Text(
        "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    )
