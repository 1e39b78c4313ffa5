"""What there is, for a session's worlds, of the world outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.egress.downloads import Downloads
from harness.egress.proxy import Proxy
from harness.runner.real_actions import RealActions


@dataclass(frozen=True)
class Outside:
    """The proxy, and what the site names: doubles of actions and of downloads.

    With `real_actions`, actions that the site does not stand in for are the real ones.
    """

    proxy: Proxy
    actions: Mapping[str, Path] = field(default_factory=dict)
    downloads: Downloads = field(default_factory=Downloads)
    real_actions: RealActions | None = None
