"""How a site names its releases: a glob whose `*` are dotted numbers.

pattern = TagPattern("release-*")
pattern.numbers("release-12.1")        # (12, 1)
pattern.numbers("release-12-hotfix")   # None: no release
pattern.after("release-12.1")          # "release-12.2"
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_NUMBERS = r"([0-9]+(?:\.[0-9]+)*)"
#: A first number from here on is a year: such tags are counted in their last number.
_FIRST_YEAR = 1900


@dataclass(frozen=True)
class TagPattern:
    """A glob with at least one `*`; each stands for numbers with dots between them."""

    glob: str

    def __post_init__(self) -> None:
        """Refuse what could not tell one release from the next.

        Raises:
            ValueError: there is no `*`, or the rest cannot be part of a tag's name.
        """
        rest = self.glob.replace("*", "0")
        if "*" not in self.glob or not re.fullmatch(r"[\w.+/-]+", rest, re.ASCII):
            raise ValueError(
                "a tag's name in which * stands for dotted numbers, such as v* or release-*"
            )

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(_NUMBERS.join(re.escape(part) for part in self.glob.split("*")))

    def numbers(self, tag: str) -> tuple[int, ...] | None:
        """The numbers of a release's tag, by which releases are ordered; None for another tag."""
        match = self._expression.fullmatch(tag)
        if match is None:
            return None
        return tuple(int(number) for group in match.groups() for number in group.split("."))

    def releases(self, tags: Iterable[str]) -> list[str]:
        """The tags that are releases, the oldest first."""
        found = [(numbers, tag) for tag in tags if (numbers := self.numbers(tag)) is not None]
        return [tag for _, tag in sorted(found)]

    def first(self) -> str:
        """A name for a first release: 1.0.0 for one `*`, the number 1 for each of several."""
        one = self.glob.count("*") == 1
        return self.glob.replace("*", "1.0.0" if one else "1")

    def after(self, tag: str) -> str:
        """The name of the release that follows.

        The second of three numbers is counted on, the last of two, of one, or of a date.

        Raises:
            ValueError: the tag is no release.
        """
        match = self._expression.fullmatch(tag)
        if match is None:
            raise ValueError(f"{tag} does not match {self.glob}")
        numbers = [number for group in match.groups() for number in group.split(".")]
        is_date = int(numbers[0]) >= _FIRST_YEAR
        at = 1 if len(numbers) >= 3 and not is_date else len(numbers) - 1
        counted = [
            *numbers[:at],
            str(int(numbers[at]) + 1).zfill(len(numbers[at])),
            *("0" for _ in numbers[at + 1 :]),
        ]
        text = self.glob
        for group in match.groups():
            size = group.count(".") + 1
            text = text.replace("*", ".".join(counted[:size]), 1)
            counted = counted[size:]
        return text
