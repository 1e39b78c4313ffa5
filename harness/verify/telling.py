"""What rules there are, and what one of them is about."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator

from harness.errors import SitedrillError
from harness.verify.rules import RULES

_PAGE = "docs/verify.md"
_OTHERS = {
    "act": "https://nektosact.com/usage/schema.html",
    "actionlint": "https://github.com/rhysd/actionlint/blob/main/docs/checks.md",
    "zizmor": "https://docs.zizmor.sh/audits/",
}


def listed() -> str:
    """Every rule of ours, one a line."""
    return "".join(f"{rule.id}  {rule.severity:7}  {rule.name}\n" for rule in RULES.values())


def explained(name: str) -> str:
    """What a rule looks for, why, and what to do.

    Raises:
        SitedrillError: there is no such rule.
    """
    rule = RULES.get(name.upper())
    if rule is not None:
        parts = _wrapped(("why", rule.why), ("fix", rule.fix))
        page = f"page: {_PAGE}#{anchor(rule.id, rule.name)}"
        return "\n".join([f"{rule.id}: {rule.name} ({rule.severity})", "", *parts, page, ""])
    tool, _, audit = name.partition("/")
    if tool in _OTHERS:
        mark = f"#{audit}" if tool == "zizmor" and audit else ""
        return f"{name}: a finding of {tool}, see {_OTHERS[tool]}{mark}\n"
    near = difflib.get_close_matches(name.upper(), RULES, n=1)
    raise SitedrillError(
        f"there is no rule {name!r}",
        hint=f"did you mean {near[0]}?" if near else "sitedrill verify --rules lists them",
    )


def anchor(name: str, title: str) -> str:
    """How GitHub calls the section of a rule in its page."""
    kept = "".join(c for c in f"{name} {title}".lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _wrapped(*parts: tuple[str, str]) -> Iterator[str]:
    for word, text in parts:
        yield textwrap.fill(f"{word}: {text}", width=96, subsequent_indent=" " * (len(word) + 2))
        yield ""
