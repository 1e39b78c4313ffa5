"""The look at a site's workflows, from files to a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.verify.finding import Finding
from harness.verify.report import Report
from harness.verify.syntax import read_source
from harness.verify.workflows import choose, read, shown


def verify(
    workflows: Sequence[Path] = (), *, site: Path | None = None, here: Path | None = None
) -> Report:
    """Look at workflows.

    Args:
        workflows: the files whose findings are wanted; none means all of the site's.
        site: the site's folder; by default the one above the workflows, or above `here`.
        here: the folder from which files are named, the current one by default.

    Raises:
        SitedrillError: something cannot be read.
    """
    here = here or Path.cwd()
    chosen = choose(workflows, site, here)
    findings: list[Finding] = []
    names = {}
    for file in chosen.files:
        name = names[shown(file, here)] = file
        inside = shown(file, chosen.root)
        _, wrong = read_source(shown(name, here), inside, read(file))
        findings += wrong
    wanted = {name for name, file in names.items() if file.resolve() in chosen.asked}
    return Report(
        tuple(sorted((one for one in findings if one.path in wanted), key=lambda one: one.place)),
        tuple(sorted(wanted)),
    )
