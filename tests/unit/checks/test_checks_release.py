from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from harness.checks.release import ExpectedFile, expected_release, known_hashes, url_path

pytestmark = pytest.mark.unit


def test_every_file_is_expected_with_its_hash_size_and_headers(content: Path) -> None:
    release = expected_release("v1.0.0", "c" * 40, content, {"X-Frame-Options": "DENY"})

    assert {file.path for file in release.files} == {
        "/404.html",
        "/a%20b.html",
        "/about/index.html",
        "/css/site.css",
        "/img/logo.svg",
        "/index.html",
        "/js/site.js",
        "/robots.txt",
    }
    css = release.file("/css/site.css")
    body = (content / "css/site.css").read_bytes()
    assert css == ExpectedFile(
        "/css/site.css",
        hashlib.sha256(body).hexdigest(),
        ("text/css",),
        len(body),
        {"x-frame-options": "DENY"},
    )
    assert release.error_page == release.file("/404.html")


def test_a_release_without_an_error_page_has_none(content: Path) -> None:
    (content / "404.html").unlink()
    assert expected_release("v1.0.0", "c" * 40, content, {}).error_page is None


def test_a_path_leads_back_to_the_key_it_is_stored_under(content: Path) -> None:
    release = expected_release("v1.0.0", "c" * 40, content, {})
    assert all((content / file.key).is_file() for file in release.files)


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("x.html", "text/html; charset=utf-8", "binary/octet-stream"),
        ("x.html", "TEXT/HTML", "text/plain"),
        ("x.js", "application/javascript", "text/html"),
        ("x.js", "text/javascript", "text/html"),
        ("x.xml", "text/xml", "text/html"),
        ("x.webmanifest", "application/json", "text/plain"),
        ("x.ico", "image/vnd.microsoft.icon", "image/png"),
        ("x.woff2", "font/woff2", "binary/octet-stream"),
    ],
)
def test_content_types_in_use_are_taken_and_others_refused(
    tmp_path: Path, name: str, taken: str, refused: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    (file,) = expected_release("v1.0.0", "c" * 40, tmp_path, {}).files
    assert file.takes(taken)
    assert not file.takes(refused)


def test_an_extension_nobody_knows_takes_any_content_type(tmp_path: Path) -> None:
    (tmp_path / "x.unheard-of").write_bytes(b"x")
    (file,) = expected_release("v1.0.0", "c" * 40, tmp_path, {}).files
    assert file.takes("")
    assert file.content_type == ""


def test_known_hashes_name_every_release_that_has_the_file(content: Path) -> None:
    first = expected_release("v1.0.0", "a" * 40, content, {})
    (content / "index.html").write_text("changed")
    second = expected_release("v1.1.0", "b" * 40, content, {})

    known = known_hashes([first, second])

    changed, same = second.file("/index.html"), second.file("/robots.txt")
    assert changed is not None
    assert same is not None
    assert known[changed.sha256] == ("v1.1.0",)
    assert known[same.sha256] == ("v1.0.0", "v1.1.0")


@pytest.mark.parametrize("path", ["/a b.html", "a%20b.html", "/a%20b.html"])
def test_a_path_has_one_spelling(path: str) -> None:
    assert url_path(path) == "/a%20b.html"
