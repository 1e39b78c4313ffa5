"""What a look at workflows came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.verify.finding import Finding


@dataclass(frozen=True)
class Report:
    """The findings, ordered by place, and what they come from.

    Attributes:
        findings: what is wrong.
        workflows: the files that were looked at.
        ignored: what would be wrong but for a comment that gives a reason.
        tools: the other tools that looked, and their versions.
        roles: which workflow was taken for the `emergency`, and for the one to `deploy` a release.
    """

    findings: tuple[Finding, ...]
    workflows: tuple[str, ...]
    ignored: tuple[Finding, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings
