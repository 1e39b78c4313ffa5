"""GitHub Actions expressions, `${{ github.actor }}`, for what GitHub evaluates before a runner does.

act evaluates the expressions inside jobs; what decides whether, when and for which environment a job
runs at all (`run-name`, `concurrency`, a job's `if`, `environment`, `strategy`) the control plane in
front of it has to read. Here is the language; what its values do is in `_expression_values`. Sources:
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from harness.errors import SitedrillError
from harness.github import _expression_values as values

MAX_LENGTH = 21_000
"""The longest expression GitHub accepts, in characters (`ExpressionConstants.cs` in its runner)."""

_OPEN = "${{"
_REST = re.compile(r"((?:[^'}]|'[^']*'|\}(?!\}))*)\}\}")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string> '(?:[^']|'')*' )
      | (?P<number> [-+.0-9] [^\s()\[\],!<>=&|]* )
      | (?P<name> [A-Za-z_][A-Za-z0-9_-]* (?=[\s()\[\],.!<>=&|]|\Z) )
      | (?P<symbol> && | \|\| | [=!<>]= | [!<>()\[\],*] )
      | (?P<end> \Z )
    )""",
    re.VERBOSE,
)
_UNKNOWN = re.compile(r"\s*(.[^\s()\[\],.!<>=&|]*)", re.DOTALL)
_LITERALS = {"true": True, "false": False, "null": None, "NaN": math.nan, "Infinity": math.inf}
_POWERS = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4}
_IN_JOBS_ONLY = frozenset({"hashfiles", "success", "always", "cancelled", "failure"})
_ASKS = re.compile(r"\b(?:success|always|cancelled|failure)\s*\(", re.IGNORECASE)


class ExpressionError(SitedrillError):
    """GitHub would refuse this expression; `position` counts its characters from 1."""

    def __init__(self, reason: str, *, expression: str, position: int, hint: str = "") -> None:
        """`reason` says what is wrong; the expression and the position are added to it."""
        super().__init__(f"{reason}, at position {position} of `{expression}`", hint=hint)
        self.expression = expression
        self.position = position


#: Functions that only some places know, such as `success()` in a job's `if`; they take no arguments.
Status = Mapping[str, Callable[[], bool]]


def interpolate(text: str, context: Mapping[str, Any], status: Status | None = None) -> str:
    """Replace every `${{ ... }}` in `text` by its value, as GitHub renders it.

    Args:
        text: any text; without an expression it is returned as it is.
        context: the contexts available there by name, such as `github`, `inputs` and `vars`.
        status: the status functions available there.

    Raises:
        ExpressionError: as `evaluate`, or an expression is not closed.
    """
    done: list[str] = []
    at = 0
    while (start := text.find(_OPEN, at)) >= 0:
        # Braces inside a string literal do not close the expression.
        body = _REST.match(text, start + len(_OPEN))
        if body is None:
            raise ExpressionError(
                "expression is not closed", expression=text, position=start + 1, hint="add }}"
            )
        done += [text[at:start], values.to_text(evaluate(body[1].strip(), context, status))]
        at = body.end()
    return "".join([*done, text[at:]])


def value_of(text: str, context: Mapping[str, Any]) -> Any:
    """What a text stands for: the value of its one expression, whatever that is, else the text itself.

    Raises:
        ExpressionError: as `interpolate`.
    """
    inner = _whole(text)
    return interpolate(text, context) if inner is None else evaluate(inner, context)


def holds(condition: str, context: Mapping[str, Any], status: Status) -> bool:
    """Whether an `if` is true; where it asks for no status, `success()` is asked for as well.

    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions

    Raises:
        ExpressionError: as `evaluate`.
    """
    inner = _whole(condition)
    if inner is None and _OPEN in condition:
        value: Any = interpolate(condition, context, status)
    else:
        value = evaluate(condition if inner is None else inner, context, status)
    implied = _ASKS.search(condition) is not None or status["success"]()
    return implied and values.is_truthy(value)


def is_true(text: str, context: Mapping[str, Any]) -> bool:
    """Whether a key that takes a boolean or an expression says yes; a text counts by what it says.

    Raises:
        ExpressionError: as `interpolate`.
    """
    value = value_of(text, context)
    return value == "true" if isinstance(value, str) else values.is_truthy(value)


def _whole(text: str) -> str | None:
    """The expression that is all of a text, or None."""
    stripped = text.strip()
    if not stripped.startswith(_OPEN):
        return None
    body = _REST.match(stripped, len(_OPEN))
    return body[1].strip() if body is not None and body.end() == len(stripped) else None


def evaluate(expression: str, context: Mapping[str, Any], status: Status | None = None) -> Any:
    """The value of one expression, written without `${{` and `}}`.

    A missing property is null; a context that `context` does not name is an error, as it is on
    GitHub. Of `&&`, `||` and `case` only the operands that decide are evaluated.

    Returns:
        None, bool, number (a float unless it came from `context`), string, mapping or sequence.

    Raises:
        ExpressionError: not an expression, something that is not available here, or arguments that
            a function refuses.
    """
    try:
        return _Parser(expression, context, status or {}).parse()()
    except RecursionError as error:
        raise ExpressionError(
            "expression is nested too deeply", expression=expression, position=1
        ) from error


_Node = Callable[[], Any]


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


class _Parser:
    """Turns an expression into a call that gives its value, by precedence climbing."""

    def __init__(self, expression: str, context: Mapping[str, Any], status: Status) -> None:
        self._expression = expression
        self._context = context
        self._status = status
        if len(expression) > MAX_LENGTH:
            raise self._error(f"expression is longer than {MAX_LENGTH} characters", MAX_LENGTH + 1)
        self._tokens = self._tokenise()
        self._next = 0

    def parse(self) -> _Node:
        node = self._binary(0)
        self._expect("end", "")
        return node

    def _tokenise(self) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while not tokens or tokens[-1].kind != "end":
            match = _TOKEN.match(self._expression, at)
            if match is None:
                unknown = _UNKNOWN.match(self._expression, at)
                found, at = (unknown[1], unknown.start(1)) if unknown else ("", at)
                hint = "strings take single quotes" if found[:1] in ("'", '"') else ""
                raise self._error(f"unexpected {found!r}", at + 1, hint)
            name = str(match.lastgroup)
            token = _Token(name, match[name], match.start(name) + 1)
            at = match.end()
            if token.text[:1] == "." and tokens and _may_be_reached_into(tokens[-1]):
                token, at = _Token("symbol", ".", token.position), token.position
            elif token.kind == "number" and math.isnan(values.to_number(token.text)):
                raise self._error(f"{token.text!r} is not a number", token.position)
            tokens.append(token)
        return tokens

    def _binary(self, power: int) -> _Node:
        left = self._operand()
        while True:
            symbol = self._tokens[self._next]
            binding = _POWERS.get(symbol.text, 0) if symbol.kind == "symbol" else 0
            if binding <= power:
                return left
            self._next += 1
            left = _combine(symbol.text, left, self._binary(binding))

    def _operand(self) -> _Node:
        token = self._advance()
        match token.kind, token.text:
            case "symbol", "!":
                negated = self._operand()
                return lambda: not values.is_truthy(negated())
            case "symbol", "(":
                group = self._binary(0)
                self._expect("symbol", ")")
                return self._reached_into(group)
            case "string", text:
                return _constant(text[1:-1].replace("''", "'"))
            case "number", text:
                return _constant(values.to_number(text))
            case "name", _:
                return self._named(token)
        raise self._unexpected(token)

    def _named(self, token: _Token) -> _Node:
        if self._accept("("):
            return self._reached_into(self._call(token))
        if token.text in _LITERALS:
            return _constant(_LITERALS[token.text])
        found = values.pick(self._context, token.text)
        if not found:
            available = ", ".join(sorted(self._context)) or "nothing"
            raise self._error(
                f"{token.text!r} is not a context", token.position, f"available here: {available}"
            )
        return self._reached_into(_constant(found[0]))

    def _reached_into(self, node: _Node) -> _Node:
        while True:
            if self._accept("."):
                key = self._property()
            elif self._accept("["):
                key = _constant(values.ALL) if self._accept("*") else self._binary(0)
                self._expect("symbol", "]")
            else:
                return node
            node = _indexed(node, key)

    def _property(self) -> _Node:
        token = self._advance()
        if token.kind != "name" and token.text != "*":
            raise self._unexpected(token)
        return _constant(token.text if token.kind == "name" else values.ALL)

    def _call(self, name: _Token) -> _Node:
        arguments: list[_Node] = []
        if not self._accept(")"):
            arguments.append(self._binary(0))
            while self._accept(","):
                arguments.append(self._binary(0))
            self._expect("symbol", ")")
        key = name.text.lower()
        if key == "case":
            return self._case(name, arguments)
        if key in self._status:
            if arguments:
                raise self._error(f"{name.text} takes no arguments", name.position)
            return self._status[key]
        if key not in values.FUNCTIONS:
            why = "is not available here, only in a job" if key in _IN_JOBS_ONLY else "is unknown"
            raise self._error(f"function {name.text} {why}", name.position)
        function, fewest, most = values.FUNCTIONS[key]
        if not fewest <= len(arguments) <= most:
            expected = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise self._error(
                f"{name.text} takes {expected} arguments, not {len(arguments)}", name.position
            )

        def call() -> Any:
            given = [argument() for argument in arguments]
            try:
                return function(*given)
            except ValueError as error:
                raise self._error(f"{name.text} {error}", name.position) from error

        return call

    def _case(self, name: _Token, arguments: list[_Node]) -> _Node:
        if len(arguments) < 3 or len(arguments) % 2 == 0:
            raise self._error(f"{name.text} takes pairs and then a default", name.position)

        def choose() -> Any:
            for predicate, result in zip(arguments[:-1:2], arguments[1::2], strict=True):
                if not isinstance(holds := predicate(), bool):
                    raise self._error(f"{name.text} has to test booleans", name.position)
                if holds:
                    return result()
            return arguments[-1]()

        return choose

    def _advance(self) -> _Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _accept(self, symbol: str) -> bool:
        accepted = self._tokens[self._next][:2] == ("symbol", symbol)
        self._next += accepted
        return accepted

    def _expect(self, kind: str, text: str) -> None:
        token = self._advance()
        if (token.kind, token.text) != (kind, text):
            raise self._unexpected(token)

    def _unexpected(self, token: _Token) -> ExpressionError:
        what = "end of expression" if token.kind == "end" else repr(token.text)
        return self._error(f"unexpected {what}", token.position)

    def _error(self, reason: str, position: int, hint: str = "") -> ExpressionError:
        return ExpressionError(reason, expression=self._expression, position=position, hint=hint)


def _may_be_reached_into(token: _Token) -> bool:
    """Whether a dot after this token names a property, rather than opening a number like `.5`."""
    return token.kind == "name" or token.text in (")", "]", "*")


def _constant(value: Any) -> _Node:
    return lambda: value


def _indexed(node: _Node, key: _Node) -> _Node:
    return lambda: values.index(node(), key())


def _combine(symbol: str, left: _Node, right: _Node) -> _Node:
    def either() -> Any:
        value = left()
        return value if values.is_truthy(value) is (symbol == "||") else right()

    if symbol in ("&&", "||"):
        return either
    return lambda: values.COMPARISONS[symbol](values.compare(left(), right()))
