"""Whether a workflow is YAML at all, and if not, which line is wrong, in plain words.

A workflow that does not parse cannot be started: not by hand, not in an emergency. Whoever looks for
the reason at night needs the line that is wrong, not the one at which a parser gave up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import yaml

from harness.verify.finding import Finding
from harness.verify.plain_words import explain
from harness.verify.rule import Rule
from harness.verify.source import Place, Source, Spot
from harness.verify.torn import Tear, mended, tears

_WHY = (
    "GitHub cannot read the file: the workflow cannot be started at all, and nothing warns of it."
)

TORN = Rule(
    "SY001",
    "a line of an expression is indented too little",
    f"The line ends the value that it stands in, and its expression with it. {_WHY}",
    "Indent the line at least as far as the value's other lines.",
    cause="syntax",
)
OPEN = Rule(
    "SY002",
    "an expression is never closed",
    "Without its `}}`, a `${{` takes in whatever follows, or is refused.",
    "Close the expression with }}.",
    cause="syntax",
)
UNREADABLE = Rule("SY003", "not YAML", _WHY, "See the message.", cause="syntax")
TWICE = Rule(
    "SY004",
    "a key is there twice",
    f"Of two values of one name only one can count; GitHub refuses both. {_WHY}",
    "Remove one of the two, or put what they say together.",
    cause="syntax",
)
RULES = (TORN, OPEN, UNREADABLE, TWICE)

_EXPRESSION = re.compile(r"\$\{\{(?:[^'}$]|\$(?!\{\{)|'(?:[^']|'')*'|\}(?!\}))*(?P<close>\}\})?")


def read_source(path: str, file: str, text: str) -> tuple[Source, list[Finding]]:
    """Read a workflow: its tree, and what is wrong with it. With findings the tree is empty.

    Args:
        path: as a person names the file, for the findings.
        file: its path in the repository.
        text: what it says.
    """
    bare = Source(path, file, text)
    found = tears(text)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as error:
        return bare, [*(_torn(bare, tear) for tear in found), *_unreadable(bare, error, found)]
    except RecursionError:
        place = Place(1, 1, 1)
        return bare, [UNREADABLE.at(bare, place, "this is nested too deeply to be read")]
    source = replace(bare, node=node)
    if _goes_round(node):
        place = Place(1, 1, 1)
        return bare, [UNREADABLE.at(bare, place, "an alias stands within the value that it names")]
    wrong = [*_twice(source), *_open(source, found)]
    return (bare if wrong else source), wrong


def _torn(source: Source, tear: Tear) -> Finding:
    what = "the }} that closes" if tear.closes else "a line of"
    return TORN.at(
        source,
        Place(tear.line, tear.indent + 1, tear.line),
        f"{what} the expression opened in line {tear.opened} is indented by {tear.indent} "
        f"instead of at least {tear.needed} spaces: the value ends before it",
        fix=f"Indent line {tear.line} by at least {tear.needed} spaces.",
    )


def _unreadable(source: Source, error: Exception, found: list[Tear]) -> Iterator[Finding]:
    """What the parser says, unless it says so because of the lines that were found torn."""
    if found:
        try:
            yaml.compose(mended(source.text, found), Loader=yaml.SafeLoader)
        except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as other:
            error = other
        else:
            return
    place, message, fix = explain(source, error)
    yield UNREADABLE.at(source, place, message, fix=fix)


def _twice(source: Source) -> Iterator[Finding]:
    for mapping in _mappings(source.root):
        first: dict[str, Spot] = {}
        for name, value in mapping.items():
            if name in first:
                place = value.place
                yield TWICE.at(
                    source,
                    replace(place, end_line=place.line),
                    f"the key {name!r} is there already, in line {first[name].place.line}",
                )
            first.setdefault(name, value)


def _open(source: Source, found: list[Tear]) -> Iterator[Finding]:
    """Expressions without an end, in values that are well-formed otherwise."""
    for scalar in source.root.scalars():
        whole = scalar.place
        for match in _EXPRESSION.finditer(scalar.raw):
            if match["close"] or scalar.node is None:
                continue
            place = source.place_at(scalar.node.start_mark.index + match.start())
            torn = next((tear for tear in found if tear.opened == place.line), None)
            if torn is not None:
                yield _torn(source, torn)
            elif whole.line <= place.line:
                yield OPEN.at(source, place, "this ${{ has no }}")


def _mappings(spot: Spot) -> Iterator[Spot]:
    entries = [value for _, value in spot.items()]
    if entries:
        yield spot
    for value in entries or ([] if spot.is_text else spot.each()):
        yield from _mappings(value)


def _goes_round(node: yaml.Node | None, above: tuple[int, ...] = ()) -> bool:
    if id(node) in above:
        return True
    if isinstance(node, yaml.MappingNode):
        below = [part for pair in node.value for part in pair]
    else:
        below = node.value if isinstance(node, yaml.SequenceNode) else []
    return any(_goes_round(part, (*above, id(node))) for part in below)
