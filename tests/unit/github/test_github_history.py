"""A site's past: the same every time, and different from release to release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from github_world import SOMEBODY, Site, write

from harness.errors import ConfigError
from harness.github.actors import Cast
from harness.github.changes import add_harmless_change, describe_infrastructure
from harness.github.git import git
from harness.github.history import BEGINNING, build_history
from harness.github.origin import Origin
from harness.resources import reference_site

pytestmark = pytest.mark.unit


def built(path: Path, seed: int) -> Origin:
    origin = Origin.create(path)
    build_history(reference_site(), origin, content="src", cast=Cast(seed), author=SOMEBODY)
    return origin


def test_the_same_seed_makes_the_same_commits(site: Site, tmp_path: Path) -> None:
    again, other = built(tmp_path / "again.git", 7), built(tmp_path / "other.git", 8)
    assert again.tips() == site.origin.tips()
    assert set(other.tips().values()).isdisjoint(again.tips().values())


def test_two_releases_on_one_line(site: Site) -> None:
    origin = site.origin
    assert [(tag.name, tag.commit, tag.annotated) for tag in origin.tags()] == [
        ("v1.0.0", site.first.commit, True),
        ("v1.1.0", site.second.commit, True),
    ]
    assert (site.first.tag, site.second.tag) == ("v1.0.0", "v1.1.0")
    assert git(origin.path, "rev-list", "main").split() == [site.second.commit, site.first.commit]
    assert (origin.last_commit_time() - BEGINNING).days == 14
    assert {tag.tagger for tag in origin.tags()} == {SOMEBODY.handle}


def test_the_releases_differ_in_content_and_in_infrastructure(site: Site) -> None:
    origin = site.origin
    changed = git(origin.path, "diff", "--name-only", site.first.commit, site.second.commit)
    assert set(changed.splitlines()) == {
        "infra/distribution.json",
        "src/css/site.css",
        "src/news/changes.txt",
        "src/news/index.html",
    }
    comments = [
        json.loads(origin.read_file(release.commit, "infra/distribution.json") or "")["Comment"]
        for release in (site.first, site.second)
    ]
    assert comments == [
        "Harbourlight Ferries, ${ENVIRONMENT}, infrastructure of v1.0.0",
        "Harbourlight Ferries, ${ENVIRONMENT}, infrastructure of v1.1.0",
    ]


def test_every_release_is_news(site: Site) -> None:
    pages = [
        site.origin.read_file(release.commit, "src/news/index.html") or ""
        for release in (site.first, site.second)
    ]
    assert [page.count("<li>v1.0.0: ") for page in pages] == [1, 1]
    assert [page.count("<li>v1.1.0: ") for page in pages] == [0, 1]


def test_the_first_release_is_the_site_as_it_stands(site: Site, tmp_path: Path) -> None:
    out = tmp_path / "out"
    site.origin.export(site.first.commit, out)
    names = {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
    reference = reference_site()
    assert names == {path.relative_to(reference) for path in reference.rglob("*") if path.is_file()}
    changed = {
        name.as_posix()
        for name in names
        if (out / name).read_bytes() != (reference / name).read_bytes()
    }
    assert changed == {"infra/distribution.json", "src/news/index.html"}


def test_news_is_text_not_markup(tmp_path: Path) -> None:
    page = tmp_path / "src/news/index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<!-- releases -->\n<ul class="news">\n</ul>')
    add_harmless_change(tmp_path, "src", "v1.2.0", r"fish & <b>chips</b> \1")
    text = page.read_text()
    assert r"<li>v1.2.0: fish &amp; &lt;b&gt;chips&lt;/b&gt; \1</li>" in text
    assert text.startswith('<!-- releases -->\n<ul class="news">')


@pytest.mark.parametrize(
    ("files", "changed", "said"),
    [
        ({"index.html": "<html><head></head></html>"}, {"index.html"}, '<meta name="release"'),
        ({"a.html": "<p>part", "b/c.html": "<head>"}, {"b/c.html"}, 'content="v1.2.0: news"'),
        ({"x.md": "# X", "index.md": "# I"}, {"index.md"}, "\nv1.2.0: news\n"),
        ({"page.njk": "{{ it }}"}, {"page.njk"}, "<!-- v1.2.0: news -->"),
        ({"css/a.css": "a{}"}, {"css/a.css"}, '--release: "v1.2.0"'),
        ({"i.html": "<head>", "a.css": "a{}"}, {"i.html", "a.css"}, "v1.2.0"),
    ],
)
def test_any_site_has_a_place_where_releases_differ(
    tmp_path: Path, files: dict[str, str], changed: set[str], said: str
) -> None:
    write({f"src/{name}": text for name, text in files.items()}, tmp_path)
    add_harmless_change(tmp_path, "src", "v1.2.0", "news")
    found = {
        name: text
        for name, before in files.items()
        if (text := (tmp_path / "src" / name).read_text()) != before
    }
    assert set(found) == changed
    assert all(said in text for text in found.values())


def test_a_site_in_which_nothing_can_differ_is_refused(tmp_path: Path) -> None:
    write({"src/a.png": "", "src/node_modules/a.html": "", "index.html": ""}, tmp_path)
    with pytest.raises(ConfigError, match=r"site\.content is 'src', expected a folder with a page"):
        add_harmless_change(tmp_path, "src", "v1.2.0", "news")


def test_infrastructure_in_terraform_is_described_too(tmp_path: Path) -> None:
    write({"infra/a.tf": "x = 1\n", "infra/b.tf": '  comment = "The site"\n'}, tmp_path)
    describe_infrastructure(tmp_path, "v1.0.0")
    describe_infrastructure(tmp_path, "v1.1.0")
    assert (tmp_path / "infra/b.tf").read_text() == (
        '  comment = "The site, infrastructure of v1.1.0"\n'
    )


def test_a_site_that_is_not_there_is_refused(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="site is missing"):
        build_history(tmp_path / "none", origin, content="src", cast=Cast(1), author=SOMEBODY)
    assert origin.tips() == {}
