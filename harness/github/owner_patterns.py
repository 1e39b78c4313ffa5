"""The patterns of CODEOWNERS: those of gitignore, with the exceptions that GitHub makes.

    re.fullmatch(expression("docs/"), "docs/a/b.md")        # a match

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners#syntax-exceptions
https://git-scm.com/docs/gitignore#_pattern_format
"""

from __future__ import annotations

import re


class PatternError(ValueError):
    """No pattern of GitHub's; `suggestion` is what might have been meant, when that is known."""

    def __init__(self, suggestion: str | None = None) -> None:
        """As GitHub words it."""
        super().__init__(suggestion or "Invalid pattern")
        self.suggestion = suggestion


def expression(pattern: str) -> str:
    """The regular expression that files must match as a whole, named from the repository's root.

    What names a folder speaks of everything in it, but a star at the end after a slash does not:
    `docs/*` is of the files in `docs` and not of those further down. That is GitHub's, not git's.

    Raises:
        PatternError: GitHub takes no such pattern.
    """
    _check(pattern)
    parts = pattern.split("/")
    if parts[0] == "":
        parts = parts[1:]
    elif len(parts) == 1 or (len(parts) == 2 and parts[1] == ""):
        # What has no slash before its end is of any folder.
        parts = ["**", *parts]
    if len(parts) > 1 and parts[-1] == "":
        # What ends in a slash is a folder: everything in it.
        parts[-1:] = ["*", "**"] if parts[-2] == "**" else ["**"]
    said: list[str] = []
    last = len(parts) - 1
    for number, part in enumerate(parts):
        if part == "**":
            said.append(".+" if number == last else "(?:.*/)?")
        else:
            said.append(_part(part))
            if number < last:
                said.append("/")
            elif part != "*":
                said.append("(?:/.*)?")
    return "".join(said)


def _check(pattern: str) -> None:
    if pattern == "/":
        raise PatternError("The pattern `/` will never match anything, did you mean `*` instead?")
    if "***" in pattern:
        raise PatternError(f"Did you mean `{re.sub(r'[*]{3,}', '**', pattern)}`?")
    unescaped = re.sub(r"\\.", "", pattern)
    if pattern.startswith("!") or "[" in unescaped or "]" in unescaped or "\\" in unescaped:
        raise PatternError


def _part(part: str) -> str:
    """One name between slashes, in which nothing stands for a slash."""
    said = []
    for letter in re.findall(r"\\.|\*+|.", part, re.DOTALL):
        if letter.startswith("*"):
            said.append("[^/]*")
        elif letter == "?":
            said.append("[^/]")
        else:
            said.append(re.escape(letter[-1]))
    name = "".join(said)
    # A name has a letter at least.
    return "[^/]+" if set(part) == {"*"} else name
