"""What a YAML parser complains of, said as to somebody who wrote the file.

https://yaml.org/spec/1.2.2/ is the language; PyYAML's sentences are its scanner's and parser's.
"""

from __future__ import annotations

import re

import yaml

from harness.verify.source import Place, Source

#: What PyYAML says, what that means, what to do, and whether the place is where it began.
_WORDS: tuple[tuple[str, str, str, bool], ...] = (
    (
        r"mapping values are not allowed here",
        (
            "a colon stands where no value can begin: either in a text without quotes, or in a key "
            "that is indented further than the one above it"
        ),
        (
            "Put a text that holds a colon and a space into quotes; give a key the indentation of its "
            "neighbours."
        ),
        False,
    ),
    (
        r"could not find expected ':'",
        (
            "this line belongs to nothing: it is no `key: value`, and not indented far enough to go on "
            "with the value above it"
        ),
        "Indent the line further than the key above it, or make it a key.",
        True,
    ),
    (
        r"character '\\t'",
        "a tab stands in the indentation",
        "Indent with spaces; YAML takes no tabs there.",
        False,
    ),
    (
        r"(?:found unexpected end of stream|document separator)",
        "the quote that opens here is never closed",
        "Close the quote.",
        True,
    ),
    (
        r"expected <block end>, but found '(?:-|<block sequence start>|<block entry>)'",
        "a list item is indented differently from what stands around it",
        "Give all items of a list the same indentation.",
        False,
    ),
    (
        r"expected <block end>",
        "this line's indentation fits neither the entries above it nor what they belong to",
        "Give the line the indentation of its neighbours.",
        False,
    ),
    (
        r"expected ',' or '\]'",
        "the list that opens here with [ is not closed, or a comma is missing in it",
        "Close the list with ], and separate its items by commas.",
        True,
    ),
    (
        r"expected ',' or '\}'",
        "the mapping that opens here with { is not closed, or a comma is missing in it",
        "Close it with }; a text that begins with { needs quotes.",
        True,
    ),
    (
        r"block sequence entries are not allowed|sequence entries are not allowed",
        "a list begins where none can begin",
        "Put the list into the lines below its key.",
        False,
    ),
    (
        r"unknown escape character",
        "a backslash in double quotes stands before a character that it has no meaning for",
        "Write \\\\ for a backslash, or use single quotes.",
        False,
    ),
    (
        r"undefined alias",
        "a text that begins with * is taken as an alias, and nothing is called so",
        "Put the text into quotes.",
        False,
    ),
    (
        r"expected alphabetic or numeric character",
        "a text that begins with * or & is taken as an alias or an anchor",
        "Put the text into quotes.",
        False,
    ),
    (
        r"cannot start any token",
        "a text cannot begin with this character unless it is quoted",
        "Put the text into quotes.",
        False,
    ),
    (
        r"expected a single document|<document start>",
        "a second document begins here, or the first does not end",
        "A workflow is one document: remove the line, or see to its indentation.",
        False,
    ),
    (
        r"chomping or indentation indicators|expected a comment or a line break",
        "something stands behind | or > that cannot stand there",
        "Begin the text in the line below.",
        False,
    ),
)


def explain(source: Source, error: Exception) -> tuple[Place, str, str]:
    """Where a file stops being YAML, what is wrong there, and what to do."""
    if isinstance(error, yaml.reader.ReaderError):
        place = source.place_at(error.position)
        return place, "a character that YAML does not allow stands here", "Remove the character."
    assert isinstance(error, yaml.MarkedYAMLError)  # noqa: S101 - the parser has no others
    problem = f"{error.problem or ''} {error.context or ''}"
    for pattern, words, fix, at_beginning in _WORDS:
        if re.search(pattern, problem):
            mark = error.context_mark if at_beginning else error.problem_mark
            return _place(source, mark or error.problem_mark), words, fix
    mark = error.problem_mark or error.context_mark
    said = (error.problem or "it cannot be read").strip()
    return _place(source, mark), f"this is not YAML: {said}", "See to the line, and the one above."


def _place(source: Source, mark: yaml.Mark | None) -> Place:
    if mark is None:
        return Place(1, 1, 1)
    last = source.text.rstrip().count("\n") + 1
    line = min(mark.line + 1, last)
    return Place(line, mark.column + 1 if line == mark.line + 1 else 1, line)
