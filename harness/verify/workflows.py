"""Which workflows are looked at, and the site that they belong to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import SitedrillError

FOLDER = Path(".github") / "workflows"


@dataclass(frozen=True)
class Chosen:
    """The files to read: all of the site's, for what one means depends on the others.

    Attributes:
        root: the site's folder.
        files: its workflows.
        asked: those whose findings are wanted.
    """

    root: Path
    files: tuple[Path, ...]
    asked: frozenset[Path]


def choose(workflows: Sequence[Path], site: Path | None, here: Path) -> Chosen:
    """The workflows that are meant.

    Args:
        workflows: those that are named; none means all.
        site: the site's folder, when it is named.
        here: the folder we are in.

    Raises:
        SitedrillError: something that is named is not there, or there is no workflow.
    """
    for file in workflows:
        if not file.is_file():
            raise SitedrillError(f"{file} is not a file", hint="name workflow files")
    root = site or (_root_of(workflows[0].absolute()) if workflows else _root_of(here / "x"))
    folder = root / FOLDER
    files = [path for path in sorted(folder.glob("*")) if path.suffix in (".yml", ".yaml")]
    known = {path.resolve() for path in files}
    files += [path for path in workflows if path.resolve() not in known]
    if not files:
        raise SitedrillError(
            f"there is no workflow in {folder}",
            hint="name the site's folder with --site, or the workflow files",
        )
    asked = {path.resolve() for path in workflows or files}
    return Chosen(root, tuple(files), frozenset(asked))


def read(file: Path) -> str:
    """What a workflow says.

    Raises:
        SitedrillError: it cannot be read, or is not text.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise SitedrillError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SitedrillError(
            f"{file} is not UTF-8 (byte {error.start})", hint="save it as UTF-8"
        ) from error


def shown(file: Path, here: Path) -> str:
    """How a person in `here` would name the file."""
    path = Path(os.path.relpath(file, here))
    return file.as_posix() if path.parts[:1] == ("..",) else path.as_posix()


def _root_of(file: Path) -> Path:
    """The nearest folder above that holds workflows; else the nearest one."""
    return next((above for above in file.parents if (above / FOLDER).is_dir()), file.parent)
