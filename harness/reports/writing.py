"""Every report of a run, written beside its journals; any of them again later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import SitedrillError
from harness.reports.cucumber import cucumber
from harness.reports.files import write_atomically
from harness.reports.html import page
from harness.reports.journals import DrillJournal, read_journals
from harness.reports.junit import junit
from harness.reports.markdown import summary
from harness.reports.numbers import numbers
from harness.reports.results import Results, as_json, results_of
from harness.reports.trail import write_audit

JOURNALS = "journals"
RESULTS = "results.json"
JUNIT = "junit.xml"
PAGE = "index.html"


@dataclass(frozen=True)
class Format:
    """One kind of report: what its file is called, and how it is made."""

    file: str
    render: Callable[[Results, Sequence[DrillJournal]], str]


#: Every report there is, by the name of `sitedrill report --format`.
FORMATS: Mapping[str, Format] = {
    "json": Format(RESULTS, lambda results, _: as_json(results)),
    "junit": Format(JUNIT, lambda results, _: junit(results)),
    "html": Format(PAGE, page),
    "cucumber": Format("cucumber.json", cucumber),
    "markdown": Format("summary.md", lambda results, _: summary(results)),
    "csv": Format("results.csv", numbers),
}


def write_all(out_dir: Path, formats: Sequence[str] = tuple(FORMATS)) -> Results:
    """Read `out_dir/journals`, write the reports and the audit trail into `out_dir`.

    Raises:
        SitedrillError: a report or the trail cannot be written.
    """
    journals = _journals_of([out_dir], out_dir)
    results = _write(journals, out_dir, formats)
    write_audit(journals, out_dir)
    return results


def write_reports(directories: Sequence[Path], out_dir: Path, formats: Sequence[str]) -> Results:
    """Read the journals of several runs, write the reports of all of them into `out_dir`.

    Args:
        directories: what runs wrote, or folders of journals.
        out_dir: where the reports go; links to the journals are relative to it.
        formats: which of `FORMATS`.

    Raises:
        SitedrillError: a report cannot be written.
    """
    return _write(_journals_of(directories, out_dir), out_dir, formats)


def _journals_of(directories: Sequence[Path], out_dir: Path) -> list[DrillJournal]:
    return sorted(
        (
            journal
            for directory in directories
            for journal in read_journals(journals_in(directory), relative_to=out_dir)
        ),
        key=lambda journal: (journal.name, journal.path),
    )


def _write(journals: Sequence[DrillJournal], out_dir: Path, formats: Sequence[str]) -> Results:
    results = results_of(journals)
    for name in formats:
        made = FORMATS[name]
        write_atomically(out_dir / made.file, made.render(results, journals))
    return results


def journals_in(directory: Path) -> Path:
    """The folder of journals that is meant: the one in what a run wrote, or this one itself."""
    inner = directory / JOURNALS
    return directory if not inner.is_dir() and any(directory.glob("*.jsonl")) else inner


def require_journals(directories: Sequence[Path]) -> None:
    """There is something to report from in every folder.

    Raises:
        SitedrillError: a folder holds no journal; says which.
    """
    for directory in directories:
        if not any(journals_in(directory).glob("*.jsonl")):
            raise SitedrillError(
                f"{directory}: there is no journal in it or in its folder {JOURNALS}",
                hint="name what `sitedrill run` wrote, the folder given as --out",
            )
