"""Doubles for downloads: the files that a site names for addresses outside of its world.

[doubles.downloads]
"https://github.com/opentofu/*/tofu.zip" = "drill/files/tofu.zip"
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Downloads:
    """Files by the addresses they stand in for; `*` in an address stands for anything, `/` too."""

    files: Mapping[str, Path] = field(default_factory=dict)

    def find(self, url: str) -> Path | None:
        """The file for this address, with or without its query; the first that is named wins."""
        bare = url.partition("?")[0]
        for pattern, file in self.files.items():
            if fnmatch.fnmatchcase(url, pattern) or fnmatch.fnmatchcase(bare, pattern):
                return file
        return None
