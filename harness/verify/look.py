"""What a drill rule is given, and what it is: a description, and a function that looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.verify.deeds import Deeds
from harness.verify.finding import Finding
from harness.verify.rule import Rule
from harness.verify.site import Role, Site
from harness.verify.walking import Visit, walk


@dataclass(frozen=True, eq=False)
class View:
    """The site, and what its steps do."""

    site: Site

    @cached_property
    def deeds(self) -> Deeds:
        """What steps do."""
        return Deeds(self.site.files)

    def visits(self, role: Role, known: Mapping[str, Any] | None = None) -> list[Visit]:
        """The steps of a workflow that run or may run."""
        return list(
            walk(self.site, role.source, known or {"github.event_name": "workflow_dispatch"})
        )


@dataclass(frozen=True)
class DrillRule:
    """A rule of our own, and the function that yields its findings."""

    rule: Rule
    look: Callable[[View], Iterable[Finding]]


def chosen(known: Mapping[str, Any], names: Iterable[str]) -> str:
    """How a form is filled in, as a person would say it: `operation=rollback, fast=true`."""
    said = []
    for name in names:
        if (key := f"inputs.{name.lower()}") in known:
            value = known[key]
            said.append(f"{name}={str(value).lower() if isinstance(value, bool) else value}")
    return ", ".join(said)


def once(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Each finding of a place once, however many ways lead there."""
    seen: set[tuple[str, tuple[str, int, int]]] = set()
    for one in findings:
        if (one.rule, one.place) not in seen:
            seen.add((one.rule, one.place))
            yield one
