from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from checked_site import HEADERS, StandIn, page

from harness.checks.recovery import MISSING_PATH, Recovery, check_recovery
from harness.checks.release import ExpectedRelease, expected_release, known_hashes

pytestmark = pytest.mark.unit


@pytest.fixture
def expected(content: Path) -> ExpectedRelease:
    return expected_release("v1.1.0", "c" * 40, content, HEADERS)


def check(edge: StandIn, expected: ExpectedRelease, http: httpx.Client, **more: object) -> Recovery:
    return check_recovery(edge.url, expected, http=http, **more)  # type: ignore[arg-type]


def test_a_site_that_serves_the_release_has_recovered(
    edge: StandIn, expected: ExpectedRelease, http: httpx.Client
) -> None:
    recovery = check(edge, expected, http)
    assert recovery.findings == ()
    assert recovery.recovered
    assert recovery.files == 8
    assert recovery.links >= 20


def test_each_path_is_asked_for_once(
    edge: StandIn, expected: ExpectedRelease, http: httpx.Client
) -> None:
    check(edge, expected, http)
    assert sorted(edge.asked) == sorted(set(edge.asked))
    assert len(edge.asked) == len(expected.files) + len(["/", MISSING_PATH])


def test_a_stale_file_names_the_release_it_is_of(
    edge: StandIn, expected: ExpectedRelease, content: Path, http: httpx.Client
) -> None:
    stale = page("about", "<b id='team'>broken</b>").encode()
    (content / "about/index.html").write_bytes(stale)
    bad = expected_release("v1.2.0", "d" * 40, content, HEADERS)
    edge.says("/about/index.html", stale, headers={"X-Cache": "Hit from cloudfront", "Age": "7"})

    recovery = check(edge, expected, http, known=known_hashes([expected, bad]))

    assert not recovery.recovered
    assert recovery.findings == (
        (
            "/about/index.html: sha256 differs: served is release v1.2.0 "
            "(stale? X-Cache: Hit from cloudfront, Age: 7)"
        ),
    )


def test_a_file_of_no_known_release_is_told_by_its_size(
    edge: StandIn, expected: ExpectedRelease, http: httpx.Client
) -> None:
    edge.says("/robots.txt", b"?", "text/plain")
    assert check(edge, expected, http).findings == (
        "/robots.txt: sha256 differs: served is no known release, 1 bytes instead of 14",
    )


def test_a_missing_file_is_told_by_its_status(
    edge: StandIn, expected: ExpectedRelease, http: httpx.Client
) -> None:
    edge.says("/robots.txt", b"", status=403, headers={"X-Cache": "Error from cloudfront"})
    assert check(edge, expected, http).findings == (
        "/robots.txt: answers 403, expected 200 (X-Cache: Error from cloudfront)",
    )


def test_a_home_page_that_is_another_page_is_named(
    edge: StandIn, expected: ExpectedRelease, content: Path, http: httpx.Client
) -> None:
    edge.says("/", (content / "404.html").read_bytes())
    assert check(edge, expected, http).findings == ("/: sha256 differs: served is /404.html",)


def test_a_lost_root_object_is_seen(
    edge: StandIn, expected: ExpectedRelease, http: httpx.Client
) -> None:
    edge.says("/", b"<Error/>", "application/xml", 403)
    assert check(edge, expected, http).findings == ("/: answers 403, expected 200",)


def test_a_wrong_content_type_is_seen(
    edge: StandIn, expected: ExpectedRelease, content: Path, http: httpx.Client
) -> None:
    body = (content / "a b.html").read_bytes()
    edge.says("/a b.html", body, "binary/octet-stream")
    assert check(edge, expected, http).findings == (
        "/a%20b.html: content type is binary/octet-stream, expected text/html",
    )


def test_missing_and_different_headers_are_seen(
    edge: StandIn, expected: ExpectedRelease, content: Path, http: httpx.Client
) -> None:
    edge.headers = {"x-content-type-options": "sniff"}
    findings = check(edge, expected, http).findings
    for path in ("/", "/css/site.css", MISSING_PATH):
        assert f"{path}: header strict-transport-security is missing" in findings
        assert f"{path}: header x-content-type-options is 'sniff', expected 'nosniff'" in findings


def test_a_required_header_without_a_value_takes_any(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    expected = expected_release("v1.1.0", "c" * 40, content, {"X-Content-Type-Options": ""})
    edge.headers = {"x-content-type-options": "anything"}
    assert check(edge, expected, http).recovered


def test_broken_links_and_assets_are_named_with_their_page(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    broken = page(
        "home",
        '<a href="gone.html">x</a><img srcset="/gone.png 2x">'
        '<a href="/about/index.html#nobody">y</a>',
    )
    (content / "index.html").write_text(broken)
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)
    assert check(edge, expected, http).findings == (
        "/index.html: a[href] gone.html answers 404",
        "/index.html: img[srcset] /gone.png answers 404",
        "/index.html: a[href] /about/index.html#nobody: there is no #nobody in /about/index.html",
    )


def test_an_anchor_of_the_home_page_is_looked_for_behind_its_slash(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    links = '<a href="/#top-of-home">x</a><a href="/#nobody">y</a><a href="/js/site.js#x">z</a>'
    (content / "index.html").write_text(page("home", links))
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)
    assert check(edge, expected, http).findings == (
        "/index.html: a[href] /#nobody: there is no #nobody in /",
    )


def test_a_link_to_what_the_release_does_not_have_is_asked_for_with_its_query(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    (content / "index.html").write_text(page("home", '<a href="/search?q=1">x</a>'))
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)
    assert check(edge, expected, http).findings == ("/index.html: a[href] /search?q=1 answers 404",)
    edge.says("/search", b"found")
    assert check(edge, expected, http).recovered


def test_a_release_without_home_or_error_page_is_compared_all_the_same(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    for path in ("index.html", "404.html", "about/index.html", "a b.html"):
        (content / path).unlink()
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)
    edge.says("/", status=500)
    edge.says(MISSING_PATH, status=500)
    assert check(edge, expected, http).recovered


def test_links_to_other_sites_are_left_alone_and_own_hosts_are_not(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    outside = '<a href="https://elsewhere.test/x">x</a><a href="https://site.test/gone">y</a>'
    (content / "index.html").write_text(page("home", outside))
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)

    assert check(edge, expected, http).recovered
    assert check(edge, expected, http, hosts=["site.test"]).findings == (
        "/index.html: a[href] https://site.test/gone answers 404",
    )


def test_an_address_no_browser_can_follow_is_named(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    (content / "index.html").write_text(page("home", '<a href="http://[">x</a>'))
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)
    (finding,) = check(edge, expected, http).findings
    assert finding == "/index.html: a[href] http://[ answers 404"


def test_a_directory_has_no_index_of_its_own(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    (content / "index.html").write_text(page("home", '<a href="/about/">x</a>'))
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)
    assert check(edge, expected, http).findings == ("/index.html: a[href] /about/ answers 404",)


def test_a_base_moves_relative_links(edge: StandIn, content: Path, http: httpx.Client) -> None:
    html = page("home", '<a href="index.html">x</a>').replace("<meta", '<base href="/about/"><meta')
    (content / "index.html").write_text(html)
    expected = expected_release("v1.1.0", "c" * 40, content, HEADERS)
    (content / "about/index.html").unlink()
    assert "/index.html: a[href] index.html answers 404" in check(edge, expected, http).findings


def test_a_truncated_page_is_broken_html_even_when_its_release_says_so(
    edge: StandIn, content: Path, http: httpx.Client
) -> None:
    (content / "a b.html").write_text(page("space")[:400])
    expected = expected_release("v1.2.0", "c" * 40, content, HEADERS)
    (finding,) = check(edge, expected, http).findings
    assert finding.startswith("/a%20b.html: broken HTML: ")
    assert "the page ends without </html>" in finding


@pytest.mark.parametrize(
    ("status", "right_body", "said"),
    [
        (403, True, "answers 403, expected 404"),
        (404, False, "sha256 differs: served is no known release"),
        (200, True, "answers 200, expected 404"),
    ],
)
def test_a_wrong_error_page_is_seen(
    edge: StandIn, http: httpx.Client, *, status: int, right_body: bool, said: str
) -> None:
    expected = expected_release("v1.1.0", "c" * 40, edge.directory, HEADERS)
    error_page = (edge.directory / "404.html").read_bytes()
    edge.says(MISSING_PATH, error_page if right_body else b"Not found", status=status)
    (found,) = check(edge, expected, http).findings
    assert found.startswith(f"{MISSING_PATH}: {said}")


def test_more_findings_than_anybody_reads_are_counted(
    edge: StandIn, expected: ExpectedRelease, http: httpx.Client
) -> None:
    edge.headers = {}
    findings = check(edge, expected, http, most=5).findings
    assert len(findings) == 6
    assert findings[-1] == "... and 15 more"


def test_an_edge_that_is_not_there_is_a_finding_for_each_file(
    expected: ExpectedRelease, http: httpx.Client
) -> None:
    recovery = check_recovery("http://127.0.0.1:9", expected, http=http)
    assert not recovery.recovered
    assert recovery.findings[0].startswith("/: does not answer: ConnectError")
    assert "not asked, the requests before it had no answer" in recovery.findings[-1]


def test_redirects_are_answers_and_are_not_followed(
    edge: StandIn, expected: ExpectedRelease, http: httpx.Client
) -> None:
    edge.says("/robots.txt", status=301, headers={"location": "/index.html"})
    assert check(edge, expected, http).findings == ("/robots.txt: answers 301, expected 200",)
