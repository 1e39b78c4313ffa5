"""The results of several shards become those of one run.

build/drills-1/{results.json,shard.json,journals/}  \\
                                                      build/drills/{results.json,index.html,...}
build/drills-2/{results.json,shard.json,journals/}  /
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.clock import Clock
from harness.errors import SitedrillError
from harness.journal import Journal
from harness.reports.journals import DrillJournal, read_journals
from harness.reports.reading import load_results
from harness.reports.results import Results
from harness.reports.shards import SHARD, ShardNote, ShardPlan, read_note
from harness.reports.writing import JOURNALS, write_all

#: Tools of the machine: two runners may differ in them while their images are being renewed.
_MACHINE = frozenset({"python", "git", "node", "bash"})


@dataclass(frozen=True)
class Part:
    """What one folder holds."""

    directory: Path
    results: Results
    journals: tuple[DrillJournal, ...]
    note: ShardNote | None


@dataclass(frozen=True)
class Missing:
    """A drill that was planned and of which there is nothing, and the shard that had it."""

    drill: str
    shard: str


def merge(directories: Sequence[Path], out_dir: Path, *, partial: bool, clock: Clock) -> Results:
    """Join the folders' journals in `out_dir` and write every report there.

    Args:
        directories: what shards wrote.
        out_dir: another folder; journals of an earlier run there are removed.
        partial: report a drill that is missing as one in error, instead of refusing to merge.
        clock: for the journals of such drills.

    Raises:
        SitedrillError: the folders do not fit together; nothing was written.
    """
    parts = [_part(directory) for directory in directories]
    if any(part.directory.resolve() == out_dir.resolve() for part in parts):
        raise SitedrillError(f"{out_dir} is one of the shards", hint="name another folder by --out")
    plan = _plan(parts)
    _check_versions(parts)
    _check_drills(parts)
    missing = _missing(parts, plan) if plan else []
    if missing and not partial:
        raise SitedrillError(
            f"{_told(missing)} missing: there is no result of {_some(m.drill for m in missing)}",
            hint="name the folder of every shard, or say --partial to report what is there",
        )
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".merging-", dir=out_dir) as scratch:
        joined = Path(scratch) / JOURNALS
        joined.mkdir()
        for part in parts:
            for journal in part.journals:
                shutil.copyfile(part.directory / journal.path, joined / Path(journal.path).name)
        for gap in missing:
            _note_gap(joined, gap, clock)
        shutil.rmtree(out_dir / JOURNALS, ignore_errors=True)
        joined.rename(out_dir / JOURNALS)
    (out_dir / SHARD).unlink(missing_ok=True)
    return write_all(out_dir)


def _part(directory: Path) -> Part:
    results = load_results(directory)
    journals = tuple(read_journals(directory / JOURNALS))
    said, there = {drill.id for drill in results.drills}, {journal.name for journal in journals}
    if said != there:
        raise SitedrillError(
            f"{directory}: results.json and the journals differ in {_some(sorted(said ^ there))}",
            hint="keep the folder as the run wrote it, its journals included",
        )
    return Part(directory, results, journals, read_note(directory))


def _plan(parts: Sequence[Part]) -> ShardPlan | None:
    """The plan that all shards followed; None when the folders are of runs without shards."""
    seen: dict[int, Path] = {}
    plan: ShardPlan | None = None
    for part in parts:
        if part.note is None:
            continue
        number, of = part.note.shard, len(part.note.plan.include)
        if number in seen:
            raise SitedrillError(
                f"{seen[number]} and {part.directory} are both shard {number}/{of}",
                hint="name each shard once",
            )
        if plan is not None and part.note.plan.include != plan.include:
            raise SitedrillError(
                f"{next(iter(seen.values()))} and {part.directory} are shards of different plans",
                hint="give every shard the plan that `sitedrill plan` printed for this run",
            )
        plan, seen[number] = part.note.plan, part.directory
    return plan


def _check_versions(parts: Sequence[Part]) -> None:
    seen: dict[str, tuple[str, Path]] = {}
    for part in parts:
        for drill in part.results.drills:
            for tool, version in _deciding(drill.versions).items():
                before, where = seen.setdefault(tool, (version, part.directory))
                if before != version:
                    raise SitedrillError(
                        f"{where} was drilled with {tool} {before}, "
                        f"{part.directory} with {tool} {version}",
                        hint="drill every shard with the same versions",
                    )


def _deciding(versions: Mapping[str, str]) -> dict[str, str]:
    return {tool: version for tool, version in versions.items() if tool not in _MACHINE}


def _check_drills(parts: Sequence[Part]) -> None:
    ids: dict[str, Path] = {}
    files: dict[str, Path] = {}
    for part in parts:
        for journal in part.journals:
            name = Path(journal.path).name
            for what, seen in ((journal.name, ids), (name, files)):
                if what in seen:
                    raise SitedrillError(
                        f"the drill {journal.name} is in {seen[what]} and in {part.directory}",
                        hint="merge the shards of one run; compare two runs by `sitedrill diff`",
                    )
                seen[what] = part.directory


def _missing(parts: Sequence[Part], plan: ShardPlan) -> list[Missing]:
    there = {drill.id for part in parts for drill in part.results.drills}
    return [
        Missing(drill, f"{shard.shard}/{shard.of}")
        for shard in plan.include
        for drill in shard.drills
        if drill not in there
    ]


def _note_gap(journals_dir: Path, gap: Missing, clock: Clock) -> None:
    """A drill that never reported is told like one that was interrupted: it is in error."""
    with Journal(journals_dir / f"{gap.drill}.jsonl", clock=clock) as journal:
        journal.write("drill.started", drill=gap.drill)
        journal.write("interrupted", by=f"the loss of shard {gap.shard}, which did not report it")


def _told(missing: Sequence[Missing]) -> str:
    shards = sorted({gap.shard for gap in missing})
    return f"shard {shards[0]} is" if len(shards) == 1 else f"shards {', '.join(shards)} are"


def _some(drills: Iterable[str], most: int = 3) -> str:
    names = list(drills)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
