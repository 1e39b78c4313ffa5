"""Findings for people, in a terminal: `file:line:column`, which editors lead to."""

from __future__ import annotations

from collections.abc import Iterator

from harness.verify.report import Report


def as_text(report: Report) -> str:
    """One paragraph for each finding, and a last line that counts."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for one in report.findings:
        rules = ", ".join((one.rule, *one.also))
        yield f"{one.path}:{one.line}:{one.column}: {one.severity}: {one.message} [{rules}]"
        if one.why:
            yield f"    why: {one.why}"
        if one.fix:
            yield f"    fix: {one.fix}"
        yield ""
    if report.roles:
        said = {"emergency": "emergency workflow", "deploy": "deployment"}
        yield ", ".join(f"{said[word]}: {path}" for word, path in report.roles.items())
    else:
        yield "no workflow looks like an emergency's: rules about one found nothing to look at"
    found, files = len(report.findings), len(report.workflows)
    ignored = f", {len(report.ignored)} ignored with a reason" if report.ignored else ""
    yield (
        f"{found or 'no'} {'finding' if found == 1 else 'findings'} in "
        f"{files} {'workflow' if files == 1 else 'workflows'}{ignored}"
    )
