"""Where the data that ships with sitedrill lies: features, incidents, reference sites.

In a checkout they stand at the project's root; in an installed package under `harness/data/`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _root() -> Path:
    installed = _PACKAGE / "data"
    return installed if installed.is_dir() else _PACKAGE.parent


def features_dir() -> Path:
    """The Gherkin features that ship with sitedrill."""
    return _root() / "features"


def incidents_dir() -> Path:
    """The incidents that ship with sitedrill, one TOML file each."""
    return _root() / "scenarios" / "incidents"


def reference_site() -> Path:
    """The reference site: a complete static-site repository, as a team would own it."""
    return _root() / "scenarios" / "sites" / "reference"
