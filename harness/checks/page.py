"""One HTML page, parsed by a real parser: is it whole, and what does it refer to?

    page = parse_page(html)
    page.faults        # () for a good page; "line 12: the page ends without </html>" for a cut one
    page.references    # a[href], link[href], script[src], img[src], srcset, ...
    page.anchors       # what a #fragment may name

The parser is html5lib, which repairs as browsers do and keeps a list of what it had to repair:
https://html.spec.whatwg.org/multipage/parsing.html#parse-errors. Most parse errors leave a page
that works; only those that mean a piece is missing or a tag does not pair count as faults here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as MESSAGES

#: Tags that do not pair: a piece in the middle of the page is missing or was pasted twice.
_DO_NOT_PAIR = frozenset(
    {
        "adoption-agency-1.1",
        "adoption-agency-1.2",
        "adoption-agency-1.3",
        "adoption-agency-4.4",
        "end-tag-too-early",
        "end-tag-too-early-ignored",
        "end-tag-too-early-named",
        "expected-one-end-tag-but-got-another",
        "missing-end-tag",
        "missing-end-tags",
        "two-heads-are-not-better-than-one",
        "unexpected-cell-end-tag",
        "unexpected-char-after-body",
        "unexpected-doctype",
        "unexpected-end-tag",
        "unexpected-end-tag-after-body",
        "unexpected-start-tag-after-body",
        "unexpected-start-tag-implies-end-tag",
    }
)
#: A stray end tag of these is repaired into an empty element that no viewer notices.
_HARMLESS_STRAYS = frozenset({"p", "br"})
#: Written in every whole page; html5lib supplies them silently, because the standard lets a page
#: leave them out. A site that does so on purpose would have to be told apart from half a page.
_WRITTEN_TAGS = {
    "<html>": re.compile(r"<html[\s>]", re.IGNORECASE),
    "<head>": re.compile(r"<head[\s>]", re.IGNORECASE),
    "</head>": re.compile(r"</head\s*>", re.IGNORECASE),
    "<body>": re.compile(r"<body[\s>]", re.IGNORECASE),
    "</body>": re.compile(r"</body\s*>", re.IGNORECASE),
}
#: Which attributes of which element hold the address of something the page needs or leads to.
#: form[action] is left out: on a static site it leads elsewhere.
_ADDRESSES: dict[str, tuple[str, ...]] = {
    "a": ("href",),
    "area": ("href",),
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href",),
    "img": ("src",),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src",),
    "track": ("src",),
    "use": ("href",),
    "video": ("src", "poster"),
}
_SRCSETS = {"img": "srcset", "source": "srcset", "link": "imagesrcset"}
#: Hints to open a connection: they name a host, there is nothing to fetch.
_CONNECTION_HINTS = frozenset({"dns-prefetch", "preconnect"})
_SRCSET_ADDRESS = re.compile(r"\s*,*\s*(\S*[^\s,])(?:\s+[^,]*)?(?:,|$)")


@dataclass(frozen=True)
class Reference:
    """An address found in a page, as written; `place` says where: `a[href]`, `img[srcset]`."""

    address: str
    place: str


@dataclass(frozen=True)
class Page:
    """What is worth knowing about one page; `base` is its base[href], empty without one."""

    title: str
    base: str
    references: tuple[Reference, ...]
    anchors: frozenset[str]
    faults: tuple[str, ...]


@lru_cache(maxsize=1024)
def parse_page(html: str) -> Page:
    """Parse a page; whatever the text, there is a result, with its faults listed.

    Every drill sees the same pages twice, and parsing is most of a check: the same text is parsed once.
    """
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root: Element = parser.parse(html)
    title = (root.findtext("head/title") or "").strip()
    base = root.find("head/base")
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    return Page(
        title=title,
        base="" if base is None else base.get("href", "").strip(),
        references=tuple(ref for element in elements for ref in _references(element)),
        anchors=frozenset(anchor for element in elements for anchor in _anchors(element)),
        faults=tuple(_faults(parser, html, title)),
    )


def faults(html: str) -> list[str]:
    """Why this page is broken, one line each; empty for a page that is whole."""
    return list(parse_page(html).faults)


def _faults(parser: html5lib.HTMLParser, html: str, title: str) -> Iterator[str]:
    for (line, _), code, values in parser.errors:
        if _breaks(code, values):
            yield f"line {line}: {_in_words(code, values)}"
    for tag, written in _WRITTEN_TAGS.items():
        if not written.search(html):
            yield f"there is no {tag}"
    # The only state in which both </body> and </html> were read; text that merely contains them
    # (in a script, in a comment) does not lead there.
    if parser.phase is not parser.phases["afterAfterBody"]:
        yield f"line {html.count(chr(10)) + 1}: the page ends without </html>"
    if not title:
        yield "there is no <title>"


def _in_words(code: str, values: Any) -> str:
    # html5lib has codes without a message; the code itself says it then.
    return (MESSAGES[code] % values if code in MESSAGES else code.replace("-", " ")).rstrip(".")


def _breaks(code: str, values: Any) -> bool:
    if code == "unexpected-end-tag":
        return values.get("name") not in _HARMLESS_STRAYS
    return "eof" in code.lower() or "doctype" in code or code in _DO_NOT_PAIR


def _references(element: Element) -> Iterator[Reference]:
    # SVG's elements and XLink's attributes come as {namespace}name.
    tag = element.tag.rpartition("}")[2]
    if tag == "link" and _CONNECTION_HINTS & set(element.get("rel", "").lower().split()):
        return
    for name, value in element.attrib.items():
        attribute = name.rpartition("}")[2]
        if attribute in _ADDRESSES.get(tag, ()):
            yield Reference(value.strip(), f"{tag}[{attribute}]")
        elif attribute == _SRCSETS.get(tag):
            for address in _SRCSET_ADDRESS.findall(value):
                yield Reference(address, f"{tag}[{attribute}]")


def _anchors(element: Element) -> Iterator[str]:
    if identity := element.get("id"):
        yield identity
    if element.tag == "a" and (name := element.get("name")):
        yield name
