"""One list from what several tools found: what is the same, of the same place, is told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.verify.finding import Finding

#: What findings of others are about; a pattern is looked for in the rule and the message.
_CAUSES: tuple[tuple[str, str], ...] = (
    (r"^zizmor/template-injection|^actionlint/expression.*potentially untrusted", "interpolation"),
    (r"^zizmor/(?:excessive-permissions|undocumented-permissions)", "permissions"),
    (r"^zizmor/(?:unpinned-uses|ref-confusion|unpinned-images)", "unpinned"),
    (r"^zizmor/concurrency-limits", "concurrency"),
    (
        r"^act |^actionlint/(?:syntax-check|expression|events|permissions|action|workflow-call)",
        "form",
    ),
)
#: Whose words are kept: those who explain most come first.
_ORDER = ("sitedrill", "actionlint", "zizmor", "act")


def merged(findings: Iterable[Finding], causes: Mapping[str, str]) -> list[Finding]:
    """The findings ordered by place, with those of one cause and of common lines in one.

    Args:
        findings: of all tools.
        causes: what our own rules are about, by their ids.
    """
    kept: dict[tuple[str, int, str], Finding] = {}
    for one in sorted(findings, key=lambda f: (_ORDER.index(f.tool), f.place)):
        cause = _cause(one, causes)
        # Of one tool two findings are two, whatever they are about.
        key = next(
            (
                key
                for key, other in kept.items()
                if key[0] == one.path
                and key[2] == cause
                and other.tool != one.tool
                and other.line <= one.end_line
                and one.line <= other.end_line
            ),
            None,
        )
        if key is None:
            kept[one.path, len(kept), cause] = one
        elif one.rule not in (kept[key].rule, *kept[key].also):
            kept[key] = replace(kept[key], also=(*kept[key].also, one.rule))
    return sorted(kept.values(), key=lambda one: (one.place, one.rule))


def _cause(one: Finding, causes: Mapping[str, str]) -> str:
    if one.tool == "sitedrill":
        return causes.get(one.rule) or one.rule
    said = f"{one.rule} {one.message}"
    return next((cause for pattern, cause in _CAUSES if re.search(pattern, said)), one.rule)
