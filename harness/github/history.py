"""Gives a site a past: the releases that were live before the night the drill is about.

Releases are made from the site's files with seeded changes, so that any two can be told apart.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import ConfigError
from harness.github.actors import Actor, Cast
from harness.github.origin import Origin

FIRST_RELEASE = "v1.0.0"
SECOND_RELEASE = "v1.1.0"
BAD_RELEASE = "v1.2.0"
#: When the made-up past begins: fixed, so that commits come out with the same ids.
BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_NEWS = re.compile(r"(<!-- releases -->\s*<ul[^>]*>)", re.IGNORECASE)
_IGNORED = shutil.ignore_patterns(".git", "node_modules", "__pycache__")


@dataclass(frozen=True)
class Release:
    """A release of the site: its tag and commit."""

    tag: str
    commit: str


def build_history(
    site: Path, origin: Origin, *, content: str, cast: Cast, author: Actor
) -> tuple[Release, Release]:
    """Make the site's past in an empty origin: `v1.0.0`, then `v1.1.0`.

    The two differ in content (a news item, a page, a style) and in infrastructure (the
    distribution's comment), so that a rollback to the wrong one shows.

    Raises:
        ConfigError: the site has not the files that are to be changed.
    """
    first = origin.commit(
        lambda tree: _first(site, tree, content, cast.news()),
        message=cast.commit_message(),
        author=author,
        when=BEGINNING,
    )
    origin.tag_release(FIRST_RELEASE, first, author=author, when=BEGINNING)
    later = BEGINNING + timedelta(days=14)
    second = origin.commit(
        lambda tree: _next(tree, content, SECOND_RELEASE, cast.news()),
        message=cast.commit_message(),
        author=author,
        when=later,
    )
    origin.tag_release(SECOND_RELEASE, second, author=author, when=later)
    return Release(FIRST_RELEASE, first), Release(SECOND_RELEASE, second)


def add_harmless_change(tree: Path, content: str, release: str, news: str) -> None:
    """What every release brings besides whatever may be wrong with it: a line of news."""
    page = tree / content / "news" / "index.html"
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    item = f"\n          <li>{release}: {html.escape(news)}</li>"
    changed, count = _NEWS.subn(lambda list_: list_[1] + item, text, count=1)
    if not count:
        raise ConfigError(
            file=page,
            key="<!-- releases -->",
            expected="this comment, followed by a <ul> that takes the news of each release",
        )
    page.write_text(changed, encoding="utf-8")


def _first(site: Path, tree: Path, content: str, news: str) -> None:
    if not site.is_dir():
        raise ConfigError(file=site, key="site", expected="a folder holding a site")
    shutil.copytree(site, tree, dirs_exist_ok=True, ignore=_IGNORED)
    add_harmless_change(tree, content, FIRST_RELEASE, news)
    _comment_distribution(tree, FIRST_RELEASE)


def _next(tree: Path, content: str, release: str, news: str) -> None:
    add_harmless_change(tree, content, release, news)
    style = tree / content / "css" / "site.css"
    with style.open("a", encoding="utf-8") as file:
        file.write(f"\n/* {release} */\nfooter {{ letter-spacing: 0.01em; }}\n")
    (tree / content / "news" / "changes.txt").write_text(f"{release}: {news}\n", encoding="utf-8")
    _comment_distribution(tree, release)


def _comment_distribution(tree: Path, release: str) -> None:
    file = tree / "infra" / "distribution.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["Comment"] = re.sub(r"(, infrastructure of .*)?$", "", config["Comment"], count=1)
    config["Comment"] += f", infrastructure of {release}"
    file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
