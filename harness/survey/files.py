"""The files of a repository that say how a site works: small, of its own, and text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Folders that hold what others wrote, or what was built.
_FOREIGN = frozenset({"node_modules", "vendor", "build", "dist", "_site", "venv", "__pycache__"})
#: A file that is larger than this describes nothing.
_LARGEST = 200_000
_MOST = 2_000


@dataclass(frozen=True)
class Text:
    """A file: its path in the repository, with forward slashes, and what it says."""

    path: str
    text: str


def texts(root: Path) -> list[Text]:
    """The repository's text files, ordered by path; links are not followed."""
    found = []
    for path in _files(root):
        try:
            if path.stat().st_size > _LARGEST:
                continue
            text = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if "\0" not in text:
            found.append(Text(path.relative_to(root).as_posix(), text))
        if len(found) == _MOST:
            break
    return found


def _files(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(
            name
            for name in below
            if name == ".github" or not (name.startswith(".") or name in _FOREIGN)
        )
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path
