r"""CODEOWNERS: who owns which files, by GitHub's rules.

    owners = parse(text, path=".github/CODEOWNERS")
    owners.owners_of("infra/main.tf")           # (Owner("@acme/ops"), ...): the last line that matches
    owners.people("infra/main.tf", membership)  # {"hub-ops", "octo-ops"}: those who may write
    owners.problems(membership)                 # what GitHub would complain of, with line and column

A line that is malformed counts as if it were not there. `#` begins a comment wherever it stands, and a
backslash does not save it; there are no `!` and no `[a-z]`. Paths are told apart by case, handles not.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from harness.github.owner_patterns import PatternError, expression
from harness.github.people import Membership, at_least

#: Where GitHub looks, in this order; the first that is there counts.
LOCATIONS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
#: Bytes; a file that is larger is not read.
LARGEST = 3 * 1024 * 1024

Kind = Literal["Invalid pattern", "Invalid owner", "Unknown owner"]

_WORD = re.compile(r"(?:\\.|[^\s\\]|\\$)+")
_PERSON = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_TEAM = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9_][A-Za-z0-9_.-]*")
_EMAIL = re.compile(r"[^@\s,;<>()]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}")


@dataclass(frozen=True)
class Owner:
    """One owner as the file names them: `@handle`, `@organisation/team` or an e-mail address."""

    name: str
    column: int = 1

    @property
    def is_team(self) -> bool:
        """Whether it is a team's name."""
        return self.name.startswith("@") and "/" in self.name

    @property
    def handle(self) -> str:
        """The handle of a person who is named by it, else ""."""
        return self.name[1:] if self.name.startswith("@") and not self.is_team else ""


@dataclass(frozen=True)
class Rule:
    """One line: which files, whose they are. `line` counts from 1; no owners: the files have none."""

    line: int
    pattern: str
    owners: tuple[Owner, ...]
    source: str

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(expression(self.pattern), re.DOTALL)

    def matches(self, path: str) -> bool:
        """Whether it speaks of a file, named from the repository's root."""
        return self._expression.fullmatch(path.removeprefix("/")) is not None


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line, as GitHub tells it.

    https://docs.github.com/en/rest/repos/repos#list-codeowners-errors
    """

    line: int
    column: int
    kind: Kind
    source: str
    path: str
    suggestion: str | None = None

    @property
    def message(self) -> str:
        """For people, with the line and a mark below the place."""
        said = f" {self.suggestion}" if self.suggestion else ""
        mark = " " * (self.column - 1) + "^"
        return f"{self.kind} on line {self.line}:{said}\n\n  {self.source}\n  {mark}"


@dataclass(frozen=True)
class CodeOwners:
    """What one file says. `too_large`: it was not read, so nobody owns anything."""

    path: str
    rules: tuple[Rule, ...] = ()
    malformed: tuple[Problem, ...] = ()
    too_large: bool = False

    def rule_for(self, path: str) -> Rule | None:
        """The last line that speaks of a file."""
        return next((rule for rule in reversed(self.rules) if rule.matches(path)), None)

    def owners_of(self, path: str) -> tuple[Owner, ...]:
        """Who owns a file, as the file names them."""
        rule = self.rule_for(path)
        return rule.owners if rule else ()

    def people(self, path: str, membership: Membership) -> tuple[str, ...]:
        """The handles of a file's owners who may write, as named; teams' members after, sorted."""
        asked = [one for one in self.owners_of(path) if not trouble_with(one, membership)]
        named = [one.handle or membership.by_email(one.name) for one in asked if not one.is_team]
        of_teams = [
            handle
            for one in asked
            if one.is_team
            for handle in sorted(membership.resolve(one.name))
        ]
        first: dict[str, str] = {}
        for handle in [*named, *of_teams]:
            first.setdefault(handle.lower(), handle)
        return tuple(first.values())

    def problems(self, membership: Membership) -> tuple[Problem, ...]:
        """What GitHub complains of: malformed lines, and owners that are not there or may not write."""
        unknown = (
            Problem(rule.line, owner.column, "Unknown owner", rule.source, self.path, why)
            for rule in self.rules
            for owner in rule.owners
            if (why := trouble_with(owner, membership))
        )
        return tuple(sorted([*self.malformed, *unknown], key=lambda one: (one.line, one.column)))


def find(read_file: Callable[[str], str | None]) -> CodeOwners | None:
    """The file that counts, of those there are; None where there is none.

    Args:
        read_file: the text of a file of the repository, None where it is not there.
    """
    for path in LOCATIONS:
        text = read_file(path)
        if text is not None:
            return parse(text, path=path)
    return None


def parse(text: str, *, path: str = LOCATIONS[0]) -> CodeOwners:
    """Read a file.

    Args:
        text: what it holds.
        path: where it lies.
    """
    if len(text.encode(errors="surrogateescape")) > LARGEST:
        return CodeOwners(path, too_large=True)
    rules, malformed = [], []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        source = line.removesuffix("\r")
        words = list(_words(source.partition("#")[0]))
        if not words:
            continue
        problem = _problem(words, number, source, path)
        if problem:
            malformed.append(problem)
            continue
        owners = tuple(Owner(word, column) for word, column in words[1:])
        rules.append(Rule(number, words[0][0], owners, source))
    return CodeOwners(path, tuple(rules), tuple(malformed))


def trouble_with(owner: Owner, membership: Membership) -> str:
    """Why GitHub asks an owner for nothing; "" where nothing is wrong.

    Teams must be visible and have write access of their own, whatever their members may do.
    """
    if owner.is_team:
        team = membership.team(owner.name)
        if team and not team.secret and at_least(membership.team_role(team.slug), "write"):
            return ""
        return (
            f"make sure the team {owner.name} exists, is publicly visible, and has write access "
            "to the repository"
        )
    handle = owner.handle or membership.by_email(owner.name)
    if handle and membership.may_write(handle):
        return ""
    return f"make sure {owner.name} exists and has write access to the repository"


def _words(line: str) -> Iterator[tuple[str, int]]:
    """What white space parts, with the column each begins in; none that a backslash stands before."""
    for found in _WORD.finditer(line):
        yield found[0], found.start() + 1


def _problem(words: list[tuple[str, int]], line: int, source: str, path: str) -> Problem | None:
    (pattern, column), *owners = words
    try:
        expression(pattern)
    except PatternError as error:
        return Problem(line, column, "Invalid pattern", source, path, error.suggestion)
    for owner, at in owners:
        if not any(kind.fullmatch(owner) for kind in (_PERSON, _TEAM, _EMAIL)):
            return Problem(line, at, "Invalid owner", source, path)
    return None
