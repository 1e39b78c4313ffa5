"""Every report of a run, written beside its journals."""

from __future__ import annotations

from pathlib import Path

from harness.reports.html import write_page
from harness.reports.journals import read_journals
from harness.reports.junit import write_junit
from harness.reports.results import Results, results_of, write_json

JOURNALS = "journals"
RESULTS = "results.json"
JUNIT = "junit.xml"
PAGE = "index.html"


def write_all(out_dir: Path) -> Results:
    """Read `out_dir/journals`, write results.json, junit.xml and index.html into `out_dir`.

    Raises:
        SitedrillError: a report cannot be written.
    """
    journals = read_journals(out_dir / JOURNALS)
    results = results_of(journals)
    write_json(results, out_dir / RESULTS)
    write_junit(results, out_dir / JUNIT)
    write_page(results, journals, out_dir / PAGE)
    return results
