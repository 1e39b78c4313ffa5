"""Changes that every release brings, whatever may be wrong with it besides: so that any two differ.

A site says where its news go with `<!-- releases -->` before a list in `news/index.html`. Any other
site gets a line that nobody sees in a page, and a custom property in a style sheet.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from harness.errors import ConfigError

_NEWS = re.compile(r"(<!-- releases -->\s*<ul[^>]*>)", re.IGNORECASE)
_HEAD = re.compile(r"(<head(?:\s[^>]*)?>)", re.IGNORECASE)
_NEWS_PAGE = Path("news") / "index.html"
_PAGES = (".html", ".htm", ".md", ".markdown", ".njk", ".ejs", ".hbs", ".liquid", ".mustache")
_HTML = (".html", ".htm")
_MARKDOWN = (".md", ".markdown")
_STYLES = (".css", ".scss", ".less")
#: The description of a distribution or another resource in Terraform's language.
_TERRAFORM_COMMENT = re.compile(r'^(\s*comment\s*=\s*")([^"]*)(")', re.MULTILINE)
_MARK = re.compile(r"(, infrastructure of .*)?$")


def add_harmless_change(tree: Path, content: str, release: str, news: str) -> None:
    """A line of news, so that this release's content is like no other's.

    Raises:
        ConfigError: the content folder holds nothing that can take one.
    """
    folder = tree / content
    page = folder / _NEWS_PAGE
    if page.is_file() and _NEWS.search(text := page.read_text(encoding="utf-8")):
        item = f"\n          <li>{release}: {html.escape(news)}</li>"
        page.write_text(_NEWS.sub(lambda list_: list_[1] + item, text, count=1), encoding="utf-8")
        return
    page_, style = _first(folder, _PAGES), _first(folder, _STYLES)
    if page_ is None and style is None:
        raise ConfigError(
            file=folder,
            key="site.content",
            value=content,
            expected="a folder with a page or a style sheet in which releases can differ",
        )
    if page_ is not None:
        page_.write_text(_in_page(page_, release, news), encoding="utf-8")
    if style is not None:
        _append(style, f'\n:root {{ --release: "{release}"; }}\n')


def add_larger_change(tree: Path, content: str, release: str, news: str) -> None:
    """News, a style, a file more, and another description of the infrastructure."""
    add_harmless_change(tree, content, release, news)
    folder = tree / content
    if (folder / _NEWS_PAGE).is_file() and (style := folder / "css" / "site.css").is_file():
        _append(style, f"\n/* {release} */\nfooter {{ letter-spacing: 0.01em; }}\n")
    # Beside another of its kind: a deployment that leaves texts out would leave this one out too.
    texts = _first(folder, (".txt",))
    if texts is not None:
        beside = folder / "news" if (folder / _NEWS_PAGE).is_file() else texts.parent
        (beside / "changes.txt").write_text(f"{release}: {news}\n", encoding="utf-8")


def describe_infrastructure(tree: Path, release: str) -> None:
    """Let the infrastructure's description name the release, where a file says one."""
    file = tree / "infra" / "distribution.json"
    if file.is_file():
        config = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(config.get("Comment"), str):
            config["Comment"] = _marked(config["Comment"], release)
            file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for module in sorted(path for path in tree.rglob("*.tf") if _is_source(path, tree)):
        text = module.read_text(encoding="utf-8")
        changed = _TERRAFORM_COMMENT.sub(
            lambda found: found[1] + _marked(found[2], release) + found[3], text, count=1
        )
        if changed != text:
            module.write_text(changed, encoding="utf-8")
            return


def _in_page(page: Path, release: str, news: str) -> str:
    text = page.read_text(encoding="utf-8")
    said = html.escape(f"{release}: {news}")
    if page.suffix in _MARKDOWN:
        return f"{text.rstrip()}\n\n<!-- {said} -->\n\n{release}: {news}\n"
    if _HEAD.search(text):
        # What makes pages smaller takes comments away, and leaves this.
        return _HEAD.sub(
            lambda head: f'{head[1]}\n<meta name="release" content="{said}">', text, count=1
        )
    return f"{text.rstrip()}\n<!-- {said} -->\n"


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)


def _first(folder: Path, suffixes: tuple[str, ...]) -> Path | None:
    """The file that looks most like the front of the site."""
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in suffixes and _is_source(path, folder)
    ]

    def rank(path: Path) -> tuple[bool, bool, int, str]:
        whole = path.suffix not in _HTML or bool(_HEAD.search(path.read_text(errors="replace")))
        at = path.relative_to(folder)
        return not whole, at.stem not in {"index", "base", "layout"}, len(at.parts), at.as_posix()

    return min(found, key=rank, default=None)


def _is_source(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return not any(part.startswith((".", "_site")) or part == "node_modules" for part in parts)


def _marked(text: str, release: str) -> str:
    return f"{_MARK.sub('', text, count=1)}, infrastructure of {release}"
