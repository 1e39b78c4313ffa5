"""Finds blocks in Terraform's language, as far as we must read it: which providers, which mirrors.

    [body] = blocks('plugin_cache_dir = "x"\\nprovider_installation { direct {} }', "direct")

Everything else in such files is Terraform's to read.
https://developer.hashicorp.com/terraform/language/syntax/configuration
"""

from __future__ import annotations

import re

#: What matters for where a block ends; what stands in texts and comments does not.
_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|//[^\n]*|/\*.*?\*/|[{}]', re.DOTALL)


def without_comments(text: str) -> str:
    """The same without its comments."""
    return _TOKEN.sub(lambda found: "" if found[0][0] in "#/" else found[0], text)


def blocks(text: str, name: str) -> list[str]:
    """What stands between the braces of each block of this name, at any depth."""
    text = without_comments(text)
    return [_body(text, start.end()) for start in re.finditer(rf"\b{name}\s*=?\s*{{", text)]


def attribute(text: str, name: str) -> str | None:
    """The text that the first attribute of this name is set to."""
    found = re.search(rf'^\s*{name}\s*=\s*"((?:\\.|[^"\\\n])*)"', without_comments(text), re.M)
    return found[1] if found else None


def _body(text: str, start: int) -> str:
    depth = 1
    for token in _TOKEN.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return text[start : token.start()]
    return text[start:]
