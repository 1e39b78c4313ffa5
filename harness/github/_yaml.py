"""YAML as GitHub reads it, with every scalar left as written; `typed` says what it stands for.

PyYAML's own loaders follow YAML 1.1, where `on` is true; GitHub follows the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema) and refuses a key that is there twice.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import yaml

from harness.errors import ConfigError

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


#: https://yaml.org/spec/1.2.2/#1032-tag-resolution
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE: Final = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NOT_A_NUMBER: Final = frozenset({".nan", ".NaN", ".NAN"})


class Plain(str):
    """A scalar that stands in the file without quotes, and may stand for something else than text."""

    __slots__ = ()


def load(file: str, text: str) -> Any:
    """What a workflow file says: None, strings (`Plain` without quotes), lists and dicts.

    Raises:
        ConfigError: it is not YAML; names line and column.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it constructs nothing but text
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        raise _unreadable(file, where, error.problem or "unreadable") from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = len(before) - (before.rfind("\n") + 1) + 1
        where = f"line {before.count(chr(10)) + 1}, column {column}"
        raise _unreadable(file, where, text[error.position : error.position + 1]) from error
    except RecursionError as error:
        raise _unreadable(file, "the file", "nested too deeply") from error


def typed(value: Any) -> Any:
    """What a loaded value stands for: plain scalars become booleans and numbers, as GitHub has it."""
    if isinstance(value, dict):
        return {str(key): typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    return _scalar(value) if isinstance(value, Plain) else value


def _scalar(text: str) -> bool | float | str:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    if infinite := _INFINITE.fullmatch(text):
        return -math.inf if infinite[1] == "-" else math.inf
    return math.nan if text in _NOT_A_NUMBER else str(text)


def boolean(text: str | None) -> bool | None:
    """The boolean that a plain scalar stands for, or None when it is not one."""
    return None if text is None else _BOOLEANS.get(text)


def _unreadable(file: str, where: str, value: str) -> ConfigError:
    return ConfigError(
        file=file,
        key=where,
        value=value,
        expected="YAML that GitHub can parse",
        hint="a workflow that does not parse cannot be started at all",
    )


class _Loader(yaml.BaseLoader):
    """`BaseLoader` keeps every value a string: `on` stays a key, and defaults stay as written."""

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        """The text, or None for a plain null."""
        text = super().construct_scalar(node)
        if node.style is not None:
            return text
        return None if text in _NULLS else Plain(text)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, unless a key is there twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # no key of a workflow; PyYAML refuses it
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"duplicate key {key.value}", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
