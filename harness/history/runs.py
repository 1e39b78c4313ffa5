"""What is remembered of a run: the run itself, and a line for each of its drills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from harness.reports.journals import DrillJournal
from harness.reports.results import Results, Verdict


@dataclass(frozen=True)
class DrillRow:
    """One drill of a run. Seconds, and a share from 0 to 1; None where not known."""

    drill: str
    verdict: Verdict
    recovery_seconds: float | None = None
    time_to_deploy_seconds: float | None = None
    availability: float | None = None
    cause: str = ""


@dataclass(frozen=True)
class RunRow:
    """One run.

    Attributes:
        id: the same however often the same journals are read.
        started: UTC, ISO 8601.
        repository: the site's, as on GitHub; '' when not known.
        commit: of the site; None where none says what was drilled.
        cloud: what stood in for AWS.
        runner: what ran the workflow.
        versions: of each tool, by name.
        drills: what became of each, by id.
    """

    id: str
    started: str
    repository: str
    commit: str | None
    cloud: str
    runner: str
    versions: Mapping[str, str]
    drills: tuple[DrillRow, ...]


def run_of(results: Results, journals: Sequence[DrillJournal]) -> RunRow | None:
    """What will be remembered of a run; None when nothing was drilled.

    The run's id is made of the names of its drills and of when each began: a merged run is another
    one than its shards, and the same journals give the same id anywhere.

    Args:
        results: made from `journals`.
        journals: the run's.
    """
    there = [each for each in journals if each.records]
    # Journals of drills that a merge missed were begun by the merge, each time anew.
    own = [each for each in there if each.first("drill.started").get("runner")] or there
    begun = sorted(f"{each.name} {each.records[0].at}" for each in own)
    if not begun or results.summary.started is None:
        return None
    # A drill that never got as far says nothing of the site.
    told = next((drill for drill in results.drills if drill.repository), results.drills[0])
    ran = next((drill for drill in results.drills if drill.runner), results.drills[0])
    versions: dict[str, str] = {}
    for drill in results.drills:
        versions |= drill.versions
    rows = {
        drill.id: DrillRow(
            drill=drill.id,
            verdict=drill.verdict,
            recovery_seconds=drill.recovery_seconds,
            time_to_deploy_seconds=drill.time_to_deploy_seconds,
            availability=drill.availability,
            cause=drill.causes[0] if drill.causes and drill.verdict != "met" else "",
        )
        for drill in results.drills
    }
    return RunRow(
        id=sha256("\n".join(begun).encode(errors="replace")).hexdigest()[:32],
        started=results.summary.started,
        repository=told.repository or "",
        commit=told.commit,
        cloud=ran.cloud or "",
        runner=ran.runner or "",
        versions=versions,
        drills=tuple(rows[name] for name in sorted(rows)),
    )
