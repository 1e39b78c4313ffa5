"""The reference site's content is whole: every page parses, every link leads somewhere."""

from __future__ import annotations

import json
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import html5lib
import pytest

pytestmark = pytest.mark.unit

SITE = Path(__file__).parents[3] / "scenarios" / "sites" / "reference"
SRC = SITE / "src"
ORIGIN = "https://www.harbourlight.example"
PAGES = sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*.html"))
FILES = sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*") if path.is_file())
TEXTS = [
    *(SRC / name for name in FILES if not name.endswith((".png", ".ico"))),
    SITE / "README.md",
    *sorted((SITE / "docs").glob("*.md")),
]


def parse(page: str) -> ET.Element:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: ET.Element = parser.parse((SRC / page).read_text(encoding="utf-8"))
    return tree


def address(name: str) -> str:
    return f"{ORIGIN}/" if name == "index.html" else f"{ORIGIN}/{name}"


def links(page: str) -> Iterator[str]:
    """Every address a page refers to, made absolute as a browser does."""
    for element in parse(page).iter():
        for attribute in ("href", "src"):
            if attribute in element.attrib:
                yield urljoin(address(page), element.attrib[attribute])


def file_of(url: str) -> str:
    """The file that answers for an address: only `/` has a default document."""
    return unquote(urlsplit(url).path).removeprefix("/") or "index.html"


def test_there_are_enough_pages_to_be_a_site() -> None:
    assert len(PAGES) >= 14
    assert "404.html" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_page_parses_strictly_and_has_what_every_page_has(page: str) -> None:
    html = (SRC / page).read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>\n")
    assert html.endswith("</html>\n")
    tree = parse(page)
    assert tree.attrib["lang"]
    assert (tree.findtext("head/title") or "").strip()
    assert tree.find("head/meta[@name='viewport']") is not None
    for name in ("header", "nav", "main", "footer", "h1"):
        assert len(list(tree.iter(name))) == 1, name
    assert tree.find("body/a[@class='skip']") is not None
    referred = {file_of(url) for url in links(page)}
    assert referred >= {"css/site.css", "js/site.js", "images/logo.svg"}


@pytest.mark.parametrize("page", PAGES)
def test_every_internal_link_of_page_resolves(page: str) -> None:
    internal = [url for url in links(page) if url.startswith(f"{ORIGIN}/")]
    assert internal
    for url in internal:
        target = file_of(url)
        assert target in FILES, f"{page}: {url} leads to no file"
        if fragment := unquote(urlsplit(url).fragment):
            ids = {element.attrib.get("id") for element in parse(target).iter()}
            assert fragment in ids, f"{page}: {url} leads to no such place"


@pytest.mark.parametrize("page", PAGES)
def test_page_refers_to_nothing_outside_the_site(page: str) -> None:
    outside = [url for url in links(page) if not url.startswith((f"{ORIGIN}/", "mailto:", "tel:"))]
    assert outside == []


@pytest.mark.parametrize("page", PAGES)
def test_ids_of_page_are_unique(page: str) -> None:
    ids = [element.attrib["id"] for element in parse(page).iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))


def test_every_page_but_the_404_can_be_reached_from_the_home_page() -> None:
    reached, ahead = set[str](), ["index.html"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [name for name in map(file_of, links(page)) if name in PAGES]
    assert reached == set(PAGES) - {"404.html"}


def test_sitemap_lists_exactly_the_pages() -> None:
    text = (SRC / "sitemap.xml").read_text(encoding="utf-8")
    listed = re.findall(r"<loc>([^<]*)</loc>", text)
    assert sorted(listed) == sorted(address(page) for page in PAGES if page != "404.html")


def test_robots_names_the_sitemap() -> None:
    assert f"Sitemap: {ORIGIN}/sitemap.xml\n" in (SRC / "robots.txt").read_text(encoding="utf-8")


def test_manifest_names_files_that_exist() -> None:
    manifest = json.loads((SRC / "site.webmanifest").read_text(encoding="utf-8"))
    named = [manifest["start_url"], *(icon["src"] for icon in manifest["icons"])]
    assert {file_of(name) for name in named} <= set(FILES)


def test_harbour_is_a_whole_png_of_modest_size() -> None:
    data = (SRC / "images" / "harbour.png").read_bytes()
    assert len(data) < 20_000
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    kinds, pixels, position = [], b"", 8
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + length]
        assert struct.unpack_from(">I", data, position + 8 + length)[0] == zlib.crc32(kind + body)
        kinds.append(kind)
        if kind == b"IDAT":
            pixels += body
        position += length + 12
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    width, height = struct.unpack_from(">II", data, 16)
    assert len(zlib.decompress(pixels)) == height * (1 + 3 * width)


def test_favicon_is_a_whole_ico() -> None:
    data = (SRC / "favicon.ico").read_bytes()
    reserved, kind, count = struct.unpack_from("<HHH", data)
    assert (reserved, kind) == (0, 1)
    end = 6 + 16 * count
    sizes = []
    for index in range(count):
        entry = struct.unpack_from("<BBBBHHII", data, 6 + 16 * index)
        width, length, offset = entry[0], entry[6], entry[7]
        assert offset == end
        assert struct.unpack_from("<Iii", data, offset) == (40, width, 2 * width)
        sizes.append(width)
        end += length
    assert sizes == [16, 32]
    assert len(data) == end


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(SITE).as_posix())
def test_text_has_unix_line_ends_and_ends_with_one(path: Path) -> None:
    data = path.read_bytes()
    assert b"\r" not in data
    assert data.endswith(b"\n")
    assert not data.endswith(b"\n\n")


def test_news_has_one_marked_list_where_releases_add_items() -> None:
    news = (SRC / "news" / "index.html").read_text(encoding="utf-8")
    (marked,) = re.findall(r"<!-- releases -->\s*<ul>(.*?)</ul>\s*<!-- /releases -->", news, re.S)
    assert marked.count("<li>") >= 1


def departures_in_script() -> dict[str, tuple[list[str], list[str]]]:
    script = (SRC / "js" / "site.js").read_text(encoding="utf-8")
    rows = re.findall(r'"([a-z-]+)": \{\s*weekday: "([^"]*)",\s*weekend: "([^"]*)"', script)
    return {route: (weekday.split(), weekend.split()) for route, weekday, weekend in rows}


def test_script_timetable_and_route_pages_agree_on_departures() -> None:
    departures = departures_in_script()
    assert {f"routes/{route}.html" for route in departures} == {
        page for page in PAGES if page.startswith("routes/") and page != "routes/index.html"
    }
    sections = {
        section.attrib["aria-labelledby"]: [time.text for time in section.iter("time")]
        for section in parse("timetable/index.html").iter("section")
    }
    for route, days in departures.items():
        assert (sections[route], sections[f"{route}-weekend"]) == days
        tables = parse(f"routes/{route}.html").iter("table")
        leaving = [[row.findtext("td/time") for row in table.iter("tr")][1:] for table in tables]
        assert tuple(leaving) == days


def test_documents_link_only_to_files_and_headings_that_exist() -> None:
    documents = [SITE / "README.md", *sorted((SITE / "docs").glob("*.md"))]
    assert len(documents) == 3
    for document in documents:
        for link in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
            name, _, fragment = link.partition("#")
            target = document.parent / name if name else document
            assert target.is_file(), f"{document.name}: {link}"
            # GitHub's anchors: lower case, punctuation dropped, spaces to hyphens.
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
            anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
            assert not fragment or fragment in anchors, f"{document.name}: {link}"
