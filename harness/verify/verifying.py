"""The look at a site's workflows, from files to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import SitedrillError
from harness.runner.tools import cache_directory
from harness.verify.finding import Finding
from harness.verify.ignoring import accepted, doubtful, ignores
from harness.verify.look import View
from harness.verify.merging import merged
from harness.verify.others import OTHERS, ask
from harness.verify.others.zizmor import UNREADABLE
from harness.verify.report import Report
from harness.verify.rules import CAUSES, DRILL_RULES
from harness.verify.site import read_site
from harness.verify.source import Source
from harness.verify.syntax import read_source
from harness.verify.workflows import choose, read, shown


@dataclass(frozen=True)
class Options:
    """How to look.

    Attributes:
        site: the site's folder; by default the one above the workflows, or above `here`.
        settings: the site's settings, when they lie elsewhere than in its own `sitedrill.toml`.
        without: tools of others that are not asked.
        here: the folder from which files are named.
        cache: where tools of others are kept.
        say: told when one has to be made, since this may take a minute.
    """

    site: Path | None = None
    settings: Path | None = None
    without: frozenset[str] = frozenset()
    here: Path = field(default_factory=Path.cwd)
    cache: Path = field(default_factory=cache_directory)
    say: Callable[[str], None] = print


def verify(workflows: Sequence[Path] = (), options: Options | None = None) -> Report:
    """Look at workflows.

    Args:
        workflows: the files whose findings are wanted; none means all of the site's.
        options: how to look.

    Raises:
        SitedrillError: something cannot be read, or a tool is neither here nor can it be made.
    """
    options = options or Options()
    unknown = sorted(options.without - set(OTHERS))
    if unknown:
        raise SitedrillError(
            f"there is no tool {unknown[0]!r} to do without", hint=f"one of {', '.join(OTHERS)}"
        )
    chosen = choose(workflows, options.site, options.here)
    sources: list[Source] = []
    broken: list[Source] = []
    findings: list[Finding] = []
    asked: set[str] = set()
    for file in chosen.files:
        name = shown(file, options.here)
        source, wrong = read_source(name, shown(file, chosen.root), read(file))
        (broken if wrong else sources).append(source)
        findings += wrong
        if file.resolve() in chosen.asked:
            asked.add(name)
    tools = [name for name in OTHERS if name not in options.without]
    wanted = [source for source in sources if source.path in asked]
    site = read_site(chosen.root, sources, broken, options.settings)
    view = View(site)
    findings += [finding for one in DRILL_RULES for finding in one.look(view)]
    findings += ask(tools, chosen.root, wanted, cache=options.cache, say=options.say)
    left, ignored = _sifted(
        _consequences_aside(merged(findings, CAUSES), sources, broken), sources, tools
    )
    return Report(
        tuple(one for one in left if one.path in asked),
        tuple(sorted(asked)),
        tuple(one for one in ignored if one.path in asked),
        {name: OTHERS[name].version for name in tools},
        {
            word: role.source.path
            for word, role in (("emergency", site.emergency), ("deploy", site.deploy))
            if role is not None
        },
    )


def _consequences_aside(
    findings: Iterable[Finding], sources: Iterable[Source], broken: Iterable[Source]
) -> list[Finding]:
    """Without what is only said because of another fault.

    Of a workflow: that one which it calls cannot be read. Of zizmor: that it cannot read what others
    find faults in.
    """
    findings = list(findings)
    faulty = {one.path for one in findings if one.tool in ("act", "actionlint")}
    files = tuple(f"./{source.file}" for source in broken)
    calls = {
        (source.path, job.get("uses").place.line)
        for source in sources
        for job in source.root.get("jobs").values()
        if job.get("uses").text in files
    }
    return [
        one
        for one in findings
        if (one.path, one.line) not in calls and not (one.rule == UNREADABLE and one.path in faulty)
    ]


def _sifted(
    findings: Sequence[Finding], sources: Iterable[Source], tools: Sequence[str]
) -> tuple[list[Finding], list[Finding]]:
    """What counts, and what somebody has accepted with a reason."""
    left, ignored = list(findings), []
    for source in sources:
        comments = ignores(source)
        used = []
        for one in [one for one in left if one.path == source.path]:
            if comment := accepted(one, comments):
                used.append(comment)
                ignored.append(one)
                left.remove(one)
        left += doubtful(source, comments, used, tools)
    return sorted(left, key=lambda one: (one.place, one.rule)), ignored
