"""Numbers for what has a name alone, and needs an id on GitHub: people, repositories, organisations."""

from __future__ import annotations

import zlib


def number_of(text: str) -> int:
    """Always the same for the same name, whatever the size of its letters."""
    return zlib.crc32(text.lower().encode()) or 1
