"""Expressions over several lines that a wrongly indented line tears out of their value.

    if: ${{
      inputs.operation == 'rollback' &&
      inputs.environment == 'prod'
    }}                                    <- in the column of `if`: YAML's value ended above

What a YAML parser says of this is about some later line, or about the end of the file. So the text
itself is read: where an expression opens, how far the lines of its value have to be indented, and
which line on the way to its `}}` is not.

https://yaml.org/spec/1.2.2/#81-block-scalar-styles and
https://yaml.org/spec/1.2.2/#733-plain-style say how far that is.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass

_OPEN, _CLOSE = "${{", "}}"
#: The beginning of an entry: its dashes, and its key if there is one.
_ENTRY = re.compile(
    r"(?P<dashes> *(?:- +)*)(?:(?P<key>[^\s#'\"][^#]*?|'[^']*'|\"[^\"]*\"):(?= |$))?"
)
_BLOCK = re.compile(r"\s*(?:[!&]\S+\s+)*[|>](?:[-+]?(?P<digit>[1-9])?[-+]?)\s*(?:#.*)?$")
#: A line that begins an entry of its own: no line of an expression looks like this.
_STRUCTURE = re.compile(r"\s*(?:(?:- +)*[A-Za-z_][\w-]*:(?:\s|$)|- )")
_STRING = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True)
class Tear:
    """A line that is not indented far enough for the expression that it belongs to.

    Attributes:
        line: counted from 1.
        indent: how many spaces it begins with.
        needed: how many it has to begin with, at least.
        opened: the line with the `${{`.
        closes: whether the expression's `}}` is in this line.
    """

    line: int
    indent: int
    needed: int
    opened: int
    closes: bool


def tears(text: str) -> list[Tear]:
    """The lines that tear an expression; of each expression the first."""
    return list(_Reader([line.rstrip("\r") for line in text.split("\n")]).tears())


def mended(text: str, found: list[Tear]) -> str:
    """The text with these lines, and all that tear the same expressions, indented far enough."""
    while found:
        lines = text.split("\n")
        for tear in found:
            line = lines[tear.line - 1]
            lines[tear.line - 1] = " " * tear.needed + line.lstrip(" \t")
        text = "\n".join(lines)
        found = tears(text)
    return text


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def tears(self) -> Generator[Tear, None, None]:
        at = 0
        above: list[int] = []  # the columns of the entries that the line may belong to
        while at < len(self._lines):
            line = self._lines[at]
            if _is_empty(line):
                at += 1
                continue
            entry = _ENTRY.match(line)
            dashes = entry["dashes"] if entry else ""
            key = entry["key"] if entry else None
            # A value has to be indented further than the key, or than the dash, that it belongs to.
            parent = len(dashes) if key is not None else dashes.rfind("-")
            above = [column for column in above if column < _indent(line)]
            if parent >= 0:
                above.append(parent)
            else:
                parent = above[-1] if above else -1  # the value begins below its key
            rest = line[entry.end() if entry else 0 :]
            if (key is not None or "-" in dashes) and (block := _BLOCK.match(rest)):
                at = yield from self._block(at + 1, parent, block["digit"])
            else:
                quoted = rest.lstrip()[:1] in ("'", '"')
                begins = _before_comment(line)
                at = yield from self._value(at, begins, 0 if quoted else parent + 1)

    def _block(self, at: int, parent: int, digit: str | None) -> Generator[Tear, None, int]:
        first = next((line for line in self._lines[at:] if line.strip()), "")
        needed = parent + int(digit) if digit else _indent(first)
        if needed <= parent:
            return at
        while at < len(self._lines):
            line = self._lines[at]
            if line.strip() and _indent(line) < needed:
                return at
            at = yield from self._value(at, line, needed)
        return at

    def _value(self, at: int, line: str, needed: int) -> Generator[Tear, None, int]:
        """Read the line, and those that its last expression goes on in; the next line to read."""
        closed = self._closing(at, line)
        if closed is None or closed == at:
            return at + 1
        for number in range(at + 1, closed + 1):
            part = self._lines[number]
            if part.strip() and _indent(part) < needed:
                yield Tear(number + 1, _indent(part), needed, at + 1, closes=number == closed)
                break
        return closed + 1

    def _closing(self, at: int, line: str) -> int | None:
        """The line in which the last expression that opens in this one closes; None: nowhere."""
        position = 0
        number = at
        inside = False
        while True:
            if not inside:
                position = line.find(_OPEN, position)
                if position < 0:
                    return number
                position += len(_OPEN)
                inside = True
            end = _find_close(line, position)
            if end is not None:
                if end < 0:
                    return None
                position, inside = end, False
                continue
            number += 1
            if number == len(self._lines) or _STRUCTURE.match(self._lines[number]):
                return None
            line, position = self._lines[number], 0


def _find_close(line: str, position: int) -> int | None:
    """Behind the `}}`; None where there is none, negative where another expression opens before."""
    rest = line[position:]
    if rest.count("'") % 2 == 0:
        rest = _STRING.sub(lambda match: "_" * len(match[0]), rest)
    close, opens = rest.find(_CLOSE), rest.find(_OPEN)
    if opens >= 0 and (close < 0 or opens < close):
        return -1
    return None if close < 0 else position + close + len(_CLOSE)


def _before_comment(line: str) -> str:
    comment = re.search(r"(?:^|\s)#", line)
    opens = line.find(_OPEN)
    return line[: comment.start()] if comment and (opens < 0 or comment.start() < opens) else line


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
