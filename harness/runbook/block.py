"""The part of a page that is written by us: between two marks, each alone on its line."""

from __future__ import annotations

from pathlib import Path

from harness.errors import ConfigError, SitedrillError
from harness.reports.files import write_atomically

BEGIN = "<!-- sitedrill runbook: begin -->"
END = "<!-- sitedrill runbook: end -->"


def read_page(file: Path) -> str:
    """The page, with its line ends as they are.

    Raises:
        SitedrillError: it cannot be read, or is no text in UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise SitedrillError(
            f"{file}: cannot read the page: {error.strerror}",
            hint="name a Markdown file; --write makes one",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            file=file, key="encoding", value=str(error), expected="a page in UTF-8"
        ) from error


def between(page: str, file: Path) -> str | None:
    """What stands between the marks, its line ends as `\\n`; None where there are no marks.

    Raises:
        ConfigError: the marks are doubled, or one of them is missing.
    """
    lines = page.splitlines(keepends=True)
    found = _marks(lines, file)
    if found is None:
        return None
    begin, end = found
    return "".join(line.rstrip("\r\n") + "\n" for line in lines[begin + 1 : end])


def replaced(page: str, text: str, file: Path) -> str:
    """The page with `text` between its marks; at its end, with marks, where it has none.

    Raises:
        ConfigError: the marks are doubled, or one of them is missing.
    """
    lines = page.splitlines(keepends=True)
    found = _marks(lines, file)
    ends = "\r\n" if "\r\n" in page else "\n"
    inner = text.rstrip("\n").replace("\n", ends) + ends
    if found is None:
        before = page.rstrip() + ends * 2 if page.strip() else ""
        return f"{before}{BEGIN}{ends}{inner}{END}{ends}"
    begin, end = found
    return "".join([*lines[: begin + 1], inner, *lines[end:]])


def write_between(file: Path, text: str) -> bool:
    """Put `text` between the marks of the file; whether that changed it.

    Raises:
        SitedrillError: the file cannot be read or written, or its marks are wrong; it is untouched.
    """
    page = read_page(file) if file.exists() else ""
    changed = replaced(page, text, file)
    if changed == page:
        return False
    try:
        # A link stays a link: what it points to is written.
        write_atomically(file.resolve(), changed)
    except SitedrillError as error:
        raise SitedrillError(error.message, hint="name another file with --write") from error
    return True


def _marks(lines: list[str], file: Path) -> tuple[int, int] | None:
    begins = [number for number, line in enumerate(lines) if line.strip() == BEGIN]
    ends = [number for number, line in enumerate(lines) if line.strip() == END]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise ConfigError(
            file=file,
            key="marks",
            value=f"{len(begins)} times {BEGIN}, {len(ends)} times {END}",
            expected="each once, the first above the second",
            hint="take the surplus lines out by hand",
        )
    return begins[0], ends[0]
