r"""The patterns of environments' branch policies and of branch protection rules.

    fnmatch("release/*", "release/12")      # True
    fnmatch("release/*", "release/12/a")    # False: a star passes no slash
    fnmatch("**/fix", "a/b/fix")            # True

GitHub reads them as Ruby's `File.fnmatch` with `FNM_PATHNAME` does:
https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments
https://docs.ruby-lang.org/en/3.3/File.html#method-c-fnmatch
"""

from __future__ import annotations

import re


def fnmatch(pattern: str, name: str) -> bool:
    """Whether a name is as the pattern says, from its beginning to its end.

    `*` and `?` stand for anything but a slash, `**/` for any folders, `[a-z]`, `[^a-z]` and `[!a-z]`
    for a character; a backslash takes a character's meaning away. A dot at the beginning of a part is
    only matched by a dot. Braces mean nothing.
    """
    return re.fullmatch(expression(pattern), name) is not None


def expression(pattern: str) -> str:
    """The regular expression that means the same as a pattern."""
    said: list[str] = []
    at = 0
    begins = True
    while at < len(pattern):
        if begins:
            after = at
            while pattern.startswith("**/", after):
                after += 3
            if after > at:
                said.append(r"(?:(?!\.)[^/]*/)*")
                at = after
            if not pattern.startswith((".", "\\."), at):
                said.append(r"(?!\.)")
            begins = False
            continue
        letter = pattern[at]
        at += 1
        if letter == "*":
            said.append("[^/]*")
        elif letter == "?":
            said.append("[^/]")
        elif letter == "[":
            found, at = _bracket(pattern, at)
            # What is not closed matches nothing.
            said.append(found or "(?!)")
        else:
            if letter == "\\":
                # One at the very end is as if it were not there.
                letter = pattern[at : at + 1]
                at += 1
            said.append(re.escape(letter))
            begins = letter == "/"
    return "".join(said)


def _bracket(part: str, at: int) -> tuple[str | None, int]:
    """What a set stands for, and where it ends; None where it has no end."""
    against = part[at : at + 1] in {"!", "^"}
    at += against
    choices: list[str] = []
    while at < len(part) and part[at] != "]":
        first, at = _letter(part, at)
        if first is None or at >= len(part):
            return None, at
        if part[at] == "-" and part[at + 1 : at + 2] not in {"]", ""}:
            second, at = _letter(part, at + 1)
            if second is None or at >= len(part):
                return None, at
            # A range that goes backwards still holds its two ends.
            choices += [re.escape(first), re.escape(second)]
            if first <= second:
                choices.append(f"{re.escape(first)}-{re.escape(second)}")
        else:
            choices.append(re.escape(first))
    if at >= len(part):
        return None, at
    inside = "".join(choices)
    if not inside:
        return ("[^/]" if against else "(?!)"), at + 1
    return (f"[^/{inside}]" if against else f"(?!/)[{inside}]"), at + 1


def _letter(part: str, at: int) -> tuple[str | None, int]:
    if part[at] == "\\":
        at += 1
    return (part[at], at + 1) if at < len(part) else (None, at)
