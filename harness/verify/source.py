"""A workflow's text as a tree in which every value knows where it stands.

    source = read_source(".github/workflows/emergency.yml", text)
    source.root.get("jobs", "deploy", "steps").line

Nothing is interpreted: a value is the text that the file has there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml


@dataclass(frozen=True)
class Place:
    """Lines and columns count from 1."""

    line: int
    column: int
    end_line: int


@dataclass(frozen=True, eq=False)
class Spot:
    """A value in the file, or nothing where there is none: then it is false, and empty."""

    node: yaml.Node | None
    source: Source = field(repr=False)
    #: The key it is the value of, where it has one.
    key: yaml.Node | None = None

    def __bool__(self) -> bool:
        """Whether there is a value."""
        return self.node is not None

    @property
    def text(self) -> str:
        """What a scalar says; nothing for a list, a mapping, and where there is nothing."""
        return self.node.value if isinstance(self.node, yaml.ScalarNode) else ""

    @property
    def is_text(self) -> bool:
        """Whether it is a scalar."""
        return isinstance(self.node, yaml.ScalarNode)

    def get(self, *keys: str) -> Spot:
        """The value below these keys."""
        spot = self
        for key in keys:
            spot = next((value for name, value in spot.items() if name == key), _none(self.source))
        return spot

    def items(self) -> Iterator[tuple[str, Spot]]:
        """The entries of a mapping."""
        if isinstance(self.node, yaml.MappingNode):
            for key, value in self.node.value:
                if isinstance(key, yaml.ScalarNode):
                    yield key.value, Spot(value, self.source, key)

    def values(self) -> Iterator[Spot]:
        """The values of a mapping."""
        return (value for _, value in self.items())

    def each(self) -> Iterator[Spot]:
        """The items of a list; a scalar is a list of one."""
        if isinstance(self.node, yaml.SequenceNode):
            for value in self.node.value:
                yield Spot(value, self.source)
        elif self.is_text:
            yield self

    def scalars(self) -> Iterator[Spot]:
        """All scalars in it, however deep."""
        if self.is_text:
            yield self
        for one in self.each() if not self.is_text else ():
            yield from one.scalars()
        for value in self.values():
            yield from value.scalars()

    @property
    def raw(self) -> str:
        """Its piece of the file, as it stands there."""
        if self.node is None:
            return ""
        start, end = self.node.start_mark.index, self.node.end_mark.index
        return self.source.text[start:end].rstrip()

    @property
    def place(self) -> Place:
        """Where it is: from its key on, if it has one."""
        first = self.key or self.node
        if self.node is None or first is None:
            return Place(1, 1, 1)
        begin, end = first.start_mark, self.node.start_mark.line + self.raw.count("\n") + 1
        return Place(begin.line + 1, begin.column + 1, max(end, begin.line + 1))

    def place_of(self, pattern: str | re.Pattern[str]) -> Place:
        """Where in it the first match of a pattern is; where it begins when there is none."""
        match = re.search(pattern, self.raw)
        if match is None or self.node is None:
            return self.place
        return self.source.place_at(self.node.start_mark.index + match.start(), match[0])


@dataclass(frozen=True, eq=False)
class Source:
    """A workflow file: `path` as a person names it, `file` its path in the repository."""

    path: str
    file: str
    text: str = field(repr=False)
    node: yaml.Node | None = field(default=None, repr=False)

    @property
    def root(self) -> Spot:
        """The whole document."""
        return Spot(self.node, self)

    def place_at(self, index: int, found: str = "") -> Place:
        """Where a position in the text is."""
        before = self.text[:index]
        line = before.count("\n") + 1
        return Place(line, index - (before.rfind("\n") + 1) + 1, line + found.count("\n"))


def _none(source: Source) -> Spot:
    return Spot(None, source)
