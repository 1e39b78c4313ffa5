from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.page import faults, parse_page

pytestmark = pytest.mark.unit

#: Correct pieces, chosen because a cut inside each leaves the parser in another state.
PIECES = [
    "<p>Text &amp; entities &#169; &lt;html&gt;</p>",
    '<a href="/x.html" title="a &gt; b">link</a>',
    "<img src='/i.png' alt='' width=10>",
    "<!-- a comment with </html> in it -->",
    "<script>var end = '</' + 'html>'; // </body></html>\n</script>",
    "<style>p > a { color: red }</style>",
    "<table><tr><th>a</th><td>b</td></tr></table>",
    "<ul><li>one<li>two</ul>",
    "<form><select><option>1<option>2</select><textarea></body></html></textarea></form>",
    '<svg viewBox="0 0 1 1"><path d="M0 0"/><a xlink:href="#x"><text>t</text></a></svg>',
    "<pre>\n  spaces\n</pre>",
    "<details><summary>s</summary><p>d</details>",
    "<p>Ünïcödé ✂ 日本</p>",
    "<br><hr><input disabled>",
    "<video controls><source src=a.webm type='video/webm'></video>",
]
good_pages = st.lists(st.sampled_from(PIECES), max_size=8).map(
    lambda pieces: (
        "<!DOCTYPE html>\n<html lang=en>\n<head><meta charset='utf-8'><title>A &amp; B</title>\n"
        "<link rel=stylesheet href='/a.css'></head>\n<body>\n"
        + "\n".join(pieces)
        + "\n</body>\n</html>\n"
    )
)


@given(good_pages)
def test_a_good_page_has_no_faults(html: str) -> None:
    assert faults(html) == []


@given(good_pages, st.data())
def test_a_page_cut_anywhere_before_its_end_is_reported(html: str, data: st.DataObject) -> None:
    end = html.rindex("</html>") + len("</html>")
    cut = data.draw(st.integers(0, end - 1))
    assert faults(html[:cut]) != []


@pytest.mark.parametrize("piece", PIECES)
def test_a_page_cut_at_each_character_of_a_piece_says_how_it_ends(piece: str) -> None:
    html = f"<!doctype html><html><head><title>t</title></head><body>{piece}</body></html>"
    for cut in range(html.index("</head>"), len(html)):
        assert any("without </html>" in fault for fault in faults(html[:cut])), html[:cut]


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("<!doctype html>", "DOCTYPE"),
        ("<title>t</title>", "there is no <title>"),
        ("</html>", "the page ends without </html>"),
        ("</body>", "there is no </body>"),
        ("<body>", "there is no <body>"),
        ("</section>", "section"),
        ("<section>", "section"),
        ("</b>", "section"),
    ],
)
def test_a_missing_piece_is_named(without: str, said: str) -> None:
    html = (
        "<!doctype html>\n<html><head><title>t</title></head>"
        "<body><section><p><b>x</b></p>y</section></body></html>"
    )
    assert faults(html) == []
    assert any(said in fault for fault in faults(html.replace(without, "")))


def test_a_fault_says_its_line() -> None:
    html = "<!doctype html>\n<html><head><title>t</title></head>\n<body>\n<p>cut"
    assert "line 4: the page ends without </html>" in faults(html)


def test_a_page_pasted_twice_is_reported() -> None:
    html = "<!doctype html><html><head><title>t</title></head><body></body></html>"
    assert faults(html + html) != []


def test_an_empty_title_is_no_title() -> None:
    html = "<!doctype html><html><head><title> </title></head><body></body></html>"
    assert faults(html) == ["there is no <title>"]


def test_everything_a_page_needs_or_leads_to_is_found() -> None:
    page = parse_page(
        """<!doctype html><html><head><title>t</title>
        <link rel="stylesheet" href="/a.css"><link rel="preconnect" href="https://cdn.test">
        <script src="/a.js"></script></head><body>
        <a href=" /b.html#x ">b</a><a name="old"></a><h2 id="new"></h2>
        <img src="/i.png" srcset="/i.png 1x, /i,2.png 2x,/j.png 300w">
        <picture><source srcset="/k.webp"></picture>
        <video src="/v.mp4" poster="/v.png"></video>
        <svg><use xlink:href="/s.svg#icon"></use></svg>
        <form action="/elsewhere"></form></body></html>"""
    )
    assert [(reference.place, reference.address) for reference in page.references] == [
        ("link[href]", "/a.css"),
        ("script[src]", "/a.js"),
        ("a[href]", "/b.html#x"),
        ("img[src]", "/i.png"),
        ("img[srcset]", "/i.png"),
        ("img[srcset]", "/i,2.png"),
        ("img[srcset]", "/j.png"),
        ("source[srcset]", "/k.webp"),
        ("video[src]", "/v.mp4"),
        ("video[poster]", "/v.png"),
        ("use[href]", "/s.svg#icon"),
    ]
    assert page.anchors == {"old", "new"}


@given(st.text())
def test_any_text_can_be_parsed(text: str) -> None:
    parse_page(text)


def test_the_base_is_kept() -> None:
    html = (
        '<!doctype html><html><head><base href="/docs/"><title>t</title></head><body></body></html>'
    )
    assert parse_page(html).base == "/docs/"
