"""Expressions as trees, so that one can be told true or false though not all of it is known.

    condition = parse("inputs.operation == 'rollback' || inputs.immediate_deploy")
    truth(condition, {"inputs.operation": "hotfix"})      # None: it depends
    truth(condition, {"inputs.operation": "rollback"})    # True, whatever the rest is
    list(flows(parse("inputs.a && inputs.b")))            # what may end up in the value

`harness.github.expressions` gives values where everything is known; whatever is known here is left to
it. The language: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.errors import SitedrillError
from harness.github.expressions import evaluate

EXPRESSION = re.compile(r"\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}", re.S)
_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w-]*)|(?P<number>[-+]?\d[\w.+-]*)"
    r"|(?P<symbol>&&|\|\||[=!<>]=|[!<>()\[\],.*]))"
)
_POWERS = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4}
_LITERALS = frozenset({"true", "false", "null", "nan", "infinity"})
#: Their value says something of their arguments, but holds nothing of them.
_TELLING = frozenset(
    {"contains", "startswith", "endswith", "hashfiles", "success", "always", "failure", "cancelled"}
)
#: As long as nothing has gone wrong.
_STATUS: Mapping[str, Callable[[], bool]] = {
    "success": lambda: True,
    "always": lambda: True,
    "failure": lambda: False,
    "cancelled": lambda: False,
}
_EVENT = "github.event.inputs."

UNKNOWN: Final = object()
"""The value of what depends on something that is not known."""


@dataclass(frozen=True)
class Node:
    """A part of an expression: `what` it is, its `text`, and the parts it is made of.

    `what` is literal, ref, call, !, && or ||, or a comparison's sign; `name` is what is referred to
    (`inputs.operation`) or called, in lower case.
    """

    what: str
    text: str
    name: str = ""
    parts: tuple[Node, ...] = ()

    def refs(self) -> Iterator[str]:
        """Everything that is referred to in it."""
        if self.what == "ref":
            yield self.name
        for part in self.parts:
            yield from part.refs()


def parse(text: str) -> Node | None:
    """The tree of an expression, or None when it is none."""
    try:
        parser = _Parser(text)
        node = parser.binary(0)
        return node if parser.at_end() else None
    except (IndexError, RecursionError, ValueError):
        return None


def condition(text: str) -> Node | None:
    """The tree of an `if`, with or without `${{ }}`; None for none, and where it is mixed with text."""
    stripped = text.strip()
    whole = EXPRESSION.fullmatch(stripped)
    if whole is None and "${{" in stripped:
        return None
    return parse(whole[1] if whole else stripped)


def inside(text: str) -> Iterator[tuple[int, Node]]:
    """The expressions in a text, each with the position of its `${{`."""
    for match in EXPRESSION.finditer(text):
        if (node := parse(match[1])) is not None:
            yield match.start(), node


def truth(node: Node | None, known: Mapping[str, Any]) -> bool | None:
    """Whether it is true; None where that depends on what is not known. No condition is true."""
    if node is None:
        return None
    if node.what == "!":
        inner = truth(node.parts[0], known)
        return None if inner is None else not inner
    if node.what in ("&&", "||"):
        decides = node.what == "||"
        sides = [truth(part, known) for part in node.parts]
        if decides in sides:
            return decides
        return None if None in sides else not decides
    found = value(node, known)
    return None if found is UNKNOWN else bool(found) and found == found  # noqa: PLR0124 - NaN is false


def value(node: Node, known: Mapping[str, Any]) -> Any:
    """What it comes to, or UNKNOWN."""
    if node.what in ("&&", "||"):
        left = truth(node.parts[0], known)
        if left is None:
            return UNKNOWN
        return value(node.parts[0 if left is (node.what == "||") else 1], known)
    if any(_key(ref, known) is None for ref in node.refs()):
        return UNKNOWN
    try:
        return evaluate(node.text, _contexts(known), _STATUS)
    except SitedrillError:
        return UNKNOWN


def rendered(text: str, known: Mapping[str, Any], unknown: str | None = None) -> Any:
    """What a text with expressions comes to: of a single expression its value, else a text.

    Args:
        text: as it stands in the workflow.
        known: what is known.
        unknown: stands for what is not known; without it, all of the text is then UNKNOWN.
    """
    whole = EXPRESSION.fullmatch(text.strip())
    if whole is not None and unknown is None:
        node = parse(whole[1])
        return UNKNOWN if node is None else value(node, known)
    parts, at = [], 0
    for match in EXPRESSION.finditer(text):
        node = parse(match[1])
        found = UNKNOWN if node is None else value(node, known)
        if found is UNKNOWN and unknown is None:
            return UNKNOWN
        parts += [text[at : match.start()], unknown if found is UNKNOWN else _said(found)]
        at = match.end()
    return "".join(str(part) for part in [*parts, text[at:]])


def flows(node: Node) -> Iterator[str]:
    """What is referred to and may stand in the value, as it is or within a text."""
    if node.what == "ref":
        yield node.name
    elif node.what == "||" or (node.what == "call" and node.name not in _TELLING):
        for part in node.parts:
            yield from flows(part)
    elif node.what == "&&":
        # The left side is the value only where it is false: empty, then, or no text.
        yield from flows(node.parts[1])


def _said(found: Any) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    return "" if found is None else str(found)


def _key(ref: str, known: Mapping[str, Any]) -> str | None:
    name = f"inputs.{ref.removeprefix(_EVENT)}" if ref.startswith(_EVENT) else ref
    return name if name in known else None


def _contexts(known: Mapping[str, Any]) -> dict[str, Any]:
    contexts: dict[str, Any] = {"github": {"event": {"inputs": {}}}}
    for name, found in known.items():
        *above, last = name.split(".")
        place = contexts
        for part in above:
            place = place.setdefault(part, {})
        place[last] = found
        if above == ["inputs"]:
            contexts["github"]["event"]["inputs"][last] = _said(found)
    return contexts


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int, int]] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise ValueError(text)
            kind = str(match.lastgroup)
            self._tokens.append((kind, match[kind], match.start(kind), match.end(kind)))
            at = match.end()
        self._next = 0

    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def binary(self, power: int) -> Node:
        begin = self._begin()
        left = self._operand()
        while not self.at_end():
            kind, sign, _, _ = self._tokens[self._next]
            binding = _POWERS.get(sign, 0) if kind == "symbol" else 0
            if binding <= power:
                break
            self._next += 1
            right = self.binary(binding)
            left = Node(sign, self._since(begin), "", (left, right))
        return left

    def _operand(self) -> Node:
        begin = self._begin()
        kind, text, _, _ = self._take()
        if text == "!" and kind == "symbol":
            inner = self._operand()
            return Node("!", self._since(begin), "", (inner,))
        if text == "(" and kind == "symbol":
            group = self.binary(0)
            self._expect(")")
            group = Node(group.what, self._since(begin), group.name, group.parts)
            return self._reached_into(group, begin)
        if kind in ("string", "number") or (kind == "name" and text.lower() in _LITERALS):
            return Node("literal", self._since(begin))
        if kind != "name":
            raise ValueError(text)
        if self._peek() == "(":
            return self._reached_into(self._call(text, begin), begin)
        return self._reached_into(Node("ref", text, text.lower()), begin)

    def _call(self, name: str, begin: int) -> Node:
        self._expect("(")
        parts = []
        while self._peek() != ")":
            parts.append(self.binary(0))
            if self._peek() == ",":
                self._next += 1
        self._expect(")")
        return Node("call", self._since(begin), name.lower(), tuple(parts))

    def _reached_into(self, node: Node, begin: int) -> Node:
        while self._peek() in (".", "["):
            if self._take()[1] == ".":
                text = self._take()[1]
                inner: tuple[Node, ...] = ()
            else:
                key = Node("literal", "'*'") if self._peek() == "*" else self.binary(0)
                if key.text == "'*'":
                    self._next += 1
                self._expect("]")
                text = key.text.strip("'") if key.what == "literal" else "*"
                inner = () if key.what == "literal" else (key,)
            if node.what == "ref":
                node = Node("ref", self._since(begin), f"{node.name}.{text.lower()}", inner)
            else:
                node = Node("call", self._since(begin), "", (node, *inner))
        return node

    def _peek(self) -> str:
        return "" if self.at_end() else self._tokens[self._next][1]

    def _begin(self) -> int:
        return self._tokens[self._next][2]

    def _take(self) -> tuple[str, str, int, int]:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _expect(self, text: str) -> None:
        if self._take()[1] != text:
            raise ValueError(text)

    def _since(self, begin: int) -> str:
        return self._text[begin : self._tokens[self._next - 1][3]]
