"""What `{staging.url}` and its like stand for in variables, secrets and inputs.

    fill("{staging.url}/health", {"staging.url": "http://127.0.0.1:4711"})

Known when the settings are read; their values only when a world is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: Of the world as a whole.
OF_WORLD = ("account", "aws_endpoint", "branch", "github_api", "region", "repository")
#: Of each environment, after its name and a dot.
OF_ENVIRONMENT = (
    "alias",
    "bucket",
    "distribution_id",
    "name",
    "region",
    "role",
    "role_arn",
    "url",
)
#: `{word}` or `{word.word}`; GitHub's own `${{ ... }}` and JSON are left alone.
_PLACEHOLDER = re.compile(r"(?<![${])\{([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?)\}(?!\})")


def known_placeholders(environments: Iterable[str]) -> tuple[str, ...]:
    """Every placeholder that a site with these environments can use."""
    each = (f"{name}.{word}" for name in environments for word in OF_ENVIRONMENT)
    return (*OF_WORLD, *each)


def placeholders(text: str) -> list[str]:
    """The placeholders in a text."""
    return _PLACEHOLDER.findall(text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in.

    Raises:
        KeyError: `values` has not all of them.
    """
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
