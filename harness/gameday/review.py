"""The review of a day: Markdown for people, JSON for programs. From the journal only.

write_review(directory)        # review.md and review.json; may be written again at any time

It is blameless: it says what happened and when, not whose fault it was; findings get their owners in
the review itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.gameday.score import GoneDay, Told, read_day
from harness.journal import Record

SIGNS = {True: "✓ met", False: "✗ not met", None: "? unknown"}


def write_review(directory: Path) -> GoneDay:
    """Write `review.md` and `review.json`, each whole or not at all.

    Raises:
        SitedrillError: there is no day.
    """
    day = read_day(directory)
    _write(directory / "review.json", json.dumps(as_data(day), indent=2, ensure_ascii=False) + "\n")
    _write(directory / "review.md", as_markdown(day))
    return day


def as_data(day: GoneDay) -> dict[str, Any]:
    """The review for programs."""
    started = day.first("gameday.started")
    return {
        "title": day.plan["title"],
        "environment": day.plan["environment"],
        "release": started["release"],
        "rehearsal": started["rehearsal"],
        "began": day.records[0].at,
        "met": day.met,
        "stopped": day.finished.get("stopped", "it was cut off"),
        "to_do": day.finished.get("to_do", []),
        "findings": day.finished.get("findings", []),
        "incidents": [
            {
                "incident": one.incident,
                "outcome": one.outcome,
                "met": one.met,
                "availability": one.availability,
                "marks": {name: mark["seconds"] for name, mark in one.marks.items()},
                "verdicts": [asdict(verdict) for verdict in one.verdicts],
            }
            for one in day.episodes
        ],
    }


def as_markdown(day: GoneDay) -> str:
    """The review for people."""
    return "\n".join(_lines(day)) + "\n"


def _lines(day: GoneDay) -> Iterator[str]:
    started = day.first("gameday.started")
    yield f"# Review: {day.plan['title']}"
    yield ""
    how = "Rehearsal of" if started["rehearsal"] else "Game day in"
    yield (
        f"{how} `{day.plan['environment']}` on {day.records[0].at[:10]}, with release "
        f"`{started['release']}` of `{started['repository']}`."
    )
    yield ""
    yield _verdict(day)
    yield ""
    yield "> " + day.plan["hypothesis"]
    yield ""
    yield (
        "This review is blameless. It asks what made sense to people at the time, and what would make "
        "the right thing easier; not who."
    )
    yield ""
    yield from _roles(day.plan["roles"])
    yield "## What was expected, and what happened"
    yield ""
    if not day.episodes:
        yield "No incident was put in."
        yield ""
    for one in day.episodes:
        yield from _episode(one)
    yield "## Timeline"
    yield ""
    yield "| time (UTC) | since the injection | what | evidence |"
    yield "|---|---|---|---|"
    for record in day.records:
        if line := _moment(record, day):
            yield line
    yield ""
    yield from _afterwards(day)
    yield from _written(day)
    yield "## Findings and actions"
    yield ""
    yield "What surprised us? What helped? What was missing? Each action has one owner and a date."
    yield ""
    yield "| finding | action | owner | until |"
    yield "|---|---|---|---|"
    for finding in _suggested(day):
        yield f"| {_cell(finding)} | | | |"
    yield "| | | | |"


def _afterwards(day: GoneDay) -> Iterator[str]:
    yield "## Afterwards"
    yield ""
    for record in day.all("validated"):
        data = record.data
        sign = "✗" if data["findings"] else "✓"
        yield f"- {sign} **{data['area']}**: {_cell(data['looked_at'])}"
        for finding in data["findings"]:
            yield f"    - {_cell(finding)}"
    undone = {record.data["resource"]: record.data for record in day.all("restored")}
    back = sum(not data["to_do"] for data in undone.values())
    yield f"- {back} of {len(undone)} changed resources are undone, and compared with the capture"
    for line in day.finished.get("to_do", []):
        yield f"    - **to do now:** {_cell(line)}"
    yield ""


def _written(day: GoneDay) -> Iterator[str]:
    """What people wrote and ticked off."""
    if notes := day.all("note"):
        yield "## Notes"
        yield ""
        for record in notes:
            yield f"- {record.at[11:19]} {_cell(record.data['by'])}: {_cell(record.data['text'])}"
        yield ""
    if day.plan["checklist"]:
        yield "## Checklist"
        yield ""
        ticked = {r.data["item"]: r.data["done"] for r in day.all("checklist")}
        for item in day.plan["checklist"]:
            yield f"- [{'x' if ticked.get(item) else ' '}] {_cell(item)}"
        yield ""


def _verdict(day: GoneDay) -> str:
    finished = day.finished
    if not finished:
        return (
            "**The day was cut off.** `sitedrill gameday restore` puts back what is left of it; "
            "this review holds what was written down until then."
        )
    if finished["stopped"]:
        return f"**The day was stopped:** {finished['stopped']}."
    if day.met:
        return "**Everything was met**, and the environment is as it was captured."
    unmet = [
        f"{one.incident}: {v.what}" for one in day.episodes for v in one.verdicts if v.met is False
    ]
    over = [f"{one.incident}: {one.outcome}" for one in day.episodes if one.outcome != "recovered"]
    return (
        "**Not everything was met:** " + "; ".join([*over, *unmet, *finished["findings"]][:6]) + "."
    )


def _roles(roles: Mapping[str, Any]) -> Iterator[str]:
    yield "| role | who |"
    yield "|---|---|"
    for role, people in roles.items():
        if people:
            yield f"| {role} | {', '.join(people)} |"
    yield ""


def _episode(one: Told) -> Iterator[str]:
    yield f"### {one.number}. {one.incident}: {one.outcome}"
    yield ""
    yield "> " + one.hypothesis
    yield ""
    yield "| | expected | happened | |"
    yield "|---|---|---|---|"
    for verdict in one.verdicts:
        yield (
            f"| {verdict.what} | {_cell(verdict.expected)} | {_cell(verdict.happened)} | "
            f"{SIGNS[verdict.met]} |"
        )
    if one.availability is not None:
        yield f"| availability meanwhile | | {one.availability:.1%} | |"
    yield ""


def _moment(record: Record, day: GoneDay) -> str:
    """A line of the timeline; empty for what does not belong there."""
    data, evidence = record.data, ""
    match record.kind:
        case "mark":
            what = f"**{data['mark']}** ({data['incident']})"
            evidence = f"{data['by']}: {data['said']}" if data.get("said") else data["by"]
        case "github.run" if data.get("new") or data["status"] == "completed":
            state = data["conclusion"] or data["status"]
            what = f"run {data['id']} {state}: {data['title']}"
            evidence = data["url"]
        case "github.review":
            what = f"{data['state']} for {data['environment']}, by {data['by']}"
            evidence = f"run {data['run']}: {data['comment']}"
        case "stop":
            what, evidence = f"**stopped**: {data['reason']}", data["by"]
        case "symptom":
            what = (
                "viewers see it" if data["visible"] else f"viewers do not see it: {data['detail']}"
            )
        case "restored":
            what = f"{data['resource']}: {data['returned']}"
        case "kept":
            what, evidence = f"{data['resource']} is kept as the team has made it", data["why"]
        case "incident.finished":
            what = f"{data['incident']} is over: {data['outcome']}"
        case "screen":
            what, evidence = "what viewers see changes", f"![](screens/{data['file']})"
        case "note":
            what, evidence = data["text"], data["by"]
        case "audit":
            what = f"audit trail of run {data['run']}"
            evidence = "; ".join(f"{k}: {v}" for k, v in data["places"].items())
        case _:
            return ""
    began = [e.window[0] for e in day.episodes if e.window[0] <= record.t <= e.window[1] + 1]
    since = f"{record.t - began[-1]:.0f} s" if began else ""
    return f"| {record.at[11:19]} | {since} | {_cell(what)} | {_cell(evidence)} |"


def _suggested(day: GoneDay) -> Iterator[str]:
    for one in day.episodes:
        for verdict in one.verdicts:
            if verdict.met is not True:
                was = f"{verdict.what} was {verdict.happened}, expected {verdict.expected}"
                yield f"{one.incident}: {was}"
    yield from day.finished.get("findings", [])
    for record in day.all("watcher.failed"):
        yield f"{record.data['watcher']} could not look: {record.data['error']}"


def _cell(text: object) -> str:
    """Text that is text in a table of Markdown, whatever somebody typed."""
    plain = " ".join(str(text).split())
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _write(path: Path, text: str) -> None:
    scratch = path.with_name(f"{path.name}.new")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
