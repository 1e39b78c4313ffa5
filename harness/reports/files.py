"""Writing a report so that nobody ever reads half of one."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import SitedrillError


def write_atomically(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to a temporary file beside `path`, then rename it into place.

    Raises:
        SitedrillError: the file cannot be written; what was at `path` before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        temporary.replace(path)
    except OSError as error:
        raise SitedrillError(
            f"{path}: cannot write the report: {error.strerror}",
            hint="choose another folder with --out",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
